"""The frames of a tunnel as bytes. Pure.

A frame is `kind u8, stream u32, seq u64, length u32`, big-endian, and its payload. Frames that must
not be lost carry a sequence number, which counts from 1 for each direction of a session.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

HEAD: Final = struct.Struct(">BIQI")
HEAD_BYTES: Final = HEAD.size
SESSION_ID_BYTES: Final = 16
SECRET_BYTES: Final = 32
VERSION: Final = 1

_HELLO: Final = struct.Struct(f">B?{SESSION_ID_BYTES}s{SECRET_BYTES}sQ")
_COUNT: Final = struct.Struct(">Q")
_PORT: Final = struct.Struct(">H")


class Kind(IntEnum):
    """What a frame is for."""

    # In sequence, kept until acknowledged.
    OPEN = 1
    DATA = 2
    EOF = 3
    RESET = 4
    # Out of sequence; harmless to lose or repeat.
    ACK = 16
    WINDOW = 17
    # The first ones on a link.
    HELLO = 32
    WELCOME = 33
    GONE = 34


SEQUENCED: Final = frozenset({Kind.OPEN, Kind.DATA, Kind.EOF, Kind.RESET})


class TunnelBroken(Exception):
    """The far end says what the protocol does not know."""


class FrameHead(NamedTuple):
    """What a frame is, without its payload. `seq` is 0 out of sequence."""

    kind: Kind
    stream: int
    seq: int
    length: int


class Hello(NamedTuple):
    """What the client says first.

    Attributes:
        secret: The proof that the session is its own.
        received: The last frame that it has got.
        is_new: Whether no link of the session was ever welcomed.
    """

    session_id: bytes
    secret: bytes
    received: int
    is_new: bool


def encode_head(kind: Kind, stream: int = 0, seq: int = 0, length: int = 0) -> bytes:
    """Return the head of a frame."""
    return HEAD.pack(kind, stream, seq, length)


def decode_head(head: bytes) -> FrameHead:
    """Parse the head of a frame.

    Raises:
        TunnelBroken: There is no such frame.
    """
    try:
        kind, stream, seq, length = HEAD.unpack(head)
        known = Kind(kind)
    except (struct.error, ValueError) as error:
        raise TunnelBroken(f"no frame: {error}") from error
    if (known in SEQUENCED) != (seq > 0):
        raise TunnelBroken(f"a frame {known.name} with sequence number {seq}")
    return FrameHead(known, stream, seq, length)


def encode_hello(hello: Hello) -> bytes:
    """Return the payload of HELLO."""
    return _HELLO.pack(VERSION, hello.is_new, hello.session_id, hello.secret, hello.received)


def decode_hello(payload: bytes) -> Hello:
    """Parse the payload of HELLO.

    Raises:
        TunnelBroken: It is none, or of another version.
    """
    if payload[:1] != bytes([VERSION]):
        raise TunnelBroken(f"the tunnel's version is {payload[:1].hex() or 'missing'}")
    try:
        _, is_new, session_id, secret, received = _HELLO.unpack(payload)
    except struct.error as error:
        raise TunnelBroken(f"no HELLO: {error}") from error
    return Hello(session_id, secret, received, is_new)


def encode_count(count: int) -> bytes:
    """Return the payload of ACK, WINDOW and WELCOME."""
    return _COUNT.pack(count)


def decode_count(payload: bytes) -> int:
    """Parse the payload of ACK, WINDOW and WELCOME; raise `TunnelBroken`."""
    try:
        (count,) = _COUNT.unpack(payload)
    except struct.error as error:
        raise TunnelBroken(f"no count: {error}") from error
    return int(count)


def encode_port(port: int) -> bytes:
    """Return the payload of OPEN."""
    return _PORT.pack(port)


def decode_port(payload: bytes) -> int:
    """Parse the payload of OPEN; raise `TunnelBroken`."""
    try:
        (port,) = _PORT.unpack(payload)
    except struct.error as error:
        raise TunnelBroken(f"no port: {error}") from error
    return int(port)
