"""What the connection answers by itself, before or instead of the application."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from xml.sax.saxutils import escape

_DOCUMENT: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>{code}</Code><Message>{message}</Message></Error>"
)


@dataclass(frozen=True, slots=True)
class RefusalKind:
    """A status and the code that goes with it, in the manner of S3."""

    status: int
    code: str


BAD_REQUEST: Final = RefusalKind(400, "BadRequest")
HEAD_TOO_LARGE: Final = RefusalKind(431, "RequestHeaderSectionTooLarge")
HEAD_TOO_SLOW: Final = RefusalKind(408, "RequestTimeout")
UNKNOWN_CODING: Final = RefusalKind(501, "NotImplemented")
UNKNOWN_VERSION: Final = RefusalKind(505, "HTTPVersionNotSupported")
FAILED: Final = RefusalKind(500, "InternalError")


class RequestRefused(Exception):
    """What arrived is not a request that can be served; the connection ends after the answer."""

    def __init__(self, kind: RefusalKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def render(kind: RefusalKind, message: str, *, date: bytes, is_head: bool = False) -> bytes:
    """Return the whole answer, without the document if the method was HEAD."""
    body = _DOCUMENT.format(code=kind.code, message=escape(message)).encode()
    head = (
        f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}\r\n"
        "content-type: application/xml\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\ndate: {date.decode()}\r\n\r\n"
    )
    return head.encode() if is_head else head.encode() + body
