"""Legs that misbehave as a chaos plan says. They stand between a forwarder's leg and a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any, Final, cast

from pachlite.forward.api import Dialer, MakeLeg
from pachlite.forward.chaos import ChaosPlan, Fault, FaultKind, smallest
from pachlite.forward.slow_way import SlowWay
from pachlite.forward.sockets import reset


class FaultyDialer:
    """A dialer whose legs, and whose willingness, suffer from faults."""

    def __init__(self, dialer: Dialer, plan: ChaosPlan, *, clock: Callable[[], float]) -> None:
        self._dialer = dialer
        self._plan = plan
        self._rng = Random(plan.seed)  # noqa: S311 - faults, not secrets
        self._clock = clock
        self._started_at = clock()
        self._open: set[FaultyLeg] = set()

    async def dial(self, make_leg: MakeLeg) -> None:
        """Refuse, or open a leg with the faults that are drawn for it."""
        elapsed_s = self._clock() - self._started_at
        faults = self._plan.draw(self._rng)
        if any(each.kind is FaultKind.REFUSE and each.is_refusing(elapsed_s) for each in faults):
            raise ConnectionRefusedError("refused on purpose")

        def make_faulty_leg() -> FaultyLeg:
            leg = FaultyLeg(make_leg(), faults, elapsed_s, on_end=self._open.discard)
            self._open.add(leg)
            return leg

        await self._dialer.dial(make_faulty_leg)

    async def probe(self) -> None:
        """Probe the target itself."""
        await self._dialer.probe()

    def close(self) -> None:
        """Break what nobody hears of any more."""
        for leg in tuple(self._open):
            leg.abort()
        self._dialer.close()

    def __str__(self) -> str:
        return str(self._dialer)


class FaultyLeg(asyncio.Transport, asyncio.Protocol):
    """The transport of a forwarder's leg, and the protocol of the real one."""

    def __init__(
        self,
        leg: asyncio.Protocol,
        faults: tuple[Fault, ...],
        elapsed_s: float,
        *,
        on_end: Callable[[FaultyLeg], None],
    ) -> None:
        super().__init__()
        self._leg = leg
        self._faults = faults
        self._elapsed_s = elapsed_s
        self._on_end = on_end
        self._timers: list[asyncio.TimerHandle] = []
        self._is_silent = False
        self._is_lost = False
        self._is_read = True
        self._left_bytes = smallest(faults, FaultKind.CUT)
        self._up = SlowWay(
            faults, self._write_up, on_full=leg.pause_writing, on_room=leg.resume_writing
        )
        self._down = SlowWay(
            faults, leg.data_received, on_full=self._pause_target, on_room=self._read_on
        )

    # The protocol of the real leg.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; from now on time runs for faults that strike."""
        self._transport = cast("asyncio.Transport", transport)
        self._leg.connection_made(self)
        loop = asyncio.get_running_loop()
        for fault in self._faults:
            if fault.kind in _STRIKES:
                delay_s = fault.strikes_in_s(self._elapsed_s)
                self._timers.append(loop.call_later(delay_s, _STRIKES[fault.kind], self))

    def data_received(self, data: bytes) -> None:
        """Let bytes through towards the client, as far as faults allow."""
        self._pass(data, self._down)

    def eof_received(self) -> bool:
        """Let the end through after everything before it."""
        self._down.end(self._end_down)
        return True

    def pause_writing(self) -> None:
        """Pass on that the target is slow."""
        self._leg.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the target takes more."""
        if not self._up.is_full:
            self._leg.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on that the target is gone, if the client is to hear of it."""
        self._on_end(self)
        if self._is_silent:
            return
        if exc is None:
            self._down.end(lambda: self._lose(None))
        else:
            self._lose(exc)

    # The transport of the forwarder's leg.

    def write(self, data: Any) -> None:  # noqa: ANN401 - asyncio's signature
        """Let bytes through towards the target, as far as faults allow."""
        self._pass(bytes(data), self._up)

    def write_eof(self) -> None:
        """Let the end through after everything before it."""
        if not self._is_silent:
            self._up.end(self._end_up)

    def can_write_eof(self) -> bool:
        """Say whether the real leg can."""
        return self._transport.can_write_eof()

    def close(self) -> None:
        """Close once everything has been let through."""
        if self._is_silent:
            self.abort()
        else:
            self._up.end(self._transport.close)

    def abort(self) -> None:
        """Break the real leg."""
        reset(self._transport)
        self._lose(None)

    def is_closing(self) -> bool:
        """Say whether the real leg is on its way out."""
        return self._is_lost or self._transport.is_closing()

    def pause_reading(self) -> None:
        """Pause the real leg."""
        self._is_read = False
        self._pause_target()

    def resume_reading(self) -> None:
        """Resume the real leg, unless there is still enough to let through."""
        self._is_read = True
        self._read_on()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the limits of the real leg."""
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Return what waits here and in the real leg."""
        return self._up.waiting_bytes + self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's
        """Return what the real leg knows."""
        return self._transport.get_extra_info(name, default)

    # Faults.

    def strike_both(self) -> None:
        """Reset both sides."""
        reset(self._transport)
        self._lose(ConnectionResetError("reset on purpose"))

    def strike_up(self) -> None:
        """Reset the target's side; the client hears nothing."""
        self.fall_silent()
        reset(self._transport)

    def strike_down(self) -> None:
        """Reset the client's side; the target hears nothing until the process ends."""
        self.fall_silent()
        self._lose(ConnectionResetError("reset on purpose"))

    def fall_silent(self) -> None:
        """Let nothing through any more, and keep everything open."""
        self._is_silent = True
        self._up.drop()
        self._down.drop()
        self._pause_target()

    def _pass(self, data: bytes, way: SlowWay) -> None:
        if self._is_silent:
            return
        if self._left_bytes is None:
            way.put(data)
            return
        way.put(data[: self._left_bytes])
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            self._is_silent = True
            way.end(self.strike_both)

    def _write_up(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def _end_up(self) -> None:
        if not self._transport.is_closing():
            self._transport.write_eof()

    def _end_down(self) -> None:
        if not self._leg.eof_received():
            self._transport.close()

    def _pause_target(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def _read_on(self) -> None:
        is_wanted = self._is_read and not (self._down.is_full or self._is_silent)
        if is_wanted and not self._transport.is_closing():
            self._transport.resume_reading()

    def _lose(self, exc: Exception | None) -> None:
        if self._is_lost:
            return
        self._is_lost = True
        for timer in self._timers:
            timer.cancel()
        self._up.drop()
        self._down.drop()
        asyncio.get_running_loop().call_soon(self._leg.connection_lost, exc)


_STRIKES: Final[dict[FaultKind, Callable[[FaultyLeg], None]]] = {
    FaultKind.RESET: FaultyLeg.strike_both,
    FaultKind.RESET_UP: FaultyLeg.strike_up,
    FaultKind.RESET_DOWN: FaultyLeg.strike_down,
    FaultKind.BLACK_HOLE: FaultyLeg.fall_silent,
}
