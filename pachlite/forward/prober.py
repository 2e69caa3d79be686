"""Look after targets between connections: probe them now and then, and at once after trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Final

from pachlite.forward.backoff import Backoff
from pachlite.forward.health import State
from pachlite.forward.upstream import Upstream

BusyCheck = Callable[[], bool]
ANXIOUS_INTERVAL_S: Final = 5.0
"""While something is wrong, or nothing is connected that would tell."""
CALM_INTERVAL_S: Final = 15.0
CONFIRM_INTERVAL_S: Final = 1.0
"""After a failure, until it is clear that the target is lost."""


async def watch(upstream: Upstream, *, is_busy: BusyCheck) -> None:
    """Probe all targets for ever, from now on."""
    while True:
        upstream.trouble.clear()
        for target in upstream.targets:
            await upstream.probe(target)
        try:
            async with asyncio.timeout(_interval_s(upstream, is_busy=is_busy())):
                await upstream.trouble.wait()
        except TimeoutError:
            continue


def _interval_s(upstream: Upstream, *, is_busy: bool) -> float:
    doubtful = [each for each in upstream.targets if each.failures]
    if any(each.state is not State.LOST for each in doubtful):
        return CONFIRM_INTERVAL_S
    return CALM_INTERVAL_S if is_busy and not doubtful else ANXIOUS_INTERVAL_S


async def reach_first(upstream: Upstream, rng: Random) -> None:
    """Return once a target was reached, or a client was served."""
    backoff = Backoff(rng)
    while not upstream.is_up:
        for target in upstream.targets:
            await upstream.probe(target)
            if upstream.is_up:
                return
        await upstream.wait(backoff.next_s())
