"""Who says to have signed a request, by whichever of the four ways S3 has. It verifies nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pachlite.gateway import sigv2, sigv4
from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal
from pachlite.gateway.signature_errors import unsupported_authorization
from pachlite.gateway.sigv2 import SignatureV2
from pachlite.gateway.sigv4 import SignatureV4

QUERY_PARAMETERS: Final = sigv2.QUERY_PARAMETERS | sigv4.QUERY_PARAMETERS
"""Query parameters, in lower case, that carry a signature and nothing else."""

Signature = SignatureV4 | SignatureV2


def find_signature(headers: Mapping[str, str], query: Mapping[str, str]) -> Signature | None:
    """Return the signature of a request; None when it has none.

    An Authorization of another scheme than AWS's is none either: it may be meant for a proxy.

    Raises:
        S3Refusal: The signature is broken, or there are two.
    """
    authorization = headers.get("authorization", "")
    presigned = (sigv4.parse_query(query) or sigv2.parse_query(query)) if query else None
    if not authorization:
        return presigned
    signed = sigv4.parse_header(authorization) or sigv2.parse_header(authorization)
    if signed is None and authorization.startswith(sigv2.SCHEME):
        raise unsupported_authorization(authorization)
    if signed is not None and presigned is not None:
        raise S3Refusal(
            INVALID_REQUEST,
            "only one way to sign is allowed, and there are a header and a presigned URL",
            hint="send the URL without the Authorization header, or the header without X-Amz-*",
        )
    return signed or presigned
