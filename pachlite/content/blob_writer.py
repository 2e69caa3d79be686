"""Takes the bytes of one file and stores what is not stored yet; the rows come later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pachlite.content import chunks
from pachlite.content.chunk_lists import ChunkList
from pachlite.content.chunker import Block, Chunker, KiB
from pachlite.content.digest import EMPTY_DIGEST, digest_of
from pachlite.content.etag import EtagHasher
from pachlite.content.open_packs import OpenPack, PackPool
from pachlite.content.recipes import Entries
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.infos import EtagKind

INLINE_BYTES: Final = 16 * KiB
"""Up to this size, content is kept in the database."""
_MAX_WAITING: Final = 4096

Recorded = tuple[Entries, int]
"""The chunks of a list with their ids, and the epoch that keeps them."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Content that has been taken and has no rows yet; `Blobs.attach` gives it some.

    Attributes:
        etag: The 16 bytes of an MD5.
        nparts: 0 when that is the MD5 of the content, else the `N` of a `-N` ETag.
        chash: Equal to that of other content only if the bytes are equal.
        inline: The bytes, when they go into the database.
        chunks: The chunks, when they do not.
    """

    size: int
    etag: bytes
    nparts: int
    chash: bytes | None
    inline: bytes | None = None
    chunks: ChunkList | None = None


class BlobWriter:
    """Takes one stream. End it by `finish`, or give it up by `abort`.

    Memory does not grow with the stream, but for 50 bytes a megabyte.
    """

    def __init__(
        self,
        kind: EtagKind,
        packs: PackPool,
        reader: Reader,
        run_mutation: Callable[[Callable[[Transaction], Recorded]], Recorded],
    ) -> None:
        self._packs = packs
        self._reader = reader
        self._run_mutation = run_mutation
        self._etag = EtagHasher(kind)
        self._chunker = Chunker()
        self._chunks = ChunkList()
        self._pack: OpenPack | None = None

    def __repr__(self) -> str:
        return f"<BlobWriter {self._chunker.size} bytes, {len(self._chunks)} chunks>"

    def write(self, block: Block) -> None:
        """Take a block; it may be reused after the call."""
        self._etag.update(block)
        for chunk in self._chunker.cut(block):
            self._store(chunk)

    def finish(self) -> Blob:
        """End the stream. What is in a pack of its own is durable when this returns."""
        try:
            for chunk in self._chunker.end():
                self._store(chunk)
            if self._pack is not None:
                self._pack.sync()
            etag = self._etag.etag()
            single = self._chunker.take_single()
            if single is not None:
                return self._finish_single(single, etag.md5)
            chash = self._chunks.chash()
            size = self._chunker.size
            return Blob(size, etag.md5, etag.nparts, chash, chunks=self._chunks)
        finally:
            self.abort()

    def abort(self) -> None:
        """Release everything. Harmless twice, and after `finish`."""
        self._etag.close()
        if self._pack is not None:
            self._packs.give_back(self._pack)
            self._pack = None

    def _finish_single(self, data: bytes, md5: bytes) -> Blob:
        if not data:
            return Blob(0, md5, 0, EMPTY_DIGEST)
        digest = digest_of(data)
        if len(data) <= INLINE_BYTES:
            return Blob(len(data), md5, 0, digest, inline=data)
        origin = chunks.find(self._reader, digest) or self._packs.append_shared(digest, data)
        self._chunks.add(digest, len(data), origin)
        return Blob(len(data), md5, 0, digest, chunks=self._chunks)

    def _store(self, chunk: memoryview) -> None:
        """Store the next chunk of a long stream, unless it is stored already."""
        digest = digest_of(chunk)
        if self._chunks.is_awaited(digest):
            self._chunks.add(digest, len(chunk), None)
            return
        known = chunks.find(self._reader, digest)
        self._chunks.add(digest, len(chunk), known or self._own_pack().append(digest, chunk))
        if self._chunks.waiting >= _MAX_WAITING:
            self._flush()

    def _own_pack(self) -> OpenPack:
        pack = self._pack
        if pack is not None and not pack.is_usable:
            self._pack = None
            self._packs.give_back(pack)
        if self._pack is None:
            self._pack = self._packs.borrow()
        return self._pack

    def _flush(self) -> None:
        """Give rows to what waits for them, so that it need not be remembered."""
        if self._pack is not None:
            self._pack.sync()

        def record(tx: Transaction) -> Recorded:
            return self._chunks.record(tx), chunks.epoch_of(tx)

        recorded, epoch = self._run_mutation(record)
        self._chunks.settle(recorded, epoch)
