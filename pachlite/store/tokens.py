"""Tokens and S3 keys in rows. A token is kept as its SHA-256; the secret of a key is derived."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final

from pachlite.errors import InvalidToken, TokenInvalid, UnknownAccessKey
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.credentials import S3Credential

SERVER_KEY_BYTES: Final = 32
_TOKEN_BYTES: Final = 16
_KEY_BYTES: Final = 10  # 16 letters and digits in base 32
_KEY_PREFIX: Final = "PLK"
_SECRET_BYTES: Final = 25  # 40 letters and digits in base 32: no shell and no URL minds them
_SECRET_PURPOSE: Final = b"s3-key "
_FIT_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")


def new_token() -> str:
    """Return a fresh token: 32 hex digits."""
    return secrets.token_hex(_TOKEN_BYTES)


def check_token(token: str) -> str:
    """Return a token that somebody chose; raise `InvalidToken`."""
    if not _FIT_TOKEN.fullmatch(token):
        raise InvalidToken("16 to 128 letters, digits, underscores or dashes are needed")
    return token


def digest_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


def insert_token(tx: Transaction, subject: str, token: str, now: int, expires: int | None) -> None:
    """Keep a token."""
    tx.execute(
        "INSERT OR REPLACE INTO token (digest, subject, created, expires) VALUES (?, ?, ?, ?)",
        digest_of(token),
        subject,
        now,
        expires,
    )


def find_token(q: Reader, token: str, now: int) -> tuple[str, int | None]:
    """Return the subject of a token and when it expires; raise `TokenInvalid`."""
    row = q.one("SELECT subject, expires FROM token WHERE digest = ?", digest_of(token))
    if row is None or has_expired(row[1], now):
        raise TokenInvalid
    return row[0], row[1]


def new_access_key() -> str:
    """Return a fresh access key: a prefix and 16 capital letters and digits."""
    return _KEY_PREFIX + base64.b32encode(secrets.token_bytes(_KEY_BYTES)).decode()


def secret_of(server_key: bytes, access_key: str) -> str:
    """Return the secret that belongs to an access key: 40 characters."""
    message = _SECRET_PURPOSE + access_key.encode()
    derived = hmac.digest(server_key, message, "sha256")[:_SECRET_BYTES]
    return base64.b32encode(derived).decode()


def find_credential(q: Reader, access_key: str, now: int) -> S3Credential:
    """Return what an access key or a token signs with; raise `UnknownAccessKey`."""
    if not access_key.isascii():
        raise UnknownAccessKey
    row = q.one(
        "SELECT k.subject, k.expires, a.server_key FROM s3_key k JOIN auth a ON a.id = 1 "
        "WHERE k.access_key = ?",
        access_key,
    )
    if row is not None:
        if has_expired(row[1], now):
            raise UnknownAccessKey
        secret = secret_of(row[2], access_key)
        return S3Credential(access_key, secret, row[0], may_presign=True)
    try:
        subject, _ = find_token(q, access_key, now)
    except TokenInvalid as error:
        raise UnknownAccessKey from error
    return S3Credential(access_key, access_key, subject, may_presign=False)


def has_expired(expires: int | None, now: int) -> bool:
    """Say whether a time has come; None never does."""
    return expires is not None and expires <= now


def forget_expired(tx: Transaction, now: int) -> bool:
    """Erase tokens and S3 keys whose time is over; return whether there were any."""
    gone = tx.execute("DELETE FROM token WHERE expires <= ?", now)
    return gone + tx.execute("DELETE FROM s3_key WHERE expires <= ?", now) > 0
