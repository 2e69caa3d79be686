"""When a request was signed, and whether that is still good. The time of day is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pachlite.gateway.dates import parse_http_date
from pachlite.gateway.signature_errors import (
    denied,
    expired,
    malformed_query,
    too_skewed,
)
from pachlite.gateway.sigv2 import SignatureV2
from pachlite.gateway.sigv4 import SignatureV4

MAX_SKEW: Final = timedelta(minutes=15)

_BASIC: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE_HEADERS: Final = ("x-amz-date", "date")


@dataclass(frozen=True, slots=True)
class SignedTime:
    """A moment, and how version 4 writes it."""

    at: datetime
    basic: str


def parse_time(text: str) -> SignedTime | None:
    """Parse `20261122T100000Z` or the form of the header Date; None when it is neither."""
    if _BASIC.fullmatch(text):
        try:
            return SignedTime(datetime.fromisoformat(text), text)
        except ValueError:
            return None
    at = parse_http_date(text) if text else None
    return SignedTime(at, at.strftime("%Y%m%dT%H%M%SZ")) if at else None


def check_header_time(headers: Mapping[str, str], now: datetime) -> SignedTime:
    """Return when a request was signed by a header; raise when that was at another time."""
    text = next((headers[name] for name in _DATE_HEADERS if name in headers), "")
    signed = parse_time(text)
    if signed is None or signed.at < _EPOCH:
        raise denied("AWS authentication requires a valid Date or x-amz-date header")
    if abs(now - signed.at) > MAX_SKEW:
        raise too_skewed(text, now, MAX_SKEW // timedelta(milliseconds=1))
    return signed


def check_presigned_time(signature: SignatureV4, now: datetime) -> SignedTime:
    """Return when a URL was presigned; raise when it is not good now."""
    assert signature.expires_s is not None
    signed = parse_time(signature.signed_at)
    if signed is None:
        raise malformed_query(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        )
    if signed.at - now > MAX_SKEW:
        raise denied(
            "Request is not valid yet", hint="set the clock of who signed, or of the server"
        )
    expires_at = signed.at + timedelta(seconds=signature.expires_s)
    if now > expires_at:
        raise expired(expires_at, now, lifetime_s=signature.expires_s)
    return signed


def check_expires_at(signature: SignatureV2, now: datetime) -> None:
    """Raise when a URL that was presigned by version 2 has expired."""
    assert signature.expires_at is not None
    if now.timestamp() > signature.expires_at:
        raise expired(_EPOCH + timedelta(seconds=signature.expires_at), now)
