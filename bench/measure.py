"""Samples taken in turn, A B A B, and what they come to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import Final


class Unit(Enum):
    """What a value counts, and whether more of it is better."""

    SECONDS = "s"
    PER_SECOND = "/s"
    MB_PER_SECOND = "MB/s"
    MIB = "MiB"

    @property
    def is_rate(self) -> bool:
        return self in {Unit.PER_SECOND, Unit.MB_PER_SECOND}


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: a value in the unit of its row, and CPU seconds per operation."""

    value: float
    cpu_s: float | None = None


Measure = Callable[[], Sample]


@dataclass(frozen=True, slots=True)
class Series:
    """All samples of one side of a comparison."""

    samples: tuple[Sample, ...]

    @property
    def values(self) -> list[float]:
        return [sample.value for sample in self.samples]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def cpu_s(self) -> float | None:
        known = [sample.cpu_s for sample in self.samples if sample.cpu_s is not None]
        return median(known) if known else None


@dataclass(frozen=True, slots=True)
class Goal:
    """What a row should come to: at most `limit`, of the ratio or of the value itself."""

    limit: float
    is_ratio: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: pachlite beside its peer, sample by sample."""

    what: str
    unit: Unit
    ours: Series
    peer: Series
    goal: Goal | None = None

    @property
    def ratio(self) -> float:
        """How many times the peer's cost ours is: the median over the pairs."""
        pairs = zip(self.ours.values, self.peer.values, strict=True)
        if self.unit.is_rate:
            return median(peer / ours for ours, peer in pairs)
        return median(ours / peer for ours, peer in pairs)

    @property
    def cpu_ratio(self) -> float | None:
        ours, peer = self.ours.cpu_s, self.peer.cpu_s
        return ours / peer if ours and peer else None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        if self.goal is None:
            return None
        return (self.ratio if self.goal.is_ratio else self.ours.median) <= self.goal.limit


WITHIN_TWICE: Final = Goal(2, is_ratio=True)


def compare(
    what: str, unit: Unit, ours: Measure, peer: Measure, *, pairs: int, goal: Goal | None = None
) -> Row:
    """Measure both sides in turn; what disturbs the machine disturbs both."""
    taken = [(ours(), peer()) for _ in range(pairs)]
    return Row(
        what,
        unit,
        Series(tuple(mine for mine, _ in taken)),
        Series(tuple(theirs for _, theirs in taken)),
        goal,
    )


class Stopwatch:
    """Wall clock and CPU time of a `with`; the CPU is this process's unless told otherwise."""

    def __init__(self, cpu_clock: Callable[[], float] = time.process_time) -> None:
        self._cpu_clock = cpu_clock
        self.wall_s = 0.0
        self.cpu_s = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), self._cpu_clock()
        yield
        self.wall_s += time.perf_counter() - wall
        self.cpu_s += self._cpu_clock() - cpu

    def each(self, count: int) -> Sample:
        """Seconds of one of so many operations."""
        return Sample(self.wall_s / count, self.cpu_s / count)

    def rate(self, count: int) -> Sample:
        """Operations per second."""
        return Sample(count / self.wall_s, self.cpu_s / count)

    def speed(self, total_bytes: int, count: int) -> Sample:
        """Megabytes per second, and the CPU seconds of one of so many operations."""
        return Sample(total_bytes / self.wall_s / 1e6, self.cpu_s / count)


def timed(work: Callable[[int], object], count: int) -> Sample:
    """Call `work` with 0, 1, ... and return what one call takes."""
    watch = Stopwatch()
    with watch.running():
        for number in range(count):
            work(number)
    return watch.each(count)
