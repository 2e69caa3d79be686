"""What S3 calls a file: an MD5, or the MD5 of the MD5s of its parts. It runs beside the writer.

MD5 is the slowest step of storing a file. The first megabyte is hashed where it arrives, what
follows in threads, so that cutting and writing go on meanwhile.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from pachlite.content.chunker import Block, MiB
from pachlite.pfs.infos import EtagKind

PART_BYTES: Final = 16 * MiB
_INLINE_BYTES: Final = 1 * MiB
_PIECE_BYTES: Final = 4 * MiB
_IN_FLIGHT_BYTES: Final = 32 * MiB
_IN_FLIGHT_BYTES_OF_ONE_LANE: Final = 8 * MiB
_MAX_LANES: Final = 4


@dataclass(frozen=True, slots=True)
class Etag:
    """An ETag; `nparts` 0 means that it is the plain MD5 of the content."""

    md5: bytes
    nparts: int = 0


class EtagHasher:
    """Computes the ETag of one stream. `close` it, whatever happens.

    A lane is a thread that hashes blocks in order; parts take turns on the lanes. How much waits
    for the lanes is bounded.
    """

    def __init__(self, kind: EtagKind) -> None:
        self._part_bytes = PART_BYTES if kind is EtagKind.PARTS else None
        self._lane_count = _lanes(kind)
        self._in_flight_bytes = (
            _IN_FLIGHT_BYTES if self._lane_count > 1 else _IN_FLIGHT_BYTES_OF_ONE_LANE
        )
        self._lanes: list[ThreadPoolExecutor] = []
        self._waiting: deque[tuple[Future[bytes | None], int]] = deque()
        self._waiting_bytes = 0
        self._size = 0
        self._part = 0
        self._part_size = 0
        self._hash = _md5()
        self._digests = bytearray()  # of the parts before the present one

    def update(self, block: Block) -> None:
        """Take a block; it may be reused after the call."""
        self._size += len(block)
        if self._size <= _INLINE_BYTES:
            self._hash.update(block)
            self._part_size += len(block)
            return
        rest = memoryview(block)
        while rest:
            if self._part_size == self._part_bytes:
                self._begin_part()
            room = _PIECE_BYTES if self._part_bytes is None else self._part_bytes - self._part_size
            piece = rest[: min(room, _PIECE_BYTES)]
            rest = rest[len(piece) :]
            self._part_size += len(piece)
            self._run(self._hash.update, piece if isinstance(block, bytes) else bytes(piece))

    def etag(self) -> Etag:
        """Return the ETag of everything taken."""
        self._settle(0)
        last = self._hash.digest()
        if not self._part:
            return Etag(last)
        return Etag(_md5(bytes(self._digests) + last).digest(), self._part + 1)

    def close(self) -> None:
        """Stop the threads. Harmless twice."""
        for lane in self._lanes:
            lane.shutdown(wait=True, cancel_futures=True)
        self._lanes.clear()

    def _begin_part(self) -> None:
        self._run(self._hash.digest)
        self._hash = _md5()
        self._part += 1
        self._part_size = 0

    def _run(self, work: Callable[..., bytes | None], *pieces: bytes | memoryview) -> None:
        size = sum(map(len, pieces)) or 1
        self._settle(self._in_flight_bytes - size)
        number = self._part % self._lane_count
        while number >= len(self._lanes):
            self._lanes.append(ThreadPoolExecutor(1, thread_name_prefix="pachlite-md5"))
        self._waiting.append((self._lanes[number].submit(work, *pieces), size))
        self._waiting_bytes += size

    def _settle(self, allowed_bytes: int) -> None:
        """Wait until no more than that much waits; collect the digests of parts in order."""
        while self._waiting and (self._waiting_bytes > allowed_bytes or self._waiting[0][0].done()):
            future, size = self._waiting.popleft()
            self._waiting_bytes -= size
            self._digests += future.result() or b""


def _lanes(kind: EtagKind) -> int:
    return min(_MAX_LANES, max(2, os.cpu_count() or 2)) if kind is EtagKind.PARTS else 1


def _md5(data: bytes = b"") -> hashlib._Hash:
    return hashlib.md5(data, usedforsecurity=False)
