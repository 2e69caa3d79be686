"""A program with a bug seeded in pachlite, to see that the fault tests would find it.

Run as `python -m tests.faults.seeded BUG MODULE ARGUMENTS...`.
"""

import contextlib
import runpy
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from pachlite.metadata.api import Transaction
from pachlite.metadata.sqlite import SqliteDatabase
from pachlite.metadata.writer_lock import WriterLock
from pachlite.store.writer import GroupWriter

T = TypeVar("T")
_DELAY_S = 0.3


class _Undo(Exception):
    """Ends a transaction without keeping anything."""


def answer_early() -> None:
    """Answer at once what the mutation would have done, and do it a little later."""

    submit = GroupWriter.submit

    def submit_later(
        self: GroupWriter, mutation: Callable[[Transaction], T], **_: bool
    ) -> Future[T]:
        future: Future[T] = Future()
        try:
            with contextlib.suppress(_Undo), self._database.transaction() as tx:
                future.set_result(mutation(tx))
                raise _Undo
        except Exception as error:  # noqa: BLE001 - the answer of a mutation that failed
            future.set_exception(error)
            return future
        timer = threading.Timer(_DELAY_S, submit, (self, mutation))
        timer.daemon = True
        timer.start()
        return future

    GroupWriter.submit = submit_later  # type: ignore[method-assign]


def forget_the_lock() -> None:
    """Let every process write and checkpoint when it likes, and not wait for another one."""

    @contextlib.contextmanager
    def held(_: WriterLock, wait_s: float) -> Iterator[None]:
        del wait_s
        yield

    opened = SqliteDatabase.open.__func__  # type: ignore[attr-defined]

    def open_impatiently(cls: type[SqliteDatabase], *args: object, **options: object) -> object:
        database = opened(cls, *args, **options)
        database._writer.connection.execute("PRAGMA busy_timeout = 0")
        return database

    WriterLock.held = held  # type: ignore[method-assign,assignment]
    SqliteDatabase.open = classmethod(open_impatiently)  # type: ignore[method-assign,assignment]


BUGS = {"answer-early": answer_early, "forget-the-lock": forget_the_lock}

if __name__ == "__main__":
    BUGS[sys.argv.pop(1)]()
    sys.argv.pop(0)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
