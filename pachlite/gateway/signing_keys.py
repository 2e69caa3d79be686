"""Compute signatures from secrets. The keys that version 4 derives for a day are remembered."""

from __future__ import annotations

import base64
import hmac
from functools import lru_cache
from hashlib import sha256

from pachlite.gateway.sigv4 import ALGORITHM, MAX_REMEMBERED, Credential


@lru_cache(maxsize=MAX_REMEMBERED)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Derive the key of version 4 for one day, region and service."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def key_of(secret: str, credential: Credential) -> bytes:
    """Derive the key that a credential signs with."""
    return signing_key(secret, credential.date, credential.region, credential.service)


def sign_v4(key: bytes, string_to_sign: str) -> str:
    """Return a signature of version 4 in hex."""
    return hmac.digest(key, string_to_sign.encode(), "sha256").hex()


def sign_v2(secret: str, string_to_sign: str) -> str:
    """Return a signature of version 2 in base64."""
    digest = hmac.digest(secret.encode(), string_to_sign.encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


def string_to_sign_v4(timestamp: str, scope: str, canonical: str) -> str:
    """Return what version 4 signs for a canonical request."""
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"


def is_same(provided: str, expected: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(provided.encode(), expected.encode())
