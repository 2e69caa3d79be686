"""Packs that are being written: one that small files share, one for each long stream.

A pack has a row before its file exists, and is replaced when it is full or when the disk failed on
it. The bytes of a row must be durable before the row: see `Stored.require_durable`.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pachlite.content.chunker import MiB
from pachlite.content.digest import digest_of
from pachlite.content.packs import (
    HEADER,
    INDEX,
    RECORD_HEADER_BYTES,
    Record,
    index_entry,
    record_header,
    trailer,
)
from pachlite.errors import DiskFull, PachliteError, Retry
from pachlite.metadata.api import Transaction
from pachlite.objects.api import Appender, ObjectStore

PACK_BYTES: Final = 64 * MiB
_KEY_BYTES: Final = 16
_MAX_IDLE_PACKS: Final = 8


@dataclass(frozen=True, slots=True)
class Stored:
    """Where bytes were appended."""

    pack: OpenPack
    offset: int
    length: int

    def require_durable(self) -> None:
        """Raise what keeps the bytes from being durable, if anything does."""
        self.pack.require_durable(self.offset + self.length)


class OpenPack:
    """A pack that this process appends to, from any thread."""

    def __init__(self, number: int, key: str, appender: Appender) -> None:
        self.number = number
        self.key = key
        self.size = 0
        self._appender = appender
        self._index = bytearray()
        self._durable = 0
        self._failure: PachliteError | None = None
        self._appending = threading.Lock()
        self._syncing = threading.Lock()
        with self._appending:
            self._append(HEADER)

    def __repr__(self) -> str:
        state = "failed" if self._failure else "open"
        return f"<OpenPack {self.key} {state}, {self._durable} of {self.size} bytes durable>"

    @property
    def is_usable(self) -> bool:
        """Whether more may be appended."""
        return self._failure is None and self.size < PACK_BYTES

    @property
    def is_synced(self) -> bool:
        """Whether everything appended so far is durable."""
        return self._durable >= self.size

    def append(self, digest: bytes, payload: bytes | memoryview) -> Stored:
        """Append a chunk; nothing is durable yet."""
        length = len(payload)
        with self._appending:
            begin = self._append(record_header(digest, length), payload) + RECORD_HEADER_BYTES
            self._index += index_entry(Record(begin, digest, length, length))
        return Stored(self, begin, length)

    def sync(self) -> None:
        """Make everything appended so far durable. After an error nothing ever is again."""
        with self._syncing:
            end = self.size
            if self._durable >= end:
                return
            self._require_sound()
            try:
                self._appender.sync()
            except PachliteError as error:
                self._failure = error
                raise
            self._durable = end

    def require_durable(self, end: int) -> None:
        """Raise unless the bytes up to `end` are durable."""
        if self._durable >= end:
            return
        self._require_sound()
        raise Retry("content was not yet written to disk")

    def seal(self) -> None:
        """Append the index if there is space for it, sync and close."""
        try:
            with contextlib.suppress(DiskFull):
                self.finish_format()
            self.sync()
        finally:
            self.close()

    def finish_format(self) -> None:
        """Append the index, if there is anything to list."""
        with self._appending:
            if self._index:
                index = bytes(self._index)
                begin = self._append(record_header(digest_of(index), len(index), kind=INDEX), index)
                self._append(trailer(begin))

    def close(self) -> None:
        """Close without syncing. Harmless twice."""
        with self._appending, self._syncing:
            self._appender.close()

    def _append(self, *blocks: bytes | memoryview) -> int:
        self._require_sound()
        try:
            begin = self._appender.append(*blocks)
        except DiskFull:
            raise  # what was there before is sound, and there may be space again
        except PachliteError as error:
            self._failure = error
            raise
        self.size = begin + sum(map(len, blocks))
        return begin

    def _require_sound(self) -> None:
        if self._failure is not None:
            raise self._failure


class PackPool:
    """The open packs of a process.

    Args:
        objects: Where packs are kept.
        run_mutation: Runs a function in a transaction; must not be called from within one.
        clock: Returns microseconds since 1970.
    """

    def __init__(
        self,
        objects: ObjectStore,
        run_mutation: Callable[[Callable[[Transaction], int]], int],
        clock: Callable[[], int],
    ) -> None:
        self._objects = objects
        self._run_mutation = run_mutation
        self._clock = clock
        self._shared: OpenPack | None = None
        self._choosing = threading.Lock()  # held while a shared pack is made, never while synced
        self._lock = threading.Lock()
        self._idle: list[OpenPack] = []
        self._sealed: list[OpenPack] = []

    def append_shared(self, digest: bytes, payload: bytes | memoryview) -> Stored:
        """Append a chunk to the pack that small files share; `sync_shared` makes it durable."""
        with self._choosing:
            pack = self._shared
            if pack is None or not pack.is_usable:
                if pack is not None:
                    self.give_back(pack)
                pack = self._shared = self.borrow()
            return pack.append(digest, payload)

    def sync_shared(self) -> None:
        """Make what is in the shared pack durable. A failure is met by whoever needs the bytes."""
        pack = self._shared
        if pack is not None:
            with contextlib.suppress(PachliteError):
                pack.sync()

    @property
    def is_shared_synced(self) -> bool:
        """Whether `sync_shared` has nothing to do."""
        pack = self._shared
        return pack is None or pack.is_synced

    def borrow(self) -> OpenPack:
        """Return a pack for one caller alone, until it is given back."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._create()

    def give_back(self, pack: OpenPack) -> None:
        """Take a pack back: to lend it again, or, when it is full or failed, to end it."""
        with self._lock:
            if pack.is_usable and len(self._idle) < _MAX_IDLE_PACKS:
                self._idle.append(pack)
                return
        with contextlib.suppress(PachliteError):
            pack.seal()
            with self._lock:
                self._sealed.append(pack)

    def close(self) -> None:
        """Close all packs. They get their index, but what counts is durable already."""
        with self._choosing, self._lock:
            packs = [*self._idle, *([self._shared] if self._shared else [])]
            self._idle.clear()
            self._shared = None
        for pack in packs:
            with contextlib.suppress(PachliteError):
                pack.finish_format()
            pack.close()

    def _create(self) -> OpenPack:
        key = secrets.token_hex(_KEY_BYTES)
        with self._lock:
            sealed, self._sealed = self._sealed, []

        def register(tx: Transaction) -> int:
            for pack in sealed:
                tx.execute(
                    "UPDATE pack SET state = 1, bytes = ? WHERE id = ?", pack.size, pack.number
                )
            return tx.insert("INSERT INTO pack (key, created) VALUES (?, ?)", key, self._clock())

        try:
            number = self._run_mutation(register)
        except BaseException:
            with self._lock:
                self._sealed += sealed
            raise
        return OpenPack(number, key, self._objects.create(key))
