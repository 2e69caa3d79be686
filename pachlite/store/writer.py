"""Group commit: bytes, then rows, then acknowledgement, for everything that waits at once."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from pachlite.errors import Retry
from pachlite.metadata.api import Database, Mutation, Transaction

MAX_BATCH: Final = 256
_MAX_BATCH_S: Final = 0.2
_MAX_JOINING_S: Final = 0.02  # the first waits for those who join, so it must not be long
_IDLE_S: Final = 60.0

T = TypeVar("T")


class _Syncs(Protocol):
    """What makes bytes durable before the rows that refer to them."""

    @property
    def is_synced(self) -> bool: ...

    def sync(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    mutation: Mutation[T]
    future: Future[T]
    is_repeatable: bool


@dataclass(frozen=True, slots=True)
class _Done:
    future: Future[Any]
    result: Any = None
    error: BaseException | None = None

    def acknowledge(self) -> None:
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class _Torn(Exception):
    """A mutation raised, and only the whole transaction can be undone."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class GroupWriter:
    """Runs mutations in one thread, as many as are waiting in one durable transaction.

    A mutation that raises undoes its own changes only. When the transaction as a whole fails, all
    who wait for it get the error. Nobody is kept waiting for others to come.

    To be able to undo the changes of one alone costs a sixth of a small write, and hardly any
    raises. So that is prepared for only where it must be: one that is alone has the transaction to
    itself, and those that may be run twice are run again should one of them raise.

    Those that come while others run still join them, as long as no bytes have to be synced for it.

    Args:
        database: Where mutations run.
        blobs: Synced before each transaction.
    """

    def __init__(self, database: Database, blobs: _Syncs) -> None:
        self._database = database
        self._blobs = blobs
        self._queue: queue.SimpleQueue[_Waiting[Any] | None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._has_ended = False  # the thread has seen that it is closed

    def __repr__(self) -> str:
        return f"<GroupWriter {'closed' if self._is_closed else 'open'}>"

    def run(self, mutation: Callable[[Transaction], T]) -> T:
        """Run a mutation; what it did is durable when this returns its result."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a mutation must not wait for another one")
        return self.submit(mutation).result()

    def submit(
        self, mutation: Callable[[Transaction], T], *, is_repeatable: bool = False
    ) -> Future[T]:
        """Queue a mutation; its result comes when what it did is durable.

        One that `is_repeatable` may be run again after all it did was undone.
        """
        future: Future[T] = Future()
        with self._starting:
            if self._is_closed:
                raise Retry("the store is closing")
            if self._thread is None:
                # A program that forgets to close must still end; nothing acknowledged is lost.
                self._thread = threading.Thread(
                    target=self._work, name="pachlite-writer", daemon=True
                )
                self._thread.start()
            self._queue.put(_Waiting(mutation, future, is_repeatable))
        return future

    def close(self) -> None:
        """Finish what is queued and stop. Harmless twice."""
        with self._starting:
            self._is_closed = True
            thread = self._thread
            self._queue.put(None)
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        batch: deque[_Waiting[Any]] = deque()
        while True:
            self._collect(batch, may_wait=not batch)
            if batch:
                self._commit(batch)
            elif self._has_ended:
                return
            else:
                self._database.checkpoint()

    def _collect(self, batch: deque[_Waiting[Any]], *, may_wait: bool) -> None:
        """Add what is queued to a batch."""
        while len(batch) < MAX_BATCH and not self._has_ended:
            try:
                waiting = self._queue.get(block=may_wait, timeout=_IDLE_S)
            except queue.Empty:
                return
            may_wait = False
            if waiting is None:
                self._has_ended = True
            elif waiting.future.set_running_or_notify_cancel():
                batch.append(waiting)

    def _commit(self, batch: deque[_Waiting[Any]]) -> None:
        """Run the first of a batch, as many as the time allows, and take them from it."""
        self._blobs.sync()
        if len(batch) == 1 or all(one.is_repeatable for one in batch):
            taken: list[_Waiting[Any]] = []
            try:
                may_join = batch[0].is_repeatable
                self._attempt(batch, partial(self._run_bare, taken), may_join=may_join)
            except _Torn as torn:
                if len(taken) == 1:
                    taken[0].future.set_exception(torn.error)
                    return
                batch.extendleft(reversed(taken))
            else:
                return
        self._attempt(batch, self._run_apart)

    def _attempt(
        self,
        batch: deque[_Waiting[Any]],
        run_one: Callable[[Transaction, _Waiting[Any]], _Done],
        *,
        may_join: bool = False,
    ) -> None:
        done: list[_Done] = []
        try:
            with self._database.transaction() as tx:
                begin = time.monotonic()
                while batch and (not done or time.monotonic() < begin + _MAX_BATCH_S):
                    done.append(run_one(tx, batch.popleft()))
                    if not batch and not (may_join and self._join(batch, begin)):
                        break
        except _Torn:
            raise  # nobody has been told anything yet
        except BaseException as error:  # noqa: BLE001  # it belongs to those who wait
            failed = [one.future for one in done] or [one.future for one in batch]
            if not done:
                batch.clear()
            for future in failed:
                future.set_exception(error)
            return
        for one in done:
            one.acknowledge()

    def _join(self, batch: deque[_Waiting[Any]], begin: float) -> bool:
        """Add what has come since `begin`; say whether it may run in the same transaction."""
        if time.monotonic() > begin + _MAX_JOINING_S:
            return False
        self._collect(batch, may_wait=False)
        return self._blobs.is_synced and all(one.is_repeatable for one in batch)

    def _run_bare(
        self, taken: list[_Waiting[Any]], tx: Transaction, waiting: _Waiting[Any]
    ) -> _Done:
        taken.append(waiting)
        try:
            return _Done(waiting.future, result=waiting.mutation(tx))
        except BaseException as error:
            raise _Torn(error) from error

    def _run_apart(self, tx: Transaction, waiting: _Waiting[Any]) -> _Done:
        """Run one so that its changes can be undone without those of others."""
        try:
            with self._database.savepoint(tx):
                return _Done(waiting.future, result=waiting.mutation(tx))
        except BaseException as error:  # noqa: BLE001  # it belongs to the one who waits
            return _Done(waiting.future, error=error)
