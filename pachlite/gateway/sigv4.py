"""Parse AWS Signature Version 4, in a header or in the query. It verifies nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pachlite.gateway.errors import S3Refusal, not_implemented
from pachlite.gateway.signature_errors import (
    AUTHORIZATION_EXPIRES_ERROR,
    malformed_header,
    malformed_query,
)

ALGORITHM: Final = "AWS4-HMAC-SHA256"
ASYMMETRIC: Final = "AWS4-ECDSA-P256-SHA256"
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
MAX_REMEMBERED: Final = 1024
MAX_EXPIRES_S: Final = 7 * 24 * 3600

# The form that most clients send; whatever differs from it is taken apart field by field.
_USUAL: Final = re.compile(
    ALGORITHM + r" Credential=([^,\s]{1,256}), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})"
)
_FIELD: Final = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_FIELDS: Final = ("Credential", "SignedHeaders", "Signature")
_QUERY_FIELDS: Final = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date")
_SCOPE_PARTS: Final = 4
_MAX_EXPIRES_DIGITS: Final = 9
_TERMINATOR: Final = "aws4_request"


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key, and the scope that its signing key is good for."""

    access_key: str
    date: str
    region: str
    service: str

    @property
    def scope(self) -> str:
        """The scope as it is signed."""
        return f"{self.date}/{self.region}/{self.service}/{_TERMINATOR}"


@dataclass(frozen=True, slots=True)
class SignatureV4:
    """A signature of version 4.

    Attributes:
        signed_at: The time as it was sent; empty when it is in a header.
        expires_s: Set for presigned requests only.
    """

    credential: Credential
    signed_headers: tuple[str, ...]
    signature: str
    signed_at: str = ""
    expires_s: int | None = None

    @property
    def access_key(self) -> str:
        """Who says to have signed."""
        return self.credential.access_key


@lru_cache(maxsize=MAX_REMEMBERED)
def _parse_credential_again(text: str) -> Credential | None:
    """Parse what is sent with each request of a client for a day."""
    return parse_credential(text)


def parse_credential(text: str) -> Credential | None:
    """Parse an access key with its scope; None when it is broken."""
    # The access key may hold slashes, the scope behind it may not.
    parts = text.rsplit("/", _SCOPE_PARTS)
    if len(parts) != _SCOPE_PARTS + 1 or parts[-1] != _TERMINATOR or not parts[0]:
        return None
    return Credential(*parts[:-1])


def parse_header(value: str) -> SignatureV4 | None:
    """Parse an Authorization header; None when it is of another kind.

    Raises:
        S3Refusal: It is of this kind, and broken.
    """
    usual = _USUAL.fullmatch(value)
    if usual is not None:
        credential = _parse_credential_again(usual[1])
        if credential is not None:
            return SignatureV4(credential, tuple(usual[2].split(";")), usual[3])
    scheme, _, rest = value.partition(" ")
    if scheme == ASYMMETRIC:
        raise not_implemented("signing with AWS signature version 4a")
    return _parse_fields(rest) if scheme == ALGORITHM else None


def _parse_fields(rest: str) -> SignatureV4:
    found = _FIELD.findall(rest)
    fields = dict(found)
    for name in _FIELDS:
        if name not in fields:
            raise malformed_header(f"it has no {name}")
    if len(found) != len(fields):
        raise malformed_header("it names something twice")
    credential = parse_credential(fields["Credential"])
    if credential is None:
        raise malformed_header("the credential must be KEY/DATE/REGION/s3/aws4_request")
    return SignatureV4(credential, tuple(fields["SignedHeaders"].split(";")), fields["Signature"])


def parse_query(query: Mapping[str, str]) -> SignatureV4 | None:
    """Parse the parameters of a presigned URL; None when there are none.

    Raises:
        S3Refusal: Some are there, and others are missing or broken.
    """
    lower = {name.lower(): value for name, value in query.items()}
    algorithm = lower.get("x-amz-algorithm")
    if algorithm is None and "x-amz-signature" not in lower:
        return None
    if algorithm == ASYMMETRIC:
        raise not_implemented("presigning with AWS signature version 4a")
    if algorithm != ALGORITHM:
        raise malformed_query(f"X-Amz-Algorithm must be {ALGORITHM}")
    for name in _QUERY_FIELDS:
        if not lower.get(name.lower()):
            raise malformed_query(f"it has no {name}")
    credential = parse_credential(lower["x-amz-credential"])
    if credential is None:
        raise malformed_query("X-Amz-Credential must be KEY/DATE/REGION/s3/aws4_request")
    return SignatureV4(
        credential,
        tuple(lower["x-amz-signedheaders"].split(";")),
        lower["x-amz-signature"],
        lower["x-amz-date"],
        _parse_expires(lower.get("x-amz-expires", "")),
    )


def _parse_expires(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_EXPIRES_DIGITS
    if not is_number or not 1 <= int(text) <= MAX_EXPIRES_S:
        raise S3Refusal(
            AUTHORIZATION_EXPIRES_ERROR,
            f"X-Amz-Expires must be a number of seconds from 1 to {MAX_EXPIRES_S}",
        )
    return int(text)
