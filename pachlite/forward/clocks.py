"""Notice that the machine has slept: the wall clock went on, the monotonic one stood still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LEAST_SLEEP_S: Final = 5.0


class SleepWatch:
    """Compares two clocks each time it is asked.

    Args:
        wall: Seconds since some day; it goes on while the machine sleeps.
        monotonic: Seconds that do not pass while the machine sleeps.
    """

    def __init__(self, wall: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._difference = wall() - monotonic()

    def slept_s(self) -> float:
        """Return how long the machine has slept since the last call, or 0."""
        before, self._difference = self._difference, self._wall() - self._monotonic()
        gap_s = self._difference - before
        return gap_s if gap_s >= LEAST_SLEEP_S else 0.0
