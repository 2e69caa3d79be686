"""What a write asks for besides its content: taken where it is done or changes nothing here.

What would silently not happen is refused. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pachlite.errors import FileTooLarge
from pachlite.gateway.access import acl_refused, asked_access, check_canned
from pachlite.gateway.body import DeclaredBody
from pachlite.gateway.errors import (
    INVALID_REQUEST,
    INVALID_STORAGE_CLASS,
    MISSING_CONTENT_LENGTH,
    NOT_IMPLEMENTED,
    S3Code,
    S3Refusal,
    invalid_argument,
)
from pachlite.gateway.messages import Headers, S3Request
from pachlite.gateway.object_headers import CUSTOMER_KEY_PREFIX, ENCRYPTION, STORAGE_CLASS

MAX_PUT_BYTES: Final = 5 * 1024**3
"""What one request may bring, as an object or as a part."""

_STORAGE_CLASSES: Final = frozenset({STORAGE_CLASS, "REDUCED_REDUNDANCY"})
_ENCRYPTIONS: Final = {"": "", "AES256": "", "aws:kms": "a KMS", "aws:kms:dsse": "a KMS"}
_KMS_KEY: Final = f"{ENCRYPTION}-aws-kms-key-id"
_REFUSED_PREFIXES: Final[dict[str, tuple[S3Code, str]]] = {
    f"{ENCRYPTION}-": (NOT_IMPLEMENTED, "encryption with keys of customers or KMS"),
    "x-amz-copy-source-server-side-encryption-": (NOT_IMPLEMENTED, "encryption with customer keys"),
    "x-amz-write-offset-bytes": (NOT_IMPLEMENTED, "appending to objects over S3"),
}
_LEGAL_HOLD: Final = "x-amz-object-lock-legal-hold"
_LOCK_MODE: Final = "x-amz-object-lock-mode"
_LOCK_UNTIL: Final = "x-amz-object-lock-retain-until-date"


def check_supported(headers: Mapping[str, str]) -> None:
    """Raise when a write asks for something that makes no sense, or would silently not happen."""
    if headers.get("x-amz-storage-class", STORAGE_CLASS) not in _STORAGE_CLASSES:
        raise S3Refusal(
            INVALID_STORAGE_CLASS,
            "The storage class you specified is not valid",
            hint=f"the only storage class is {STORAGE_CLASS}",
        )
    _check_list(headers)
    _check_encryption(headers)
    for name in headers:
        if name.startswith("x-amz-"):
            _check_name(name)
    _check_lock(headers)


def check_size(request: S3Request, body: DeclaredBody) -> None:
    """Refuse a body that cannot be taken, before any of it is there.

    Raises:
        FileTooLarge: One request cannot bring so much.
        S3Refusal: MissingContentLength when nothing says where the body ends. What comes in a form
            is not the whole of a body.
    """
    is_endless = body.size_bytes is None and "transfer-encoding" not in request.headers
    if is_endless and request.method == "PUT":
        raise S3Refusal(MISSING_CONTENT_LENGTH, "nothing says how long the body is")
    if body.size_bytes is not None and body.size_bytes > MAX_PUT_BYTES:
        raise FileTooLarge(body.size_bytes, MAX_PUT_BYTES)


def encryption_headers(headers: Mapping[str, str]) -> Headers:
    """Return what tells a client that its wish for SSE-S3 was understood."""
    return ((ENCRYPTION, "AES256"),) if ENCRYPTION in headers else ()


def _check_list(headers: Mapping[str, str]) -> None:
    """Refuse grants to anybody but the owner.

    A canned list opens nothing here, whatever it says, and is no reason to refuse an object:
    clients send one along by habit.
    """
    asked = asked_access(headers)
    check_canned(asked.canned)
    if not asked.grants_owner_only:
        raise acl_refused()


def _check_encryption(headers: Mapping[str, str]) -> None:
    """Refuse an encryption that there is not, or two at once."""
    kind = headers.get(ENCRYPTION, "")
    keys = _ENCRYPTIONS.get(kind)
    if keys is None:
        raise invalid_argument(ENCRYPTION, kind, "there is no such encryption")
    if kind and any(name.startswith(CUSTOMER_KEY_PREFIX) for name in headers):
        raise invalid_argument(
            ENCRYPTION,
            kind,
            "Server Side Encryption with Customer provided key is incompatible with the "
            "encryption method specified",
        )
    if kind == "AES256" and _KMS_KEY in headers:
        raise invalid_argument(
            _KMS_KEY, headers[_KMS_KEY], "a key of a KMS is of no use to the encryption AES256"
        )
    if keys:
        raise S3Refusal(NOT_IMPLEMENTED, f"encryption with keys of {keys} is not supported")


def _check_name(name: str) -> None:
    for prefix, (code, what) in _REFUSED_PREFIXES.items():
        if name.startswith(prefix):
            raise S3Refusal(code, f"{what} is not supported (header {name})")


def _check_lock(headers: Mapping[str, str]) -> None:
    """Refuse object lock, in the words for a bucket that does not have it."""
    hold, mode, until = (headers.get(name) for name in (_LEGAL_HOLD, _LOCK_MODE, _LOCK_UNTIL))
    if hold is None and mode is None and until is None:
        return
    if hold not in {None, "ON", "OFF"}:
        raise invalid_argument(_LEGAL_HOLD, str(hold), "Legal Hold must be either of 'ON' or 'OFF'")
    if (mode is None) != (until is None):
        missing = _LOCK_MODE if mode is None else _LOCK_UNTIL
        raise invalid_argument(
            missing, "", f"{_LOCK_UNTIL} and {_LOCK_MODE} must both be supplied."
        )
    if mode not in {None, "GOVERNANCE", "COMPLIANCE"}:
        raise invalid_argument(_LOCK_MODE, str(mode), "Unknown wormMode directive.")
    if until is not None and not _is_date(until):
        message = "The retain until date must be provided in ISO 8601 format"
        raise invalid_argument(_LOCK_UNTIL, until, message)
    raise S3Refusal(
        INVALID_REQUEST,
        "Bucket is missing ObjectLockConfiguration",
        details=(("Detail", "object lock is not supported: finished commits never change anyway"),),
    )


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
