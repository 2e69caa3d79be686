"""The format of packs: records one after the other, and an index behind them. Pure.

    pack    = HEADER record* [index-record trailer]
    record  = magic kind codec reserved ulen clen digest checksum payload
    index   = payload of a record of kind INDEX: offset, lengths, codec and digest of each chunk
    trailer = magic, where the index record begins, checksum

Numbers are little-endian. A checksum is the CRC-32 of what stands before it in the same structure.
A pack without index, whose writer died, can be walked record by record up to the first bad one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

HEADER: Final = b"pachlite pack 1\n"
CHUNK: Final = 1
INDEX: Final = 2
PLAIN: Final = 0
"""The codec of bytes that are stored as they are."""

_RECORD: Final = struct.Struct("<4sBBHII32s")
_RECORD_MAGIC: Final = b"PLrc"
_CHECKSUM: Final = struct.Struct("<I")
_ENTRY: Final = struct.Struct("<QIIB32s")
_TRAILER: Final = struct.Struct("<8sQ")
_TRAILER_MAGIC: Final = b"PLpkend1"
RECORD_HEADER_BYTES: Final = _RECORD.size + _CHECKSUM.size
TRAILER_BYTES: Final = _TRAILER.size + _CHECKSUM.size

Read = Callable[[int, int], bytes]
"""Returns so many bytes from an offset on."""


@dataclass(frozen=True, slots=True)
class Record:
    """Where a payload is and what it is.

    Attributes:
        offset: Of the payload in its pack.
        plain_bytes: The length before the codec.
        stored_bytes: The length in the pack.
    """

    offset: int
    digest: bytes
    plain_bytes: int
    stored_bytes: int
    kind: int = CHUNK
    codec: int = PLAIN


def record_header(digest: bytes, length: int, *, kind: int = CHUNK) -> bytes:
    """Return what stands before a payload that is stored as it is."""
    return _checked(_RECORD.pack(_RECORD_MAGIC, kind, PLAIN, 0, length, length, digest))


def index_entry(record: Record) -> bytes:
    """Return the entry of a record in the index."""
    return _ENTRY.pack(
        record.offset, record.plain_bytes, record.stored_bytes, record.codec, record.digest
    )


def trailer(index_offset: int) -> bytes:
    """Return the end of a pack whose index record begins at an offset."""
    return _checked(_TRAILER.pack(_TRAILER_MAGIC, index_offset))


def walk(read: Read, size: int) -> Iterator[Record]:
    """Yield the chunks of a pack up to its end, its index or the first thing that is no record."""
    if size < len(HEADER) or read(0, len(HEADER)) != HEADER:
        return
    offset = len(HEADER)
    while (record := _record_at(read, offset, size)) is not None and record.kind == CHUNK:
        yield record
        offset = record.offset + record.stored_bytes


def read_index(read: Read, size: int) -> list[Record] | None:
    """Return the chunks of a sealed pack as its index lists them; None if there is no index."""
    if size < len(HEADER) + TRAILER_BYTES:
        return None
    end = _unchecked(read(size - TRAILER_BYTES, TRAILER_BYTES))
    if end is None:
        return None
    magic, offset = _TRAILER.unpack(end)
    record = _record_at(read, offset, size) if magic == _TRAILER_MAGIC else None
    if record is None or record.kind != INDEX:
        return None
    return [
        Record(offset, digest, plain, stored, codec=codec)
        for offset, plain, stored, codec, digest in _ENTRY.iter_unpack(
            read(record.offset, record.stored_bytes)
        )
    ]


def _record_at(read: Read, offset: int, size: int) -> Record | None:
    if offset + RECORD_HEADER_BYTES > size:
        return None
    head = _unchecked(read(offset, RECORD_HEADER_BYTES))
    if head is None:
        return None
    magic, kind, codec, _, plain, stored, digest = _RECORD.unpack(head)
    begin = offset + RECORD_HEADER_BYTES
    if magic != _RECORD_MAGIC or begin + stored > size:
        return None
    return Record(begin, digest, plain, stored, kind=kind, codec=codec)


def _checked(data: bytes) -> bytes:
    return data + _CHECKSUM.pack(zlib.crc32(data))


def _unchecked(data: bytes) -> bytes | None:
    body = data[: -_CHECKSUM.size]
    return body if data == _checked(body) else None
