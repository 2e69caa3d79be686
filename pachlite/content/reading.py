"""Gives the bytes of stored content back, and never bytes that are not what was stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from blake3 import blake3

from pachlite.content import chunks, recipes
from pachlite.content.chunker import MAX_CHUNK_BYTES, MiB
from pachlite.content.chunks import Location
from pachlite.content.digest import digest_of
from pachlite.content.packs import PLAIN
from pachlite.content.recipes import Slice
from pachlite.errors import ContentCorrupt
from pachlite.metadata.api import Reader
from pachlite.objects.api import ObjectStore

BLOCK_BYTES: Final = 1 * MiB


def read(
    q: Reader, objects: ObjectStore, content: int, offset: int, length: int
) -> Iterator[bytes]:
    """Yield a range of some content in blocks of at most 1 MiB.

    Chunks that are read as a whole are checked before the first of their bytes is given away.
    """
    for part in recipes.slices(q, content, offset, length):
        location = chunks.locate(q, part.chunk)
        try:
            yield from _read_slice(objects, part, location)
        except ContentCorrupt:
            moved = chunks.locate(q, part.chunk)
            if moved == location:
                raise
            yield from _read_slice(objects, part, moved)


def read_inline(q: Reader, content: int) -> bytes | None:
    """Return content that is empty or in the database, None if it is elsewhere."""
    if content <= 0:
        return None if content else b""
    row = q.one(
        "SELECT c.hash, i.data FROM inline_data i JOIN chunk c ON c.id = i.chunk WHERE i.chunk = ?",
        content,
    )
    if row is None:
        return None
    if digest_of(row[1]) != row[0]:
        raise _mismatch(content)
    return bytes(row[1])


def _read_slice(objects: ObjectStore, part: Slice, location: Location) -> Iterator[bytes]:
    if location.codec != PLAIN:
        raise ContentCorrupt(f"chunk {part.chunk}", f"its codec {location.codec} is unknown")
    is_whole = part.length == location.length <= MAX_CHUNK_BYTES
    blocks = _blocks(objects, part, location)
    return iter(_checked(list(blocks), part.chunk, location.digest)) if is_whole else blocks


def _blocks(objects: ObjectStore, part: Slice, location: Location) -> Iterator[bytes]:
    end = part.offset + part.length
    if end > location.length:
        raise ContentCorrupt(f"chunk {part.chunk}", f"it has only {location.length} bytes")
    for begin in range(part.offset, end, BLOCK_BYTES):
        size = min(BLOCK_BYTES, end - begin)
        if location.inline is not None:
            yield location.inline[begin : begin + size]
        else:
            yield objects.read(location.pack, location.offset + begin, size)


def _checked(blocks: list[bytes], chunk: int, digest: bytes) -> list[bytes]:
    found = blake3()
    for block in blocks:
        found.update(block)
    if found.digest() != digest:
        raise _mismatch(chunk)
    return blocks


def _mismatch(chunk: int) -> ContentCorrupt:
    return ContentCorrupt(f"chunk {chunk}", "its bytes do not match their digest")
