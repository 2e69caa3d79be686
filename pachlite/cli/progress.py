"""How far a transfer is: bars on a terminal, otherwise a line now and then. On standard error.

Nothing is shown of what takes less than a second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Final, Protocol

from pachlite.cli.formats import size

_DELAY_S: Final = 1.0
_BAR_INTERVAL_S: Final = 0.1
_LINE_INTERVAL_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is to be transferred; None where nobody knows."""

    verb: str
    file_count: int | None
    size_bytes: int | None


class Meter:
    """Counts what has been transferred. Any thread may report."""

    def __init__(self, expected: Expectation) -> None:
        self.expected = expected
        self.files = 0
        self.bytes = 0
        self._lock = Lock()

    def advance(self, count: int) -> None:
        """Count bytes."""
        with self._lock:
            self.bytes += count

    def finish_file(self) -> None:
        """Count a file."""
        with self._lock:
            self.files += 1

    def line(self, elapsed_s: float) -> str:
        """Return how far it is, in words."""
        rate = size(int(self.bytes / elapsed_s)) if elapsed_s > 0 else size(0)
        files = _of(str(self.files), self.expected.file_count)
        return f"{self.expected.verb} {files} files, {self._amount()}, {rate}/s"

    def summary(self) -> str:
        """Return what was transferred, in words."""
        noun = "file" if self.files == 1 else "files"
        return f"{self.expected.verb} {self.files} {noun}, {size(self.bytes)}"

    def _amount(self) -> str:
        total = self.expected.size_bytes
        if not total:
            return size(self.bytes)
        return f"{size(self.bytes)} of {size(total)} ({100 * self.bytes // total}%)"


class _Display(Protocol):
    interval_s: float

    def update(self, meter: Meter, elapsed_s: float) -> None: ...

    def close(self) -> None: ...


@contextmanager
def progress(
    expected: Expectation,
    *,
    wanted: bool | None,
    delay_s: float = _DELAY_S,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Meter]:
    """Give a meter, and show it when the transfer takes long, unless `wanted` is False."""
    meter = Meter(expected)
    if wanted is False:
        yield meter
        return
    is_over = Event()
    reporter = Thread(target=_report, args=(meter, is_over, delay_s, clock), daemon=True)
    reporter.start()
    try:
        yield meter
    finally:
        is_over.set()
        reporter.join()


def is_talkative(wanted: bool | None) -> bool:
    """Say whether to sum up what was done: when asked for, and on a terminal."""
    return sys.stderr.isatty() if wanted is None else wanted


def _report(meter: Meter, is_over: Event, delay_s: float, clock: Callable[[], float]) -> None:
    start = clock()
    if is_over.wait(delay_s):
        return
    display: _Display = _Bars(meter.expected) if sys.stderr.isatty() else _Lines()
    try:
        display.update(meter, clock() - start)
        while not is_over.wait(display.interval_s):
            display.update(meter, clock() - start)
    finally:
        display.close()


class _Lines:
    """For logs."""

    interval_s = _LINE_INTERVAL_S

    def update(self, meter: Meter, elapsed_s: float) -> None:
        sys.stderr.write(meter.line(elapsed_s) + "\n")
        sys.stderr.flush()

    def close(self) -> None:
        pass


class _Bars:
    """For people."""

    interval_s = _BAR_INTERVAL_S

    def __init__(self, expected: Expectation) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
            transient=True,
        )
        self._progress.start()
        self._task = self._progress.add_task(expected.verb, total=expected.size_bytes)

    def update(self, meter: Meter, elapsed_s: float) -> None:
        files = _of(str(meter.files), meter.expected.file_count)
        self._progress.update(
            self._task,
            completed=meter.bytes,
            description=f"{meter.expected.verb} {files} files",
            refresh=True,
        )

    def close(self) -> None:
        self._progress.stop()


def _of(done: str, total: int | None) -> str:
    return done if total is None else f"{done} of {total}"
