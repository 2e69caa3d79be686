"""Whether one target is up, from how dials and probes went. Pure: it is told what time it is."""

from __future__ import annotations

import os
import ssl
from enum import StrEnum
from random import Random
from typing import Final

from pachlite.forward.api import Dialer
from pachlite.forward.backoff import Backoff

FAILURES_TO_LOSE: Final = 3
SUCCESSES_TO_REGAIN: Final = 2


class State(StrEnum):
    """What is known about a target."""

    UNKNOWN = "unknown"
    UP = "up"
    LOST = "lost"


class Health:
    """One target with its record.

    A single failure says little: three in a row make a target lost, and two probes in a row that
    went well, or one connection, make it up again.
    """

    def __init__(self, dialer: Dialer, rng: Random) -> None:
        self.dialer = dialer
        self.state = State.UNKNOWN
        self.changed_at = 0.0
        self.last_error = ""
        self._backoff = Backoff(rng)
        self._successes = 0
        self._skipped_until = 0.0

    @property
    def failures(self) -> int:
        """How often in a row it could not be reached."""
        return self._backoff.failures

    def is_preferred(self, now: float) -> bool:
        """Say whether to try it before targets that come later in the list."""
        return self.state is not State.LOST and now >= self._skipped_until

    def fail(self, now: float, error: OSError) -> State | None:
        """Note that it could not be reached; return its state if that has changed."""
        self._successes = 0
        self.last_error = describe(error)
        if now >= self._skipped_until:  # many clients fail at once, that is one failure
            self._skipped_until = now + self._backoff.next_s()
        return self._change(State.LOST, now) if self.failures >= FAILURES_TO_LOSE else None

    def succeed(self, now: float, *, is_probe: bool = False) -> State | None:
        """Note that it was reached; return its state if that has changed."""
        self._successes += 1
        is_enough = not is_probe or self._successes >= SUCCESSES_TO_REGAIN
        if self.state is State.LOST and not is_enough:
            return None
        self.forgive()
        return self._change(State.UP, now)

    def forgive(self) -> None:
        """Forget failures, so that it is tried at once."""
        self._backoff.reset()
        self._skipped_until = 0.0

    def _change(self, state: State, now: float) -> State | None:
        if state is self.state:
            return None
        self.state = state
        self.changed_at = now
        return state

    def __repr__(self) -> str:
        return f"Health({self.dialer}, {self.state}, failures={self.failures})"


def describe(error: BaseException) -> str:
    """Return what went wrong, in few words."""
    if isinstance(error, ssl.SSLError):  # its numbers are not those of the system
        return f"TLS: {getattr(error, 'verify_message', '') or error.reason or error}"
    number = getattr(error, "errno", None) or 0
    text = os.strerror(number) if number > 0 else getattr(error, "strerror", "") or str(error)
    if not text and isinstance(error, TimeoutError):
        return "no answer in time"
    return text[:1].lower() + text[1:] if text else type(error).__name__
