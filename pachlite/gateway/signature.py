"""Who signed a request, by whichever of the four ways S3 has. Nothing is verified yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pachlite.gateway import sigv2, sigv4
from pachlite.gateway.sigv2 import SignatureV2
from pachlite.gateway.sigv4 import SignatureV4

QUERY_PARAMETERS: Final = sigv2.QUERY_PARAMETERS | sigv4.QUERY_PARAMETERS
"""Query parameters, in lower case, that carry a signature and nothing else."""


def find_signature(
    headers: Mapping[str, str], query: Mapping[str, str]
) -> SignatureV4 | SignatureV2 | None:
    """Return the signature of a request; None for an anonymous one and for a broken one."""
    authorization = headers.get("authorization", "")
    if authorization:
        return sigv4.parse_header(authorization) or sigv2.parse_header(authorization)
    return sigv4.parse_query(query) or sigv2.parse_query(query)
