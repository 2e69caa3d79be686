"""The targets of a listener as one: which to try, who waits for them, when they are back.

It opens legs through dialers, and does not know what flows through them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from pachlite.forward.api import Dialer, MakeLeg
from pachlite.forward.events import Event, EventName, Observe
from pachlite.forward.health import Health, State, describe

_EVENTS = {State.UP: EventName.UP, State.LOST: EventName.LOST}


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """One target, for those who look on.

    Attributes:
        since_s: How long it has been in that state.
        last_error: What was wrong when it could not be reached the last time.
    """

    name: str
    state: str
    since_s: float
    last_error: str


class Upstream:
    """A list of targets: the first that can be reached gets the connection.

    Args:
        dialers: The targets, the best first.
        clock: Seconds, never going back.
        rng: Spreads attempts.
        observe: Is told what happens.
    """

    def __init__(
        self,
        dialers: Sequence[Dialer],
        *,
        clock: Callable[[], float],
        rng: Random,
        observe: Observe,
    ) -> None:
        self.targets = [Health(dialer, rng) for dialer in dialers]
        self.reconnects = 0
        self.lost_at: float | None = None
        self.trouble = asyncio.Event()
        self._clock = clock
        self._observe = observe
        self._started_at = clock()
        self._lost_since: float | None = None
        self._current: Health | None = None
        self._waiters: set[asyncio.Future[None]] = set()

    @property
    def is_up(self) -> bool:
        """Whether any target was reached and is not lost."""
        return any(each.state is State.UP for each in self.targets)

    @property
    def is_lost(self) -> bool:
        """Whether all targets are lost."""
        return all(each.state is State.LOST for each in self.targets)

    async def dial(self, make_leg: MakeLeg, *, conn: int = 0) -> Health:
        """Open a leg to the first target that can be reached; each is tried once.

        Raises:
            OSError: None can be reached; it is what the last one said.
        """
        failure: OSError = ConnectionRefusedError("there is no target")
        for target in self._in_order():
            try:
                await target.dialer.dial(make_leg)
            except OSError as error:
                failure = error
                self._note_failure(target, error, conn)
            else:
                self._note_success(target)
                return target
        raise failure

    async def probe(self, target: Health) -> None:
        """Find out whether a target can be reached, and draw the consequences."""
        try:
            await target.dialer.probe()
        except OSError as error:
            self._note_failure(target, error, 0)
        else:
            self._note(target, target.succeed(self._clock(), is_probe=True))
            if target.state is State.UP:
                self.wake()

    def suspect(self) -> None:
        """Take note that a connection broke on the target's side: it is worth a probe."""
        self.trouble.set()

    def retry_now(self) -> None:
        """Forget all failures and let everybody try again."""
        for target in self.targets:
            target.forgive()
        self.trouble.set()
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits dial at once."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until a target was reached."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait({waiter}, timeout=seconds)
        finally:
            self._waiters.discard(waiter)

    def close(self) -> None:
        """Let go of what the dialers keep open."""
        for target in self.targets:
            target.dialer.close()

    def status(self) -> list[TargetStatus]:
        """Return what is known about each target."""
        now = self._clock()
        return [
            TargetStatus(
                str(each.dialer),
                each.state.value,
                now - (each.changed_at or self._started_at),
                each.last_error,
            )
            for each in self.targets
        ]

    def _in_order(self) -> list[Health]:
        now = self._clock()
        return sorted(self.targets, key=lambda each: not each.is_preferred(now))

    def _note_failure(self, target: Health, error: OSError, conn: int) -> None:
        self._observe(
            Event(
                EventName.DIAL_FAILED, conn=conn, target=str(target.dialer), cause=describe(error)
            )
        )
        self._note(target, target.fail(self._clock(), error))

    def _note_success(self, target: Health) -> None:
        self._note(target, target.succeed(self._clock()))
        before = self._current
        self._current = target
        if before is not None and before is not target:
            is_return = before.is_preferred(self._clock())
            cause = "it is back" if is_return else f"{before.dialer}: {before.last_error}"
            self._observe(Event(EventName.FAILOVER, target=str(target.dialer), cause=cause))
        self.wake()

    def _note(self, target: Health, change: State | None) -> None:
        """Tell about a change of state, if it was one."""
        if change is State.LOST:
            if self.is_lost:
                self.lost_at = self._lost_since = self._clock()
            cause = target.last_error
            self._observe(Event(EventName.LOST, target=str(target.dialer), cause=cause))
        elif change is State.UP:
            since, self._lost_since = self._lost_since, None
            away_s = None if since is None else self._clock() - since
            self.reconnects += since is not None
            self._observe(Event(EventName.UP, target=str(target.dialer), duration_s=away_s))

    def __repr__(self) -> str:
        return f"Upstream({self.targets}, waiting={len(self._waiters)})"
