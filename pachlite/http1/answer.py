"""Frame the answer to one request: which bytes stand for the events of the application."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from http import HTTPStatus
from typing import Final

Blocks = tuple[bytes, ...]

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_WITHOUT_BODY: Final = frozenset([204, 304])
_LAST_CHUNK: Final = b"0\r\n\r\n"


class AnswerInvalid(Exception):
    """The application says something that HTTP cannot; it is a defect of the application."""


class Framing(Enum):
    """How the client finds the end of the body."""

    NOTHING = 1  # there is none, whatever the application sends
    COUNTED = 2
    CHUNKED = 3
    CLOSING = 4  # the end of the connection is the end of the body


class Answer:
    """The answer to one request. `keeps_alive` may be taken back until the head is there."""

    __slots__ = ("_framing", "_is_head", "_minor_version", "_missing", "is_complete", "keeps_alive")

    def __init__(self, method: str, minor_version: int, *, keeps_alive: bool) -> None:
        self._is_head = method == "HEAD"
        self._minor_version = minor_version
        self._framing = Framing.NOTHING
        self._missing = 0
        self.keeps_alive = keeps_alive
        self.is_complete = False

    def head(self, status: int, headers: Iterable[tuple[bytes, bytes]], date: bytes) -> bytes:
        """Return the head, and settle how the body is delimited.

        Raises:
            AnswerInvalid: A header would end the head early, or its value is nonsense.
        """
        lines = [_STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status]
        length: bytes | None = None
        is_dated = False
        for name, value in headers:
            if name == b"content-length":
                length = value
                continue
            if name == b"connection":
                self._hear(value)
                continue
            if name == b"transfer-encoding":
                continue  # the framing is decided here
            is_dated = is_dated or name == b"date"
            lines.append(b"%b: %b\r\n" % (name, value))
        if not is_dated:
            lines.append(b"date: %b\r\n" % date)
        lines += self._frame(status, length)
        lines.append(b"\r\n")
        head = b"".join(lines)
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or b"\0" in head:
            raise AnswerInvalid("a header contains a line end")
        return head

    def block(self, body: bytes, *, is_last: bool) -> Blocks:
        """Return the bytes that stand for a block of the body.

        Raises:
            AnswerInvalid: The application sends more or less than it declared.
        """
        if self.is_complete:
            raise AnswerInvalid("the answer has ended already")
        self.is_complete = is_last
        if self._framing is Framing.COUNTED:
            self._missing -= len(body)
            if self._missing < 0 or (is_last and self._missing):
                raise AnswerInvalid("the body is not as long as its content-length")
            return (body,)
        if self._framing is Framing.CHUNKED:
            return _chunks(body, is_last=is_last)
        return (body,) if self._framing is Framing.CLOSING else ()

    def _hear(self, wishes: bytes) -> None:
        if wishes.lower() == b"close":
            self.keeps_alive = False

    def _frame(self, status: int, length: bytes | None) -> list[bytes]:
        """Choose the framing; return the header lines that say so."""
        lines: list[bytes] = []
        if length is not None and status != HTTPStatus.NO_CONTENT:
            if not length.isdigit():
                raise AnswerInvalid("the content-length is no number")
            lines.append(b"content-length: %b\r\n" % length)
        if self._is_head or status in _WITHOUT_BODY:
            self._framing = Framing.NOTHING
        elif length is not None:
            self._framing, self._missing = Framing.COUNTED, int(length)
        elif self._minor_version:
            self._framing = Framing.CHUNKED
            lines.append(b"transfer-encoding: chunked\r\n")
        else:
            self._framing, self.keeps_alive = Framing.CLOSING, False
        if not self.keeps_alive:
            lines.append(b"connection: close\r\n")
        elif not self._minor_version:
            lines.append(b"connection: keep-alive\r\n")
        return lines


def _chunks(body: bytes, *, is_last: bool) -> Blocks:
    end = (_LAST_CHUNK,) if is_last else ()
    return (b"%x\r\n" % len(body), body, b"\r\n", *end) if body else end
