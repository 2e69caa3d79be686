"""Do the same work on many things, several at once, and stop all of it at the first failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event, Lock
from typing import TypeVar

T = TypeVar("T")

Work = Callable[[T, Event], None]
"""Does one thing; looks at the event now and then, and raises `Stopped` when it is set."""


class Stopped(Exception):
    """The work was given up because other work failed. It is never the error that is reported."""


def work_through(items: Iterable[T], work: Work[T], *, count: int) -> None:
    """Call `work` on each item from `count` threads; raise the first error.

    With a count of one everything happens in the calling thread.
    """
    stop = Event()
    if count <= 1:
        for item in items:
            work(item, stop)
        return
    iterator, lock = iter(items), Lock()

    def serve() -> None:
        while not stop.is_set():
            with lock:
                item = next(iterator, None)
            if item is None:
                return
            work(item, stop)

    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(serve) for _ in range(count)]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:  # also when the user interrupts
            stop.set()
    errors = [error for future in futures if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda each: isinstance(each, Stopped)):
        raise error
