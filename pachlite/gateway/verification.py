"""Verify who signed a request. It is given the secret and the time, and asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pachlite.gateway.body import SHA256_HEADER, UNSIGNED_PAYLOAD, check_payload_hash
from pachlite.gateway.canonical_v2 import strings_to_sign
from pachlite.gateway.canonical_v4 import canonical_requests
from pachlite.gateway.chunk_signatures import ChunkChain, chain_for
from pachlite.gateway.diagnosis import SIGNED_OTHERWISE, diagnose_v4
from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal
from pachlite.gateway.request import RawRequest
from pachlite.gateway.signature_errors import (
    denied,
    malformed_header,
    malformed_query,
    mismatch,
)
from pachlite.gateway.signed_time import (
    check_expires_at,
    check_header_time,
    check_presigned_time,
)
from pachlite.gateway.signing_keys import (
    is_same,
    key_of,
    sign_v2,
    sign_v4,
    string_to_sign_v4,
)
from pachlite.gateway.sigv2 import SignatureV2
from pachlite.gateway.sigv4 import SignatureV4

# Not to be signed as headers: what the signature covers by itself, and what proxies add.
_BOUND: Final = frozenset({SHA256_HEADER, "x-amz-date", "x-amz-security-token"})
_PROXIES: Final = "x-amz-cf-"


@dataclass(slots=True)
class _Claim:
    """What a signature of version 4 is about, once the plain rules are met."""

    signature: SignatureV4
    key: bytes
    timestamp: str
    payload_hash: str

    def string_to_sign(self, canonical: str) -> str:
        scope = self.signature.credential.scope
        return string_to_sign_v4(self.timestamp, scope, canonical)

    def holds_for(self, canonical: str) -> bool:
        expected = sign_v4(self.key, self.string_to_sign(canonical))
        return is_same(self.signature.signature, expected)


def verify_v4(
    raw: RawRequest, query: Mapping[str, str], signature: SignatureV4, secret: str, now: datetime
) -> ChunkChain | None:
    """Verify a signature of version 4; return what verifies the chunks of the body, if it must.

    Raises:
        S3Refusal: It is wrong, too old, or does not cover what it must.
    """
    claim = _claim_of(raw, query, signature, secret, now)
    forms = canonical_requests(raw, signature, claim.payload_hash)
    if not any(claim.holds_for(canonical) for canonical in forms):
        raise _mismatch_v4(raw, claim)
    return chain_for(
        claim.payload_hash,
        claim.key,
        claim.timestamp,
        signature.credential.scope,
        signature.signature,
    )


def verify_v2(
    raw: RawRequest,
    headers: Mapping[str, str],
    signature: SignatureV2,
    secret: str,
    now: datetime,
    *,
    host_bucket: str = "",
) -> None:
    """Verify a signature of version 2; `strings_to_sign` explains what it is given.

    Raises:
        S3Refusal: It is wrong or too old.
    """
    if signature.expires_at is None:
        check_header_time(raw.headers, now)
    else:
        check_expires_at(signature, now)
    forms = list(strings_to_sign(raw, headers, signature, host_bucket=host_bucket))
    if any(is_same(signature.signature, sign_v2(secret, form)) for form in forms):
        return
    raise mismatch(
        SIGNED_OTHERWISE,
        access_key=signature.access_key,
        provided=signature.signature,
        string_to_sign=forms[0],
    )


def _claim_of(
    raw: RawRequest, query: Mapping[str, str], signature: SignatureV4, secret: str, now: datetime
) -> _Claim:
    is_presigned = signature.expires_s is not None
    if is_presigned:
        if raw.query.lower().count(b"x-amz-signature=") > 1:
            raise malformed_query("it has more than one signature")
        time = check_presigned_time(signature, now)
        payload_hash = _presigned_payload(raw.headers, query, signature)
    else:
        time = check_header_time(raw.headers, now)
        payload_hash = _payload(raw.headers)
    if signature.credential.date != time.basic[:8]:
        malformed = malformed_query if is_presigned else malformed_header
        raise malformed(
            f'Invalid credential date "{signature.credential.date}". This date is not the same as '
            f'X-Amz-Date: "{time.basic[:8]}".'
        )
    _check_coverage(raw.headers, signature.signed_headers)
    key = key_of(secret, signature.credential)
    return _Claim(signature, key, time.basic, payload_hash)


def _payload(headers: Mapping[str, str]) -> str:
    payload_hash = headers.get(SHA256_HEADER, "")
    if not payload_hash:
        raise S3Refusal(
            INVALID_REQUEST,
            f"Missing required header for this request: {SHA256_HEADER}",
            details=(("MissingHeaderName", SHA256_HEADER),),
        )
    check_payload_hash(payload_hash)
    return payload_hash


def _presigned_payload(
    headers: Mapping[str, str], query: Mapping[str, str], signature: SignatureV4
) -> str:
    """Return the hash that a URL was presigned with: usually none is known by then."""
    for name, value in query.items():
        if name.lower() == SHA256_HEADER:
            if headers.get(SHA256_HEADER, value) != value:
                raise _not_signed([SHA256_HEADER])  # it would take the place of what was signed
            return value
    is_signed = SHA256_HEADER in signature.signed_headers
    return headers.get(SHA256_HEADER, "") if is_signed else UNSIGNED_PAYLOAD


def _check_coverage(headers: Mapping[str, str], signed: tuple[str, ...]) -> None:
    """Raise unless the signature covers the host and whatever changes what the request does."""
    names = {name.lower() for name in signed}
    uncovered = [
        name
        for name in headers
        if name not in names
        and name.startswith("x-amz-")
        and name not in _BOUND
        and not name.startswith(_PROXIES)
    ]
    if "host" not in names:
        uncovered.append("host")
    if uncovered:
        raise _not_signed(uncovered)


def _not_signed(names: list[str]) -> S3Refusal:
    return denied(
        f"There were headers present in the request which were not signed: {names[0]}",
        hint="sign host and every x-amz- header",
        HeadersNotSigned=", ".join(sorted(names)),
    )


def _mismatch_v4(raw: RawRequest, claim: _Claim) -> S3Refusal:
    signature = claim.signature
    canonical = next(canonical_requests(raw, signature, claim.payload_hash))
    return mismatch(
        diagnose_v4(raw, signature, claim.key, claim.timestamp, claim.payload_hash),
        access_key=signature.access_key,
        provided=signature.signature,
        string_to_sign=claim.string_to_sign(canonical),
        canonical=canonical,
    )
