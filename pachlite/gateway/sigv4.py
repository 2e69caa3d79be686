"""Parse AWS Signature Version 4, in a header or in the query. It verifies nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ALGORITHM: Final = "AWS4-HMAC-SHA256"
QUERY_PARAMETERS: Final = frozenset(
    {
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-security-token",
        "x-amz-signature",
        "x-amz-signedheaders",
    }
)

_FIELD: Final = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_SCOPE_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class SignatureV4:
    """A signature with its scope. `expires_s` is set for presigned requests only."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    expires_s: int | None = None


def parse_header(value: str) -> SignatureV4 | None:
    """Parse an Authorization header; None when it is of another kind or broken."""
    scheme, _, rest = value.partition(" ")
    if scheme != ALGORITHM:
        return None
    fields = dict(_FIELD.findall(rest))
    return _build(
        fields.get("Credential", ""), fields.get("SignedHeaders", ""), fields.get("Signature", "")
    )


def parse_query(query: Mapping[str, str]) -> SignatureV4 | None:
    """Parse the parameters of a presigned URL; None when there are none or they are broken."""
    lower = {name.lower(): value for name, value in query.items()}
    expires = lower.get("x-amz-expires", "")
    if lower.get("x-amz-algorithm") != ALGORITHM or not expires.isdecimal():
        return None
    return _build(
        lower.get("x-amz-credential", ""),
        lower.get("x-amz-signedheaders", ""),
        lower.get("x-amz-signature", ""),
        expires_s=int(expires[:9]),
    )


def _build(
    credential: str, signed_headers: str, signature: str, *, expires_s: int | None = None
) -> SignatureV4 | None:
    # The access key may hold slashes, the scope behind it may not.
    parts = credential.rsplit("/", _SCOPE_PARTS)
    if len(parts) != _SCOPE_PARTS + 1 or parts[-1] != "aws4_request" or not signature:
        return None
    access_key, date, region, service, _ = parts
    return SignatureV4(
        access_key, date, region, service, tuple(signed_headers.split(";")), signature, expires_s
    )
