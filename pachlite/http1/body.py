"""Find the end of a request's body, and take it out of its framing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from pachlite.http1.refusals import BAD_REQUEST, RequestRefused

_MAX_SIZE_DIGITS: Final = 15
_MAX_LINE_BYTES: Final = 4096
"""Of a chunk's size with its extensions, which some clients use for signatures."""
_MAX_TRAILER_BYTES: Final = 64 * 1024
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_CONTROLS: Final = bytes([*range(9), *range(10, 32), 127])

Take = Callable[[bytes], None]


class BodyFraming(Protocol):
    """How a body is delimited."""

    is_complete: bool

    def feed(self, data: bytes, take: Take) -> bytes:
        """Hand what belongs to the body to `take`; return what comes after its end.

        Raises:
            RequestRefused: This is no body.
        """
        ...


class CountedBody:
    """A body of a declared length. Blocks that belong to it whole are handed on as they are."""

    __slots__ = ("_missing", "is_complete")

    def __init__(self, length: int) -> None:
        self._missing = length
        self.is_complete = length == 0

    def feed(self, data: bytes, take: Take) -> bytes:
        """Take bytes off until the length is reached."""
        missing = self._missing
        if len(data) > missing:
            self._missing, self.is_complete = 0, True
            if missing:
                take(data[:missing])
            return data[missing:]
        self._missing = missing - len(data)
        self.is_complete = not self._missing
        if data:
            take(data)
        return b""


class ChunkedBody:
    """A body in chunks of HTTP/1.1. Extensions and trailers are skipped."""

    __slots__ = ("_buffer", "_missing", "_read", "_trailer_bytes", "is_complete")

    def __init__(self) -> None:
        self.is_complete = False
        self._buffer = b""
        self._missing = 0
        self._trailer_bytes = 0
        self._read: Callable[[bytes, int, Take], int] = self._read_size

    def feed(self, data: bytes, take: Take) -> bytes:
        """Decode as many chunks as there are."""
        data = self._buffer + data if self._buffer else data
        pieces: list[bytes] = []
        position = 0
        while not self.is_complete:
            end = self._read(data, position, pieces.append)
            if end < 0:
                break
            position = end
        if pieces:  # as one: chunks of a byte would take a hundred times their size
            take(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        self._buffer = b"" if self.is_complete else data[position:]
        return data[position:] if self.is_complete else b""

    def _read_size(self, data: bytes, position: int, _: Take) -> int:
        end = _find_line_end(data, position, _MAX_LINE_BYTES)
        if end < 0:
            return -1
        digits = data[position:end].partition(b";")[0].rstrip(b" \t")
        if not 0 < len(digits) <= _MAX_SIZE_DIGITS or not _HEX.issuperset(digits):
            raise RequestRefused(BAD_REQUEST, "the size of a chunk is no hexadecimal number")
        self._missing = int(digits, 16)
        self._read = self._read_data if self._missing else self._read_trailer
        return end + 2

    def _read_data(self, data: bytes, position: int, take: Take) -> int:
        piece = data[position : position + self._missing]
        if not piece:
            return -1
        take(piece)
        self._missing -= len(piece)
        if not self._missing:
            self._read = self._read_data_end
        return position + len(piece)

    def _read_data_end(self, data: bytes, position: int, _: Take) -> int:
        end = data[position : position + 2]
        if not b"\r\n".startswith(end):
            raise RequestRefused(BAD_REQUEST, "a chunk is longer than its size")
        if len(end) < 2:  # noqa: PLR2004 - a line end has two bytes
            return -1
        self._read = self._read_size
        return position + 2

    def _read_trailer(self, data: bytes, position: int, _: Take) -> int:
        end = _find_line_end(data, position, _MAX_TRAILER_BYTES)
        if end < 0:
            return -1
        self._trailer_bytes += end + 2 - position
        if self._trailer_bytes > _MAX_TRAILER_BYTES:
            raise RequestRefused(BAD_REQUEST, "the trailers are too long")
        self.is_complete = end == position
        return end + 2


def _find_line_end(data: bytes, position: int, limit_bytes: int) -> int:
    """Return where a line ends, or -1 when it has not ended yet."""
    end = data.find(b"\r\n", position, position + limit_bytes)
    line = data[position : end if end >= 0 else position + limit_bytes]
    if end < 0 and len(line) == limit_bytes:
        raise RequestRefused(BAD_REQUEST, "a line of the chunked body is too long")
    if end < 0:
        line = line.removesuffix(b"\r")
    if len(line.translate(None, _CONTROLS)) != len(line):
        raise RequestRefused(BAD_REQUEST, "a line of the chunked body is malformed")
    return end
