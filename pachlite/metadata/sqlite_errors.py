"""What the errors of SQLite mean to a user. It is the only place that knows SQLite's codes."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Final

from pachlite.errors import DiskFull, PachliteError, StoreBusy, StoreCorrupt, StoreNotWritable

_PRIMARY: Final = 0xFF  # extended codes carry the primary code in the low byte
_FULL: Final = frozenset({sqlite3.SQLITE_FULL})
_SHARED_MEMORY_FULL: Final = sqlite3.SQLITE_IOERR_SHMSIZE  # the -shm file could not grow
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FORBIDDEN: Final = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
)


class TranslatedErrors:
    """A context in which an error of SQLite becomes one of ours. It may be entered many times.

    Errors that only a mistake in our SQL can cause stay what they are.
    """

    __slots__ = ("where",)

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, sqlite3.Error):
            self.raise_ours(error)

    def raise_ours(self, error: sqlite3.Error) -> None:
        """Raise what an error means; return if it is a mistake of ours."""
        ours = translate(error, self.where)
        if ours is not None:
            raise ours from error


def translate(error: sqlite3.Error, where: str) -> PachliteError | None:
    """Return what an error of SQLite means for the store at `where`; None for a mistake of ours."""
    extended = getattr(error, "sqlite_errorcode", None)
    if extended is None:
        return None
    code = extended & _PRIMARY
    if code in _FULL or extended == _SHARED_MEMORY_FULL:
        return DiskFull(where)
    if code in _BUSY:
        return StoreBusy("another process", 0.0)
    if code in _DAMAGED:
        return StoreCorrupt(f"the database at {where} cannot be read or written: {error}")
    if code in _FORBIDDEN:
        return StoreNotWritable(where, str(error))
    return None
