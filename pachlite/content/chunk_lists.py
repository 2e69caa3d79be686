"""The chunks of one file before it has rows: some are stored already, some wait in packs."""

from __future__ import annotations

from array import array

from pachlite.content import chunks
from pachlite.content.chunks import Known
from pachlite.content.digest import DIGEST_BYTES, ListDigest
from pachlite.content.open_packs import Stored
from pachlite.content.recipes import Entries
from pachlite.errors import Retry
from pachlite.metadata.api import Transaction

_UNKNOWN = 0


class ChunkList:
    """The chunks of a stream in order. About 50 bytes for each that is known, for there may be a
    million; those that wait are few.
    """

    def __init__(self) -> None:
        self._entries = Entries(array("q"), array("q"))
        self._digests = bytearray()
        self._list_digest = ListDigest()
        self._waiting: dict[int, Stored] = {}  # by index
        self._awaited: set[bytes] = set()  # the digests of those
        self._oldest_epoch: int | None = None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def waiting(self) -> int:
        """How many wait for a row."""
        return len(self._waiting)

    def is_awaited(self, digest: bytes) -> bool:
        """Say whether a chunk with that digest waits already."""
        return digest in self._awaited

    def add(self, digest: bytes, length: int, origin: Known | Stored | None) -> None:
        """Add the next chunk; without an origin it is a repetition of one that waits."""
        if isinstance(origin, Stored):
            self._waiting[len(self)] = origin
            self._awaited.add(digest)
        self._entries.contents.append(origin.chunk if isinstance(origin, Known) else _UNKNOWN)
        self._entries.lengths.append(length)
        self._digests += digest
        self._list_digest.add(digest, length)
        if isinstance(origin, Known):
            self._keep(origin.epoch)

    def chash(self) -> bytes:
        """Return what two files have in common only if their content is equal."""
        return self._digest(0) if len(self) == 1 else self._list_digest.digest()

    def record(self, tx: Transaction) -> Entries:
        """Return the list with the ids of all chunks, adding and reviving rows.

        It changes nothing here, since the transaction may come to nothing.
        """
        epoch = chunks.epoch_of(tx)
        contents = array("q", self._entries.contents)
        is_old = self._oldest_epoch is not None and self._oldest_epoch != epoch
        for index, chunk in enumerate(contents if is_old or self._awaited else ()):
            if chunk == _UNKNOWN:
                contents[index] = self._record_one(tx, index, epoch)
            elif is_old:
                chunks.revive(tx, chunk, self._digest(index), epoch)
        return Entries(contents, self._entries.lengths)

    def settle(self, recorded: Entries, epoch: int) -> None:
        """Take over the ids of a transaction that was committed in an epoch."""
        self._entries.contents[:] = recorded.contents
        self._waiting.clear()
        self._awaited.clear()
        self._oldest_epoch = epoch

    def _record_one(self, tx: Transaction, index: int, epoch: int) -> int:
        digest = self._digest(index)
        known = chunks.find(tx, digest)  # somebody may have stored it meanwhile, or this file did
        if known is not None:
            if known.epoch != epoch:
                chunks.revive(tx, known.chunk, digest, epoch)
            return known.chunk
        stored = self._waiting.get(index)
        if stored is None:
            raise Retry("content that was shared has just been collected")
        stored.require_durable()
        place = (stored.pack.number, stored.offset)
        return chunks.add(tx, digest, stored.length, place, epoch)

    def _keep(self, epoch: int) -> None:
        self._oldest_epoch = epoch if self._oldest_epoch is None else min(epoch, self._oldest_epoch)

    def _digest(self, index: int) -> bytes:
        return bytes(self._digests[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES])
