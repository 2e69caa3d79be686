"""Work that can wait: flattening deep lines and erasing what has expired, beside everything else.

It runs in a thread of its own, in short transactions, and only when something asks for it. What a
process leaves undone, the next one that asks takes up where it was.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Final

from pachlite.errors import PachliteError
from pachlite.metadata.api import Database
from pachlite.store import expiry, lines
from pachlite.store.engine import JUST_EXPIRY, Clock
from pachlite.store.writer import GroupWriter

ROWS_PER_STEP: Final = 2000
EXPIRY_INTERVAL_US: Final = 3600 * 1_000_000


class Upkeep:
    """Takes requests from any thread; `close` finishes what was asked."""

    def __init__(self, database: Database, writer: GroupWriter, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock
        self._requests: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._expired_at = 0
        self.failure: PachliteError | None = None

    def __repr__(self) -> str:
        return f"<Upkeep {'running' if self._thread else 'idle'}>"

    def request(self, line: int) -> None:
        """Ask for a line to be looked at; returns at once."""
        self._requests.put(line)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Do what was asked, then stop."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            self._requests.put(None)
            thread.join()

    def _run(self) -> None:
        while (line := self._requests.get()) is not None:
            try:
                self._expire()
                if line != JUST_EXPIRY:
                    self._flatten(line)
            except PachliteError as error:  # nothing is lost by leaving it undone
                self.failure = error

    def _flatten(self, line: int) -> None:
        levels = lines.flatten_plan(self._database.reader, line)
        if levels:
            self._repeat(
                lambda: self._writer.run(
                    lambda tx: lines.flatten(tx, line, limit_rows=ROWS_PER_STEP, levels=levels)
                )
            )

    def _expire(self) -> None:
        now = self._clock()
        if now - self._expired_at < EXPIRY_INTERVAL_US:
            return
        self._expired_at = now
        self._repeat(lambda: self._writer.run(lambda tx: expiry.step(tx, now)))

    def _repeat(self, step: Callable[[], bool]) -> None:
        while not step():
            pass
