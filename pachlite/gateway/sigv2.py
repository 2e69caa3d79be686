"""Parse AWS Signature Version 2, in a header or in the query. It verifies nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

QUERY_PARAMETERS: Final = frozenset({"awsaccesskeyid", "expires", "signature"})


@dataclass(frozen=True, slots=True)
class SignatureV2:
    """A signature. `expires_at` is set for presigned requests only, in seconds since 1970."""

    access_key: str
    signature: str
    expires_at: int | None = None


def parse_header(value: str) -> SignatureV2 | None:
    """Parse an Authorization header; None when it is of another kind or broken."""
    scheme, _, rest = value.partition(" ")
    access_key, colon, signature = rest.strip().rpartition(":")
    if scheme != "AWS" or not colon or not access_key or not signature:
        return None
    return SignatureV2(access_key, signature)


def parse_query(query: Mapping[str, str]) -> SignatureV2 | None:
    """Parse the parameters of a presigned URL; None when there are none or they are broken."""
    expires = query.get("Expires", "")
    access_key = query.get("AWSAccessKeyId", "")
    signature = query.get("Signature", "")
    if not (access_key and signature and expires.isdecimal()):
        return None
    return SignatureV2(access_key, signature, int(expires[:12]))
