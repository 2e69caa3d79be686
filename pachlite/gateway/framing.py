"""Take `aws-chunked` bodies apart: chunks with or without signatures, then trailers. Pure.

    <size in hex>[;chunk-signature=<64 hex>] CRLF <data> CRLF ... 0[;...] CRLF [trailers] CRLF

The pieces of a body may be cut anywhere; everything that is buffered here has a bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, Protocol

from pachlite.errors import IncompleteBody

MAX_CHUNK_HEADER_BYTES: Final = 1024
MAX_TRAILER_BYTES: Final = 16 * 1024
MIN_CHUNK_BYTES: Final = 8 * 1024
"""What every chunk but the last has at least. Smaller ones would cost more than they carry."""

_CHUNK_HEADER: Final = re.compile(
    rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[ \t]*chunk-signature=([0-9a-f]{64}))?(?:[ \t]*;[^\r\n]*)?"
)
_TRAILER_END: Final = re.compile(rb"(?:^|\r\n)\r\n\Z")
_TRAILER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class ChunkVerifier(Protocol):
    """Is told of every chunk and of the trailers, and raises when one is not what was signed."""

    def begin(self, signature: str) -> None:
        """Take the signature in a chunk header; empty when there is none."""
        ...

    def update(self, data: memoryview) -> None:
        """Take data of the chunk."""
        ...

    def end(self) -> None:
        """Verify the chunk that has ended."""
        ...

    def finish(self, trailers: Mapping[str, str]) -> None:
        """Verify the trailers."""
        ...


class BrokenTrailer(IncompleteBody):
    """What follows the data makes no sense."""


class ChunkTooSmall(IncompleteBody):
    """A chunk that is not the last one has too few bytes."""

    def __init__(self, number: int, size_bytes: int) -> None:
        super().__init__(
            f"chunk {number} follows one of {size_bytes} bytes; all but the last have at least "
            f"{MIN_CHUNK_BYTES}"
        )
        self.number = number
        self.size_bytes = size_bytes


class _State(Enum):
    HEADER = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()


class PlainFraming:
    """A body that is what it is."""

    trailers: dict[str, str]

    def __init__(self) -> None:
        self.trailers = {}

    def feed(self, piece: bytes) -> list[memoryview]:
        """Return the payload in `piece`."""
        return [memoryview(piece)]

    def finish(self) -> None:
        """Accept the end of the body."""


class ChunkedFraming:
    """A body in chunks. `trailers` are there after `finish`."""

    trailers: dict[str, str]

    def __init__(
        self, verifier: ChunkVerifier | None = None, *, min_chunk_bytes: int = MIN_CHUNK_BYTES
    ) -> None:
        self.trailers = {}
        self._min_chunk_bytes = min_chunk_bytes
        self._chunks = 0
        self._last_bytes = min_chunk_bytes
        self._verifier = verifier
        self._state = _State.HEADER
        self._held = bytearray()
        self._left = 0

    def __repr__(self) -> str:
        return f"<ChunkedFraming {self._state.name} left={self._left} held={len(self._held)}>"

    def feed(self, piece: bytes) -> list[memoryview]:
        """Return the payload in `piece`; raise `IncompleteBody` when the framing is broken."""
        payload: list[memoryview] = []
        view = memoryview(piece)
        position = 0
        while position < len(view):
            if self._state is _State.DATA:
                taken = view[position : position + self._left]
                payload.append(taken)
                if self._verifier is not None:
                    self._verifier.update(taken)
                position += len(taken)
                self._left -= len(taken)
                if not self._left:
                    self._state = _State.DATA_END
            elif self._state is _State.TRAILER:
                self._hold(view[position:], MAX_TRAILER_BYTES, "the trailers are")
                position = len(view)
            else:
                position = self._take_line(piece, view, position)
        return payload

    def finish(self) -> None:
        """Check that the body is complete, and parse its trailers."""
        if self._state is not _State.TRAILER or not _TRAILER_END.search(self._held):
            raise IncompleteBody("the last chunk is missing")
        for line in bytes(self._held).decode("latin-1").splitlines():
            if not line.strip():
                continue
            name, colon, value = line.partition(":")
            if not colon or not _TRAILER_NAME.fullmatch(name.strip()):
                raise BrokenTrailer("a trailer cannot be understood")
            self.trailers[name.strip().lower()] = value.strip()
        if self._verifier is not None:
            self._verifier.finish(self.trailers)

    def _take_line(self, piece: bytes, view: memoryview, position: int) -> int:
        end = piece.find(b"\n", position)
        stop = len(view) if end < 0 else end + 1
        self._hold(view[position:stop], MAX_CHUNK_HEADER_BYTES, "a chunk header is")
        if end >= 0:
            line = bytes(self._held)
            self._held.clear()
            self._take_whole_line(line)
        return stop

    def _take_whole_line(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            raise IncompleteBody("a chunk header does not end in CR LF")
        if self._state is _State.DATA_END:
            if line != b"\r\n":
                raise IncompleteBody("a chunk is longer than its header says")
            self._state = _State.HEADER
            if self._verifier is not None:
                self._verifier.end()
            return
        match = _CHUNK_HEADER.fullmatch(line, 0, len(line) - 2)
        if not match:
            raise IncompleteBody("a chunk header cannot be understood")
        self._left = int(match[1], 16)
        self._state = _State.DATA if self._left else _State.TRAILER
        self._check_order()
        if self._verifier is not None:
            self._verifier.begin((match[2] or b"").decode("ascii"))
            if not self._left:
                self._verifier.end()

    def _check_order(self) -> None:
        """Raise when the chunk before the one that begins should have been the last."""
        self._chunks += 1
        if self._left and self._last_bytes < self._min_chunk_bytes:
            raise ChunkTooSmall(self._chunks, self._last_bytes)
        self._last_bytes = self._left

    def _hold(self, data: memoryview, limit: int, what: str) -> None:
        if len(self._held) + len(data) > limit:
            raise IncompleteBody(f"{what} longer than {limit} bytes")
        self._held += data
