"""Copy bytes both ways between a client and a target. It neither dials nor looks at the bytes.

A side that finishes is told to the other one once everything has been written (half-close). A side
that breaks breaks the other one too, with a reset: a clean end would make half an answer look
complete.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from pachlite.forward.health import describe
from pachlite.forward.sockets import end_when_closed, reset, reset_when_closed

HIGH_WATER_BYTES: Final = 256 * 1024
LOW_WATER_BYTES: Final = 64 * 1024
UNANSWERED_S: Final = 30.0
"""How long to wait for more from a target that cannot be told that the client has finished."""


class Leg(asyncio.Protocol):
    """One side of a connection; what arrives here is written to the peer."""

    __slots__ = (
        "_early",
        "has_ended",
        "is_lost",
        "name",
        "peer",
        "pump",
        "received_bytes",
        "transport",
    )

    peer: Leg

    def __init__(self, name: str, pump: Pump) -> None:
        self.name = name
        self.pump = pump
        self.transport: asyncio.Transport | None = None
        self.received_bytes = 0
        self.has_ended = False
        self.is_lost = False
        self._early: list[bytes] = []

    @property
    def is_open(self) -> bool:
        """Whether the transport takes bytes."""
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; if the peer is there already, hand over what it has received."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER_BYTES, low=LOW_WATER_BYTES)
        reset_when_closed(self.transport)  # until it is known that both sides are done
        if self.pump.is_broken:
            reset(self.transport)
        elif self.peer.transport is not None:
            self.peer.hand_over()

    def data_received(self, data: bytes) -> None:
        """Write to the peer, or keep it while there is none yet."""
        self.received_bytes += len(data)
        outgoing = self.peer.transport
        if outgoing is None:
            self._keep(data)
        elif not outgoing.is_closing():
            outgoing.write(data)

    def eof_received(self) -> bool:
        """Tell the peer that no more will come; go on until it has finished too."""
        self.has_ended = True
        if self.peer.transport is not None:
            self._end_peer()
        return self.transport is not None and self.transport.can_write_eof()

    def pause_writing(self) -> None:
        """Stop reading from the peer: this side is slow."""
        if self.peer.is_open:
            self._transport_of_peer.pause_reading()

    def resume_writing(self) -> None:
        """Read from the peer again."""
        if self.peer.is_open:
            self._transport_of_peer.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the peer down as well, in the way that this side went."""
        self.is_lost = True
        self.pump.lose(self, exc)

    def hand_over(self) -> None:
        """Write what came before the peer was there."""
        early, self._early = b"".join(self._early), []
        if len(early) > HIGH_WATER_BYTES and self.is_open:
            cast("asyncio.Transport", self.transport).resume_reading()
        if early:
            self._transport_of_peer.write(early)
        if self.has_ended:
            self._end_peer()

    def _keep(self, data: bytes) -> None:
        """Keep bytes for a peer that is about to come.

        Pausing before the first byte would be no way: not every event loop heeds it in time.
        """
        before = sum(map(len, self._early))
        self._early.append(data)
        if before <= HIGH_WATER_BYTES < before + len(data) and self.is_open:
            cast("asyncio.Transport", self.transport).pause_reading()

    def _end_peer(self) -> None:
        outgoing = self._transport_of_peer
        if outgoing.is_closing():
            return
        if not outgoing.can_write_eof():
            self.pump.await_answer()
        else:
            try:
                outgoing.write_eof()
            except OSError as error:  # it broke, and nobody has read that yet
                self.pump.cut(f"{self.peer.name}: {describe(error)}")
        self.pump.close_if_over()

    @property
    def _transport_of_peer(self) -> asyncio.Transport:
        return cast("asyncio.Transport", self.peer.transport)


class Pump:
    """Both legs of one connection.

    Args:
        on_end: Called once when both legs were open and neither is any more.
    """

    __slots__ = ("_on_end", "cause", "client", "is_broken", "is_over", "target")

    def __init__(self, on_end: Callable[[Pump], None]) -> None:
        self.client = Leg("client", self)
        self.target = Leg("target", self)
        self.client.peer, self.target.peer = self.target, self.client
        self.cause = ""
        self.is_broken = False
        self.is_over = False
        self._on_end = on_end

    @property
    def moved_bytes(self) -> int:
        """All bytes so far, of both directions."""
        return self.client.received_bytes + self.target.received_bytes

    def cut(self, cause: str) -> None:
        """Break both legs with a reset."""
        self.cause = self.cause or cause
        self.is_broken = True
        for leg in (self.client, self.target):
            if leg.transport is not None and not leg.is_lost:
                reset(leg.transport)

    def lose(self, leg: Leg, exc: Exception | None) -> None:
        """Take note that a leg is gone; break the other, or let it finish after a clean end."""
        if exc is None and not self.is_broken and (self.is_over or leg.has_ended):
            self._finish()
        else:
            self.cut(f"{leg.name}: {describe(exc) if exc else 'closed'}")
        if leg.peer.is_lost:
            self._on_end(self)

    def close_if_over(self) -> None:
        """Close both legs once both sides have said all they had to say."""
        if self.client.has_ended and self.target.has_ended and not self.is_broken:
            self._finish()

    def _finish(self) -> None:
        """Close what is open once everything has been written to it."""
        self.is_over = True
        for leg in (self.client, self.target):
            if leg.transport is not None and leg.is_open:
                end_when_closed(leg.transport)
                leg.transport.close()

    def await_answer(self) -> None:
        """Give up once nothing has come for a while; TLS cannot say that one side is done."""
        moved = self.moved_bytes
        loop = asyncio.get_running_loop()
        loop.call_later(UNANSWERED_S, self._check_answer, moved)

    def _check_answer(self, moved: int) -> None:
        if self.client.is_lost or self.target.is_lost:
            return
        if self.moved_bytes == moved:
            self.cut("client: finished, and no answer came")
        else:
            self.await_answer()

    def __repr__(self) -> str:
        return f"Pump(up={self.client.received_bytes}, down={self.target.received_bytes})"
