"""Parse AWS Signature Version 4, in a header or in the query. It verifies nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
SERVICE: Final = "s3"
MAX_REMEMBERED: Final = 1024
MAX_EXPIRES_S: Final = 7 * 24 * 3600

# The form that most clients send; whatever differs from it is taken apart field by field.
_USUAL: Final = re.compile(
    ALGORITHM + r" Credential=([^,\s]{1,256}), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})"
)
_FIELD: Final = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_FIELDS: Final = ("Credential", "SignedHeaders", "Signature")
_REQUIRED: Final = (
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-signature",
    "x-amz-date",
    "x-amz-signedheaders",
    "x-amz-expires",
)
_INCOMPLETE: Final = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
_EXPIRES: Final = re.compile("(-?)[0-9]+")
_DATE: Final = re.compile("[0-9]{8}")
_SCOPE_PARTS: Final = 4
_MAX_EXPIRES_DIGITS: Final = 9
_TERMINATOR: Final = "aws4_request"

Refuse = Callable[[str], S3Refusal]


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

    def check(self) -> None:
        """Raise for a signature that no key could make right here."""
        is_presigned = self.expires_s is not None
        check_scope(self.credential, _broken_parameter if is_presigned else malformed_header)


def parse_credential(text: str, refuse: Refuse) -> Credential:
    """Parse an access key with its scope; raise what `refuse` makes of S3's words otherwise."""
    # The access key may hold slashes, the scope behind it may not.
    parts = text.rsplit("/", _SCOPE_PARTS)
    if len(parts) != _SCOPE_PARTS + 1 or not parts[0]:
        raise refuse(
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/'
            f'{_TERMINATOR}".'
        )
    access_key, date, region, service, terminator = parts
    if terminator != _TERMINATOR:
        raise refuse(f'incorrect terminal "{terminator[:40]}". This endpoint uses "{_TERMINATOR}".')
    return Credential(access_key, date, region, service)


def check_scope(credential: Credential, refuse: Refuse) -> None:
    """Raise for a scope of another service, or of no day. Any region will do."""
    if credential.service != SERVICE:
        raise refuse(
            f'incorrect service "{credential.service[:40]}". This endpoint belongs to "{SERVICE}".'
        )
    if not _DATE.fullmatch(credential.date):
        raise refuse(
            f'incorrect date format "{credential.date[:40]}". This date in the credential must be '
            'in the format "yyyyMMdd".'
        )


@lru_cache(maxsize=MAX_REMEMBERED)
def _parse_credential_again(text: str) -> Credential:
    """Parse what is sent with each request of a client for a day."""
    return parse_credential(text, malformed_header)


def parse_header(value: str) -> SignatureV4 | None:
    """Parse an Authorization header; None when it is of another kind.

    Raises:
        S3Refusal: It is of this kind, and broken.
    """
    usual = _USUAL.fullmatch(value)
    if usual is not None:
        credential = _parse_credential_again(usual[1])
        return SignatureV4(credential, tuple(usual[2].split(";")), usual[3])
    scheme, _, rest = value.partition(" ")
    if scheme == ASYMMETRIC:
        raise not_implemented("signing with AWS signature version 4a")
    return _parse_fields(rest) if scheme == ALGORITHM else None


def _parse_fields(rest: str) -> SignatureV4:
    found = _FIELD.findall(rest)
    fields = dict(found)
    if len(found) != len(_FIELDS) or len(fields) != len(_FIELDS):
        raise malformed_header(_missing_in(rest, fields))
    credential = parse_credential(fields["Credential"], malformed_header)
    return SignatureV4(credential, tuple(fields["SignedHeaders"].split(";")), fields["Signature"])


def _missing_in(rest: str, fields: Mapping[str, str]) -> str:
    """Say what is wrong with what follows the name of the algorithm."""
    components = [component.strip() for component in rest.split(",")]
    if len(components) != len(_FIELDS):
        return (
            "the authorization header requires three components: Credential, SignedHeaders, and "
            "Signature."
        )
    broken = next((each for each in components if "=" not in each), None)
    if broken is not None:
        return f'the authorization component "{broken[:80]}" is malformed.'
    missing = next((name for name in _FIELDS if name not in fields), _FIELDS[0])
    return f"missing {missing}."


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
    if any(not lower.get(name) for name in _REQUIRED):
        raise malformed_query(_INCOMPLETE)
    if algorithm != ALGORITHM:
        raise malformed_query(f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    credential = parse_credential(lower["x-amz-credential"], _broken_parameter)
    return SignatureV4(
        credential,
        tuple(lower["x-amz-signedheaders"].split(";")),
        lower["x-amz-signature"],
        lower["x-amz-date"],
        _parse_expires(lower["x-amz-expires"]),
    )


def _broken_parameter(what: str) -> S3Refusal:
    return malformed_query(f"Error parsing the X-Amz-Credential parameter; {what}")


def _parse_expires(text: str) -> int:
    match = _EXPIRES.fullmatch(text)
    if not match:
        raise malformed_query("X-Amz-Expires should be a number")
    if match[1]:
        raise S3Refusal(AUTHORIZATION_EXPIRES_ERROR, "X-Amz-Expires must be non-negative")
    if len(text) > _MAX_EXPIRES_DIGITS or int(text) > MAX_EXPIRES_S:
        raise S3Refusal(
            AUTHORIZATION_EXPIRES_ERROR,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
            f"must be less than {MAX_EXPIRES_S} seconds",
        )
    return int(text)
