"""Brings the tables of a store up to date. It knows the files of SQL and when to run them."""

from __future__ import annotations

import pkgutil
import sqlite3
from collections.abc import Iterator
from typing import Final

from pachlite.errors import StoreCorrupt, StoreTooNew
from pachlite.metadata.api import Database, Reader

MIGRATIONS: Final = ("0001_store.sql", "0002_auth.sql")
"""Files of `migrations`, in order; the version of a database is how many of them it has had."""


def migrate(database: Database, *, where: str) -> None:
    """Apply what is missing, each file in a transaction of its own.

    Costs one query when nothing is missing. Any number of processes may do it at once.

    Args:
        database: What to bring up to date.
        where: How errors name the store.

    Raises:
        StoreTooNew: The store was written by a later release.
        StoreCorrupt: The database belongs to something else.
    """
    for number in range(_version(database.reader, where), len(MIGRATIONS)):
        with database.transaction() as tx:
            if _version(tx, where) != number:
                continue  # another process was quicker
            if number == 0 and tx.one("SELECT 1 FROM sqlite_schema"):
                raise _foreign(where)
            for statement in _statements(_read(MIGRATIONS[number])):
                tx.execute(statement)
            tx.execute(f"PRAGMA user_version = {number + 1}")


def _version(reader: Reader, where: str) -> int:
    row = reader.one("PRAGMA user_version")
    version = int(row[0]) if row else 0
    if version > len(MIGRATIONS):
        raise StoreTooNew(where, str(version), str(len(MIGRATIONS)))
    if version < 0:
        raise _foreign(where)
    return version


def _foreign(where: str) -> StoreCorrupt:
    return StoreCorrupt(
        f"the database at {where} is not one of pachlite",
        hint="set PACHLITE_HOME to another directory",
    )


def _read(name: str) -> str:
    data = pkgutil.get_data(__package__, f"migrations/{name}")
    if data is None:
        raise StoreCorrupt(f"the installation lacks migrations/{name}")
    return data.decode()


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; SQLite itself says where one ends."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
