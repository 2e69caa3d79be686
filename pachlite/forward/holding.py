"""Hold a client while no target can be reached, and dial again and again until the time is up.

It reads nothing from the client: what it sends waits in the kernel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pachlite.forward.api import MakeLeg
from pachlite.forward.backoff import Backoff
from pachlite.forward.health import Health, describe
from pachlite.forward.upstream import Upstream


class NotServedError(Exception):
    """No target could be reached for a client; the message says why, in words."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client is held, and when there is no point any more.

    Attributes:
        hold_s: From its arrival on; with 0 a client is refused at once.
        has_left: Says whether the client has gone.
        on_hold: Is told once, with the reason, that the client has to wait.
    """

    hold_s: float
    has_left: Callable[[], bool]
    on_hold: Callable[[str], None]


async def dial_patiently(
    upstream: Upstream, make_leg: MakeLeg, patience: Patience, *, backoff: Backoff, conn: int = 0
) -> Health:
    """Dial until a target is reached; return which.

    Raises:
        NotServedError: The time is up, or the client has left.
    """
    if not patience.hold_s:
        return await _dial_once(upstream, make_leg, conn)
    reason = "no answer in time"
    try:
        async with asyncio.timeout(patience.hold_s):
            while True:
                try:
                    return await upstream.dial(make_leg, conn=conn)
                except OSError as error:
                    reason = describe(error)
                if patience.has_left():
                    raise NotServedError("the client left while it was held")
                if not backoff.failures:
                    patience.on_hold(reason)
                await upstream.wait(backoff.next_s())
    except TimeoutError as error:
        raise NotServedError(f"held for {patience.hold_s:g} s: {reason}") from error


async def _dial_once(upstream: Upstream, make_leg: MakeLeg, conn: int) -> Health:
    try:
        return await upstream.dial(make_leg, conn=conn)
    except OSError as error:
        raise NotServedError(describe(error)) from error
