"""WebSocket messages (RFC 6455) as far as a tunnel needs them, and the handshake. Pure.

Binary messages are read with the head of a frame apart from its payload, so that a payload is
copied once. Compression and subprotocols of others are not offered.
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from pachlite.forward.tunnel.frames import HEAD_BYTES, TunnelBroken

SUBPROTOCOL: Final = "pachlite-tunnel.1"
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_FIN: Final = 0x80
_RESERVED: Final = 0x70
_MASKED: Final = 0x80
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127
_SMALL: Final = 125
_MAX_START_BYTES: Final = 14
_NO_MASK: Final = bytes(4)


class Opcode(IntEnum):
    """What a WebSocket frame is."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Message(NamedTuple):
    """A whole message; `head` is what a binary one begins with."""

    opcode: Opcode
    head: bytes
    payload: bytes


def accept_key(key: str) -> str:
    """Return the answer to a `Sec-WebSocket-Key`."""
    digest = hashlib.sha1(key.encode("latin-1") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def encode_start(opcode: Opcode, length: int, *, is_client: bool) -> bytes:
    """Return what stands before the `length` bytes of an unfragmented message.

    A client has to mask what it sends. The mask is there to keep scripts in browsers from writing
    what a proxy takes for a request; here no script writes, and a mask of zeros costs nothing.
    """
    bit = _MASKED if is_client else 0
    mask = _NO_MASK if is_client else b""
    first = bytes([_FIN | opcode])
    if length <= _SMALL:
        return first + bytes([bit | length]) + mask
    if length < 1 << 16:
        return first + bytes([bit | _LENGTH_16]) + length.to_bytes(2, "big") + mask
    return first + bytes([bit | _LENGTH_64]) + length.to_bytes(8, "big") + mask


class MessageReader:
    """Takes bytes as they come and gives messages.

    Args:
        max_bytes: Of a message.
        is_client: Whether this side is; then nothing that comes may be masked, else all has to be.
        head_bytes: How much of a binary message is its head.
    """

    def __init__(self, max_bytes: int, *, is_client: bool, head_bytes: int = HEAD_BYTES) -> None:
        self._max_bytes = max_bytes
        self._head_bytes = head_bytes
        self._is_client = is_client
        self._queue = _ByteQueue()
        self._start: _Start | None = None
        self._fragments: list[bytes] = []
        self._fragmented: Opcode | None = None

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take bytes; yield the messages that they complete.

        Raises:
            TunnelBroken: This is no WebSocket, or a message is too long.
        """
        self._queue.append(data)
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> Message | None:
        """Return the next message; None when more has to come first."""
        while True:
            start = self._start = self._start or self._read_start()
            if start is None or self._queue.size < start.length:
                return None
            self._start = None
            message = self._read_message(start)
            if message is not None:
                return message

    def _read_start(self) -> _Start | None:
        peeked = self._queue.peek(_MAX_START_BYTES)
        start = _parse_start(peeked)
        if start is None:
            return None
        if start.length > self._max_bytes:
            raise TunnelBroken(f"a message of {start.length} bytes")
        if bool(start.mask) == self._is_client:
            raise TunnelBroken("what a client sends is masked, and nothing else")
        self._queue.take(start.size)
        return start

    def _read_message(self, start: _Start) -> Message | None:
        opcode = start.opcode
        is_control = opcode >= Opcode.CLOSE
        if is_control and (not start.is_final or start.length > _SMALL):
            raise TunnelBroken("a control frame is long or in pieces")
        is_whole = opcode is Opcode.BINARY and start.is_final and self._fragmented is None
        size = self._head_bytes
        if is_whole and start.length >= size and not any(start.mask):
            head = self._queue.take(size)
            return Message(opcode, head, self._queue.take(start.length - size))
        body = _unmask(self._queue.take(start.length), start.mask)
        if is_control:
            return Message(opcode, b"", body)
        return self._join(start, body)

    def _join(self, start: _Start, body: bytes) -> Message | None:
        """Put fragments together; an intermediary may have made them."""
        if (start.opcode is Opcode.CONTINUATION) != (self._fragmented is not None):
            raise TunnelBroken("a fragment is out of order")
        self._fragments.append(body)
        if sum(map(len, self._fragments)) > self._max_bytes:
            raise TunnelBroken("a message in too long pieces")
        opcode = self._fragmented or start.opcode
        self._fragmented = opcode
        if not start.is_final:
            return None
        whole, self._fragments, self._fragmented = b"".join(self._fragments), [], None
        return Message(opcode, whole[: self._head_bytes], whole[self._head_bytes :])


class _Start(NamedTuple):
    opcode: Opcode
    is_final: bool
    length: int
    mask: bytes
    size: int


def _parse_start(data: bytes) -> _Start | None:
    """Parse what stands before the bytes of a WebSocket frame; None when more has to come first."""
    if len(data) < 2:  # noqa: PLR2004 - the shortest one
        return None
    try:
        opcode = Opcode(data[0] & 0x0F)
    except ValueError as error:
        raise TunnelBroken("an unknown kind of WebSocket frame") from error
    if data[0] & _RESERVED:
        raise TunnelBroken("an extension of WebSocket that was not agreed on")
    short = data[1] & 0x7F
    extra = {_LENGTH_16: 2, _LENGTH_64: 8}.get(short, 0)
    mask_bytes = 4 if data[1] & _MASKED else 0
    size = 2 + extra + mask_bytes
    if len(data) < size:
        return None
    length = int.from_bytes(data[2 : 2 + extra], "big") if extra else short
    return _Start(opcode, bool(data[0] & _FIN), length, data[2 + extra : size], size)


def _unmask(data: bytes, mask: bytes) -> bytes:
    if not any(mask) or not data:
        return data
    repeated = (mask * (len(data) // 4 + 1))[: len(data)]
    plain = int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")
    return plain.to_bytes(len(data), "big")


class _ByteQueue:
    """Bytes in the pieces they came in, taken out in others."""

    def __init__(self) -> None:
        self.size = 0
        self._pieces: deque[bytes] = deque()
        self._at = 0  # in the first piece

    def append(self, data: bytes) -> None:
        if data:
            self.size += len(data)
            self._pieces.append(data)

    def peek(self, count: int) -> bytes:
        """Return the next bytes, up to `count`, and leave them there."""
        found = b""
        start = self._at
        for piece in self._pieces:
            found += piece[start : start + count - len(found)]
            start = 0
            if len(found) == count:
                break
        return found

    def take(self, count: int) -> bytes:
        """Return the next bytes, which are there; a whole piece is not copied."""
        taken: list[bytes | memoryview] = []
        self.size -= count
        while count:
            piece = self._pieces[0]
            part = memoryview(piece)[self._at : self._at + count]
            count -= len(part)
            self._at += len(part)
            if self._at == len(piece):
                self._pieces.popleft()
                self._at = 0
            if not taken and not count and len(part) == len(piece):
                return piece
            taken.append(part)
        return b"".join(taken)
