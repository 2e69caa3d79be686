"""A database in SQLite, on disk or in memory. It knows connections and locks, and no table.

On disk there is a connection for each thread that reads and one that writes. Every transaction and
every checkpoint runs under the lock of `writer_lock.py`, so that no commit ever meets a checkpoint
of another connection: SQLite before 3.51.3 could lose data then.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from pachlite.errors import DiskFull, StoreBusy, StoreNotWritable
from pachlite.metadata.api import Reader, Transaction
from pachlite.metadata.sqlite_errors import TranslatedErrors
from pachlite.metadata.sqlite_sessions import SqliteSession, SqliteTransaction, ThreadSessions
from pachlite.metadata.writer_lock import WriterLock

MiB: Final = 1024 * 1024
FILE_NAME: Final = "metadata.db"
PAGE_BYTES: Final = 4096
WAL_LIMIT_BYTES: Final = 64 * MiB
_WAL_STEP_BYTES: Final = 16 * MiB  # how much more it may grow when readers kept it from shrinking
_BACKSTOP_S: Final = 30.0  # for recovery by another process; ordinary waiting is on the lock
_WRITER_CACHE_KIB: Final = 16 * 1024
_CHECKPOINT_PATIENCE_MS: Final = 100
_CLOSE_PATIENCE_S: Final = 2.0

_PRAGMAS: Final = (
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}",
    # Without these, macOS keeps a commit in the cache of the disk.
    *(("PRAGMA fullfsync = ON", "PRAGMA checkpoint_fullfsync = ON") * (sys.platform == "darwin")),
)
_BIRTH_PRAGMAS: Final = (
    f"PRAGMA page_size = {PAGE_BYTES}",
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
)


class _Lock(Protocol):
    """What keeps writers apart."""

    def held(self, wait_s: float) -> AbstractContextManager[None]: ...

    def close(self) -> None: ...


class SqliteDatabase:
    """A `Database`. Make one with `open` or `in_memory`."""

    def __init__(
        self,
        writer: SqliteSession,
        readers: ThreadSessions | SqliteSession,
        lock: _Lock,
        path: Path | None,
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._lock = lock
        self._wal = path.with_name(path.name + "-wal") if path else None
        self._wal_limit_bytes = WAL_LIMIT_BYTES
        self._is_closed = False

    @classmethod
    def open(cls, directory: Path, *, holder: str | None = None) -> SqliteDatabase:
        """Open the database of a store, making it if need be. It may have no tables yet.

        Args:
            directory: The store; it must exist.
            holder: How a process that waits for this one in vain is told who it is.

        Raises:
            StoreNotWritable: The directory or a file in it cannot be written.
        """
        path = directory / FILE_NAME
        errors = TranslatedErrors(str(directory))
        try:
            lock = WriterLock(directory, holder=holder)
        except OSError as error:
            raise StoreNotWritable(str(directory), error.strerror or str(error)) from error
        try:
            if not path.exists() or path.stat().st_size == 0:
                with lock.held(_BACKSTOP_S):
                    _give_birth(path, errors)
            writer = SqliteSession(_connect_writer(path, errors), threading.RLock(), errors)
        except BaseException:
            lock.close()
            raise
        return cls(
            writer, ThreadSessions(lambda: _connect_reader(path, errors), errors), lock, path
        )

    @classmethod
    def in_memory(cls) -> SqliteDatabase:
        """Make a database that lives as long as this object; readers wait for a transaction."""
        errors = TranslatedErrors("memory")
        session = SqliteSession(_connect(":memory:", errors), threading.RLock(), errors)
        return cls(session, session, _ThreadLock(session.lock), None)

    @property
    def reader(self) -> Reader:
        """A reader for any thread; it holds no snapshot between calls."""
        return self._readers

    @contextmanager
    def transaction(self, *, wait_s: float = 60.0) -> Iterator[Transaction]:
        """Run a block as the only writer of the store; durable when the block has ended."""
        with self._lock.held(wait_s):
            self._checkpoint_when_large()
            tx = SqliteTransaction(self._writer)
            try:
                yield tx
                tx.commit()
            finally:
                tx.end()

    @contextmanager
    def savepoint(self, tx: Transaction) -> Iterator[None]:
        """Undo just the block when it raises, and let the transaction go on."""
        tx.execute("SAVEPOINT s")
        try:
            yield
        except BaseException:
            # When the transaction itself is gone, so is the savepoint; `tx` tells whoever goes on.
            with contextlib.suppress(Exception):
                tx.execute("ROLLBACK TO s")
                tx.execute("RELEASE s")
            raise
        tx.execute("RELEASE s")

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the database, unless somebody is writing just now."""
        if self._is_closed or not self._wal_bytes():
            return
        with contextlib.suppress(StoreBusy, DiskFull), self._lock.held(0):
            self._checkpoint()

    def close(self) -> None:
        """Release everything. Harmless twice."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._readers is not self._writer:
            self._readers.close()
        # The last connection of all processes checkpoints as it closes: not without the lock. If
        # somebody else holds the lock for so long, he is connected, and this is not the last.
        with contextlib.suppress(StoreBusy), self._lock.held(_CLOSE_PATIENCE_S):
            self._writer.close()
        if not self._writer.is_in_transaction:  # else leave a thread of ours its lock
            self._writer.close()
            self._lock.close()

    def _wal_bytes(self) -> int:
        if self._wal is None:
            return 0
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0

    def _checkpoint_when_large(self) -> None:
        if self._wal_bytes() < self._wal_limit_bytes:
            return
        with contextlib.suppress(DiskFull):  # the transaction itself will tell
            self._checkpoint()
        left_bytes = self._wal_bytes()
        self._wal_limit_bytes = max(WAL_LIMIT_BYTES, left_bytes + _WAL_STEP_BYTES)

    def _checkpoint(self) -> None:
        self._writer.one(f"PRAGMA busy_timeout = {_CHECKPOINT_PATIENCE_MS}")
        try:
            self._writer.one("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._writer.one(f"PRAGMA busy_timeout = {int(_BACKSTOP_S * 1000)}")


class _ThreadLock:
    """The lock of a database in memory: one for readers and writers."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock

    @contextmanager
    def held(self, wait_s: float) -> Iterator[None]:
        if not self._lock.acquire(timeout=wait_s):
            raise StoreBusy("another thread of this process", wait_s)
        try:
            yield
        finally:
            self._lock.release()

    def close(self) -> None:
        """Nothing is held."""


def _connect(path: Path | str, errors: TranslatedErrors) -> sqlite3.Connection:
    with errors:
        connection = sqlite3.connect(
            path,
            timeout=_BACKSTOP_S,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except BaseException:
            connection.close()
            raise
        return connection


def _connect_writer(path: Path, errors: TranslatedErrors) -> sqlite3.Connection:
    connection = _connect(path, errors)
    connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
    return connection


def _connect_reader(path: Path, errors: TranslatedErrors) -> sqlite3.Connection:
    connection = _connect(path, errors)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _give_birth(path: Path, errors: TranslatedErrors) -> None:
    """Set what cannot be changed later, in a file that has no page yet."""
    connection = _connect(path, errors)
    try:
        with errors:
            for pragma in _BIRTH_PRAGMAS:
                connection.execute(pragma)
    finally:
        connection.close()
