"""The protocols of the database that holds the rows. It knows SQL, and nothing of what it means.

The SQL is the common part of SQLite and PostgreSQL, with `?` for parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

Value = int | str | bytes | float | None
Row = tuple[Value, ...]
T = TypeVar("T")


class Reader(Protocol):
    """Reads committed rows. Each call is a snapshot of its own."""

    def one(self, sql: str, *params: Value) -> tuple | None:  # type: ignore[type-arg]
        """Return the first row, or None."""
        ...

    def all(self, sql: str, *params: Value) -> list[tuple]:  # type: ignore[type-arg]
        """Return all rows."""
        ...


class Transaction(Reader, Protocol):
    """Reads and writes; sees its own writes; all of it takes effect or none."""

    def execute(self, sql: str, *params: Value) -> int:
        """Run a statement; return how many rows it changed."""
        ...

    def insert(self, sql: str, *params: Value) -> int:
        """Run an INSERT; return the id of the row."""
        ...

    def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each row."""
        ...


class Database(Protocol):
    """Rows, for any number of threads and processes at once."""

    @property
    def reader(self) -> Reader:
        """A reader for any thread; it holds no snapshot between calls."""
        ...

    def transaction(self, *, wait_s: float = 60.0) -> AbstractContextManager[Transaction]:
        """Run a block as the only writer of the store; durable when the block has ended.

        On an exception everything is undone. Raises `StoreBusy` after `wait_s` seconds without the
        write lock. Writers of the package `store` go through `store.writer`, which groups them.
        """
        ...

    def savepoint(self, tx: Transaction) -> AbstractContextManager[None]:
        """Undo just the block when it raises, and let the transaction go on."""
        ...

    def checkpoint(self) -> None:
        """Do the housekeeping that an idle moment allows; nothing while somebody writes."""
        ...

    def close(self) -> None:
        """Release everything. Harmless twice."""
        ...


Mutation = Callable[[Transaction], T]
"""What a caller wants done in a transaction; its result is what the caller gets."""
