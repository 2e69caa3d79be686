"""How long to wait before the next attempt. Pure: it neither sleeps nor asks for the time."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

_MAX_DOUBLINGS: Final = 32


@dataclass(frozen=True, slots=True)
class Schedule:
    """Delays that grow up to a bound, each shortened at random so that waiters spread out."""

    first_s: float = 0.05
    factor: float = 2.0
    longest_s: float = 1.0
    least_share: float = 0.5

    def delay_s(self, failures: int, rng: Random) -> float:
        """Return the delay after so many failures in a row, of which there is at least one."""
        grown_s = self.first_s * self.factor ** min(failures - 1, _MAX_DOUBLINGS)
        return min(self.longest_s, grown_s) * rng.uniform(self.least_share, 1)


REDIAL: Final = Schedule()


class Backoff:
    """Counts failures in a row, and says how long to wait after each."""

    def __init__(self, rng: Random, schedule: Schedule = REDIAL) -> None:
        self._rng = rng
        self._schedule = schedule
        self.failures = 0

    def next_s(self) -> float:
        """Count a failure; return how long to wait after it."""
        self.failures += 1
        return self._schedule.delay_s(self.failures, self._rng)

    def reset(self) -> None:
        """Forget all failures."""
        self.failures = 0

    def __repr__(self) -> str:
        return f"Backoff(failures={self.failures})"
