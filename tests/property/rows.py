"""The rows of a store in memory, without what a database does for threads and disks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Any

_SCHEMA = (resources.files("pachlite.metadata") / "migrations" / "0001_store.sql").read_text(
    encoding="utf-8"
)


class Rows:
    """A database in memory: all that lines ask of one."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:", isolation_level=None)
        self._db.executescript(_SCHEMA)

    def one(self, sql: str, *params: Any) -> tuple[Any, ...] | None:
        return self._db.execute(sql, params).fetchone()

    def all(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, params).fetchall()

    def execute(self, sql: str, *params: Any) -> int:
        return self._db.execute(sql, params).rowcount

    def insert(self, sql: str, *params: Any) -> int:
        return self._db.execute(sql, params).lastrowid or 0

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._db.executemany(sql, rows)

    def close(self) -> None:
        self._db.close()
