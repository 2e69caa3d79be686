"""What every noun of the store works with: rows, content, the writer, the clock and fresh ids."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pachlite.content.blobs import Blobs
from pachlite.metadata.api import Database, Reader
from pachlite.store.writer import GroupWriter

_RANDOM_DIGITS: Final = 16

JUST_EXPIRY: Final = 0
"""In place of a line: look only for what has expired."""

Clock = Callable[[], int]
"""Returns the time in microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts of one open store.

    Attributes:
        user: Who is recorded as the creator of things.
        subject: Whom it acts for, as auth knows them; empty for whoever opened the store.
        request_upkeep: Called with a line that may have become deep.
        max_direct_changes: Up to this many changes are written in the transaction that publishes
            them; more are staged first.
    """

    database: Database
    blobs: Blobs
    writer: GroupWriter
    clock: Clock
    user: str
    request_upkeep: Callable[[int], None]
    max_direct_changes: int
    subject: str = ""

    def request_expiry(self) -> None:
        """Ask for what has expired to be erased, as something that will expire comes about."""
        self.request_upkeep(JUST_EXPIRY)

    @property
    def reader(self) -> Reader:
        """Read committed rows."""
        return self.database.reader


def now_us() -> int:
    """Return the wall clock in microseconds since 1970."""
    return time.time_ns() // 1000


def new_commit_id(now: int) -> bytes:
    """Return a fresh commit id: milliseconds in 12 hex digits, a 4, microseconds in 3, 16 random.

    It sorts by time, as commits of a line do, and has the form that pachctl takes for a commit id.
    """
    ms, us = divmod(now, 1000)
    random = secrets.randbits(4 * _RANDOM_DIGITS)
    return bytes.fromhex(f"{ms:012x}4{us:03x}{random:0{_RANDOM_DIGITS}x}")


def as_datetime(microseconds: int) -> datetime:
    """Return the aware UTC datetime of a stored time; exact for some two hundred years."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
