"""Connections of SQLite as readers and transactions. It knows when a statement may run, not why."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence

from pachlite.metadata.api import Value
from pachlite.metadata.sqlite_errors import TranslatedErrors, translate


class SqliteSession:
    """A connection and the lock of those who share it. Each statement is a snapshot of its own."""

    def __init__(
        self, connection: sqlite3.Connection, lock: threading.RLock, errors: TranslatedErrors
    ) -> None:
        self.connection = connection
        self.lock = lock
        self.errors = errors

    def one(self, sql: str, *params: Value) -> tuple | None:  # type: ignore[type-arg]
        """Return the first row, or None. Reads are many: it does without the context of errors."""
        try:
            with self.lock:
                cursor = self.connection.execute(sql, params)
                row: tuple | None = cursor.fetchone()  # type: ignore[type-arg]
                cursor.close()  # an unfinished statement would hold its snapshot
        except sqlite3.Error as error:
            self.errors.raise_ours(error)
            raise
        return row

    def all(self, sql: str, *params: Value) -> list[tuple]:  # type: ignore[type-arg]
        """Return all rows."""
        with self.errors, self.lock:
            return self.connection.execute(sql, params).fetchall()

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is under way, in any thread."""
        try:
            return self.connection.in_transaction
        except sqlite3.ProgrammingError:
            return False  # it is closed

    def close(self) -> None:
        """Close the connection, once whoever uses it is done. Harmless twice."""
        with self.lock:
            self.connection.close()


class ThreadSessions:
    """A reader for any thread: each gets a connection of its own, closed when the thread ends."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], errors: TranslatedErrors) -> None:
        self._connect = connect
        self._errors = errors
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[SqliteSession] = weakref.WeakSet()
        self._is_closed = False

    def one(self, sql: str, *params: Value) -> tuple | None:  # type: ignore[type-arg]
        """Return the first row, or None."""
        try:
            session: SqliteSession = self._own.session
        except AttributeError:
            session = self._begin()
        return session.one(sql, *params)

    def all(self, sql: str, *params: Value) -> list[tuple]:  # type: ignore[type-arg]
        """Return all rows."""
        try:
            session: SqliteSession = self._own.session
        except AttributeError:
            session = self._begin()
        return session.all(sql, *params)

    def close(self) -> None:
        """Close the connections of all threads, and open no more. Harmless twice."""
        with self._lock:
            self._is_closed = True
            sessions = list(self._open)
        for session in sessions:
            session.close()

    def _begin(self) -> SqliteSession:
        session = SqliteSession(self._connect(), threading.RLock(), self._errors)
        weakref.finalize(session, session.connection.close)
        with self._lock:
            if self._is_closed:
                session.close()
            self._open.add(session)
        self._own.session = session
        return session


class SqliteTransaction:
    """A transaction on the connection that writes. Make it, use it, `commit`; `end` it anyway."""

    __slots__ = ("_connection", "_errors", "_failure")

    def __init__(self, session: SqliteSession) -> None:
        self._connection = session.connection
        self._errors = session.errors
        self._failure: Exception | None = None
        with self._errors:
            self._connection.execute("BEGIN IMMEDIATE")

    def one(self, sql: str, *params: Value) -> tuple | None:  # type: ignore[type-arg]
        """Return the first row, or None."""
        if self._failure is not None:
            raise self._failure
        try:
            cursor = self._connection.execute(sql, params)
            row: tuple | None = cursor.fetchone()  # type: ignore[type-arg]
            cursor.close()
        except sqlite3.Error as error:
            self._fail(error)
            raise
        return row

    def all(self, sql: str, *params: Value) -> list[tuple]:  # type: ignore[type-arg]
        """Return all rows."""
        if self._failure is not None:
            raise self._failure
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            self._fail(error)
            raise

    def execute(self, sql: str, *params: Value) -> int:
        """Run a statement; return how many rows it changed."""
        return self._run(sql, params).rowcount

    def insert(self, sql: str, *params: Value) -> int:
        """Run an INSERT; return the id of the row."""
        return self._run(sql, params).lastrowid or 0

    def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each row."""
        if self._failure is not None:
            raise self._failure
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            self._fail(error)
            raise

    def commit(self) -> None:
        """Make it durable."""
        self._run("COMMIT", ())

    def end(self) -> None:
        """Undo what was not committed, and take no more statements."""
        self._failure = RuntimeError("the transaction has ended")
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _run(self, sql: str, params: tuple[Value, ...]) -> sqlite3.Cursor:
        # SQLite undoes a whole transaction after some errors. What came next would then be on its
        # own, neither locked nor undone with the rest, so it meets the same error again.
        if self._failure is not None:
            raise self._failure
        try:
            return self._connection.execute(sql, params)
        except sqlite3.Error as error:
            self._fail(error)
            raise

    def _fail(self, error: sqlite3.Error) -> None:
        """Raise what an error of SQLite means to a user, if it means something."""
        ours = translate(error, self._errors.where)
        if not self._connection.in_transaction:
            self._failure = ours or error
        if ours is not None:
            raise ours from error
