"""Content by number: written once however often it comes, and put together by reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pachlite.content import chunks, reading, recipes
from pachlite.content.blob_writer import Blob, BlobWriter
from pachlite.content.digest import EMPTY_DIGEST, ListDigest
from pachlite.content.open_packs import PackPool
from pachlite.content.recipes import Entries, Entry
from pachlite.metadata.api import Database, Reader, Transaction
from pachlite.objects.api import ObjectStore
from pachlite.pfs.infos import EtagKind

__all__ = ["Blob", "BlobWriter", "Blobs", "Piece"]

T = TypeVar("T")


class RunMutation(Protocol):
    """Runs a function in a transaction of its own or of a group; returns what it returns."""

    def __call__(self, mutation: Callable[[Transaction], T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """Stored content: its number (0 for none), size, and what equal content alone has too."""

    content: int
    size: int
    chash: bytes | None


class Blobs:
    """The content of a store.

    Args:
        database: Holds the rows.
        objects: Holds the packs.
        run_mutation: Runs a function in a transaction. Long writers call it, so no writer may be
            used from within a transaction.
        clock: Returns microseconds since 1970.
    """

    def __init__(
        self,
        database: Database,
        objects: ObjectStore,
        run_mutation: RunMutation,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._objects = objects
        self._run_mutation = run_mutation
        self._packs = PackPool(objects, run_mutation, clock)

    def open_writer(self, kind: EtagKind = EtagKind.MD5) -> BlobWriter:
        """Begin to take content."""
        return BlobWriter(kind, self._packs, self._database.reader, self._run_mutation)

    def attach(self, tx: Transaction, blob: Blob) -> int:
        """Give content its rows; return its number. May be called again after a rollback.

        Raises:
            Retry: Content to share has been collected meanwhile, or the disk failed; take the
                content again.
            DiskFull: The disk was full when the content was to be made durable.
        """
        if blob.inline is not None and blob.chash is not None:
            return _attach_inline(tx, blob.chash, blob.inline)
        if blob.chunks is None:
            return 0
        return recipes.build(tx, blob.chunks.record(tx)).content

    def concat(self, tx: Transaction, pieces: Sequence[Piece]) -> Piece:
        """Put pieces one after the other, by reference, whatever their sizes."""
        pieces = [piece for piece in pieces if piece.size]
        if len(pieces) <= 1:
            return pieces[0] if pieces else Piece(0, 0, EMPTY_DIGEST)
        whole = _join(tx, [Entry(piece.content, piece.size) for piece in pieces])
        return Piece(whole.content, whole.length, _joined_chash(pieces))

    def read(self, q: Reader, content: int, offset: int, length: int) -> Iterator[bytes]:
        """Yield a range of content in blocks of at most 1 MiB; raise `ContentCorrupt`."""
        return reading.read(q, self._objects, content, offset, length)

    def read_inline(self, q: Reader, content: int) -> bytes | None:
        """Return content that is empty or in the database, None if it is elsewhere."""
        return reading.read_inline(q, content)

    def sync(self) -> None:
        """Make the content of all small blobs finished so far durable.

        It does not raise: when the disk fails, `attach` refuses the blobs that it failed on.
        """
        self._packs.sync_shared()

    @property
    def is_synced(self) -> bool:
        """Whether `sync` has nothing to do for the blobs finished so far."""
        return self._packs.is_shared_synced

    def close(self) -> None:
        """Close all packs. Harmless twice."""
        self._packs.close()


def _attach_inline(tx: Transaction, digest: bytes, data: bytes) -> int:
    known, epoch = chunks.find_now(tx, digest)
    if known is None:
        return chunks.add_inline(tx, digest, data, epoch)
    if known.epoch != epoch:
        chunks.revive(tx, known.chunk, digest, epoch)
    return known.chunk


def _join(tx: Transaction, parts: list[Entry]) -> Entry:
    if len(parts) == 2:  # noqa: PLR2004  # an append; of those, a file may see many
        return recipes.append(tx, *parts)
    entries = Entries()
    for part in parts:
        entries.add(part)
    return recipes.build(tx, entries)


def _joined_chash(pieces: Sequence[Piece]) -> bytes | None:
    digest = ListDigest()
    for piece in pieces:
        if piece.chash is None:
            return None
        digest.add(piece.chash, piece.size)
    return digest.digest()
