"""The lock that lets one process at a time write a store. It knows files, and nothing of databases.

Two files are locked with `flock`, which the kernel releases when a process dies: `writer.lock` by
whoever writes, `writer.next` by whoever is next. A process that releases the first and wants it
again has to get the second before, so a busy process cannot keep the others out.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pachlite.errors import StoreBusy

_SHORTEST_PAUSE_S: Final = 0.0002
_LONGEST_PAUSE_S: Final = 0.004
_HOLDER_BYTES: Final = 160


class WriterLock:
    """A lock for the threads of this process and for all processes on one directory.

    Args:
        directory: Where the lock files are; it must exist.
        holder: How a process that waits in vain is told who holds the lock.
    """

    def __init__(self, directory: Path, *, holder: str | None = None) -> None:
        self._threads = threading.Lock()
        self._holder = (holder or _this_process()).encode()[:_HOLDER_BYTES].ljust(_HOLDER_BYTES)
        self._lock = _open(directory / "writer.lock")
        try:
            self._next = _open(directory / "writer.next")
        except OSError:
            os.close(self._lock)
            raise

    @contextmanager
    def held(self, wait_s: float) -> Iterator[None]:
        """Hold the lock during a block; raise `StoreBusy` after `wait_s` seconds without it."""
        deadline = time.monotonic() + wait_s
        if not self._threads.acquire(timeout=max(wait_s, 0)):
            raise StoreBusy("another thread of this process", wait_s)
        try:
            self._wait_for_turn(deadline, wait_s)
            try:
                yield
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def close(self) -> None:
        """Close the files. Harmless twice."""
        for descriptor in (self._lock, self._next):
            if descriptor >= 0:
                os.close(descriptor)
        self._lock = self._next = -1

    def _wait_for_turn(self, deadline: float, wait_s: float) -> None:
        if not _poll(self._next, deadline):
            raise StoreBusy(self._who_holds_it(), wait_s)
        try:
            if not _poll(self._lock, deadline):
                raise StoreBusy(self._who_holds_it(), wait_s)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)
        if os.pread(self._lock, _HOLDER_BYTES, 0) != self._holder:
            os.pwrite(self._lock, self._holder, 0)

    def _who_holds_it(self) -> str:
        return os.pread(self._lock, _HOLDER_BYTES, 0).decode(errors="replace").strip()


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _poll(descriptor: int, deadline: float) -> bool:
    """Take a file lock, asking again and again until the deadline; say whether it was got."""
    pause_s = _SHORTEST_PAUSE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            time.sleep(min(pause_s, left_s))
            pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
        else:
            return True


def _this_process() -> str:
    """Name this process by its id and the first words of its command line; those hold no secret."""
    words = [Path(word).name for word in sys.argv[:1]] + sys.argv[1:3]
    command = " ".join(word for word in words if not word.startswith("-"))
    return f"process {os.getpid()} ({command})"
