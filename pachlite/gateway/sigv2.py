"""Parse AWS Signature Version 2, in a header or in the query. It verifies nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pachlite.gateway.errors import INVALID_ARGUMENT, S3Refusal
from pachlite.gateway.signature_errors import denied

SCHEME: Final = "AWS"
QUERY_PARAMETERS: Final = frozenset({"awsaccesskeyid", "expires", "signature"})

_MAX_EXPIRES_DIGITS: Final = 11


@dataclass(frozen=True, slots=True)
class SignatureV2:
    """A signature. `expires_at` is set for presigned requests only, in seconds since 1970."""

    access_key: str
    signature: str
    expires_at: int | None = None


def parse_header(value: str) -> SignatureV2 | None:
    """Parse an Authorization header; None when it is of another kind.

    Raises:
        S3Refusal: It is of this kind, and broken.
    """
    scheme, _, rest = value.partition(" ")
    if scheme != SCHEME:
        return None
    access_key, _, signature = rest.strip().rpartition(":")
    if not access_key or not signature:
        raise S3Refusal(INVALID_ARGUMENT, "the authorization header must be AWS KEY:SIGNATURE")
    return SignatureV2(access_key, signature)


def parse_query(query: Mapping[str, str]) -> SignatureV2 | None:
    """Parse the parameters of a presigned URL; None when there are none.

    Raises:
        S3Refusal: Some are there, and others are missing or broken.
    """
    if "AWSAccessKeyId" not in query and "Signature" not in query:
        return None
    access_key = query.get("AWSAccessKeyId", "")
    # Base64 in a URL that was not escaped: the plus has become a space.
    signature = query.get("Signature", "").replace(" ", "+")
    expires = query.get("Expires", "")
    if not (access_key and signature and expires):
        raise denied("a presigned URL needs AWSAccessKeyId, Signature and Expires")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= _MAX_EXPIRES_DIGITS):
        raise denied(f"Expires must be seconds since 1970, not {expires[:40]}")
    return SignatureV2(access_key, signature, int(expires))
