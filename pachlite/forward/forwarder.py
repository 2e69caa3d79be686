"""The forwarder: every client that comes in gets a leg to a target, or is held until there is one.

Its listeners stay open whatever happens to targets. It knows no signals, terminals or settings of
the process.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from pachlite.forward.backoff import Backoff
from pachlite.forward.events import Event, EventName, Observe
from pachlite.forward.gatekeeper import Gatekeeper
from pachlite.forward.health import describe
from pachlite.forward.holding import NotServedError, Patience, dial_patiently
from pachlite.forward.listening import Listener
from pachlite.forward.pump import Pump
from pachlite.forward.settings import Settings
from pachlite.forward.sockets import is_reset, reset_socket, tune
from pachlite.forward.status import Status
from pachlite.forward.targets import bracketed
from pachlite.forward.upstream import Upstream

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """A listener and the targets behind it."""

    listener: Listener
    upstream: Upstream


@dataclass(slots=True, eq=False)
class Connection:
    """One client.

    Attributes:
        target: Empty until a target was reached.
        is_joined: Whether the socket is in the hands of its leg.
    """

    number: int
    way: Way
    sock: socket.socket
    client: str
    came_at: float
    pump: Pump
    target: str = ""
    is_joined: bool = False
    moved_bytes: int = field(default=0, repr=False)
    moved_at: float = field(default=0.0, repr=False)


@dataclass(slots=True)
class Totals:
    """What has been counted since the start; bytes are those of ended connections."""

    accepted: int = 0
    unserved: int = 0
    broken: int = 0
    up_bytes: int = 0
    down_bytes: int = 0


class Forwarder:
    """Accepts, dials and supervises. Use it within one event loop.

    Args:
        ways: Listeners and what is behind each.
        settings: Times and limits.
        clock: Seconds, never going back.
        rng: Spreads attempts.
        observe: Is told what happens.
    """

    def __init__(
        self,
        ways: Sequence[Way],
        settings: Settings,
        *,
        clock: Callable[[], float],
        rng: Random,
        observe: Observe,
    ) -> None:
        self.ways = tuple(ways)
        self.upstreams = tuple({id(way.upstream): way.upstream for way in ways}.values())
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._observe = observe
        self._totals = Totals()
        self._numbers = itertools.count(1)
        self._connections: set[Connection] = set()
        self._dialling: dict[Connection, asyncio.Task[None]] = {}
        self._ways_of = {way.listener: way for way in ways}
        self._listening = tuple(way.listener.address for way in ways)
        self._gate = Gatekeeper([way.listener for way in ways], self._has_room, self._admit)
        self._started_at = clock()
        self._empty = asyncio.Event()
        self._empty.set()
        self._is_draining = False

    def start(self) -> None:
        """Begin to accept."""
        for way in self.ways:
            targets = ", ".join(str(each.dialer) for each in way.upstream.targets)
            self._observe(Event(EventName.LISTEN, listener=way.listener.address, target=targets))
        self._gate.open()

    async def drain(self, drain_s: float) -> None:
        """Stop accepting, give connections some time to end, then break them."""
        self._is_draining = True
        self._gate.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                await self._empty.wait()
        await self.stop()

    async def stop(self) -> None:
        """Stop accepting and break all connections."""
        self._gate.close()
        for task in self._dialling.values():
            task.cancel()
        for connection in tuple(self._connections):
            connection.pump.cut("forwarder: stopped")
        await self._empty.wait()
        for upstream in self.upstreams:
            upstream.close()

    def cut_idle(self) -> None:
        """Break connections that have carried nothing for too long."""
        now = self._clock()
        for connection in tuple(self._connections):
            moved = connection.pump.moved_bytes
            if moved != connection.moved_bytes or connection in self._dialling:
                connection.moved_bytes, connection.moved_at = moved, now
            elif now - connection.moved_at >= self._settings.idle_timeout_s:
                connection.pump.cut("forwarder: idle")

    def retry_now(self) -> None:
        """Forget failures and dial at once, for all who wait."""
        for upstream in self.upstreams:
            upstream.retry_now()

    def status(self) -> Status:
        """Return how it is doing."""
        now, held = self._clock(), len(self._dialling)
        losses = [each.lost_at for each in self.upstreams if each.lost_at is not None]
        pumps = [each.pump for each in self._connections]
        return Status(
            pid=os.getpid(),
            uptime_s=now - self._started_at,
            listening=self._listening,
            targets=tuple(self.upstreams[0].status()),
            is_up=all(each.is_up for each in self.upstreams),
            connections=len(self._connections) - held,
            held=held,
            accepted=self._totals.accepted,
            unserved=self._totals.unserved,
            broken=self._totals.broken,
            up_bytes=self._totals.up_bytes + sum(each.client.received_bytes for each in pumps),
            down_bytes=self._totals.down_bytes + sum(each.target.received_bytes for each in pumps),
            reconnects=sum(each.reconnects for each in self.upstreams),
            last_loss_s=now - max(losses) if losses else None,
            is_draining=self._is_draining,
        )

    def _has_room(self) -> bool:
        return (
            len(self._connections) < self._settings.max_connections
            and len(self._dialling) < self._settings.max_pending
        )

    def _admit(self, listener: Listener, sock: socket.socket) -> None:
        tune(sock, dead_after_s=self._settings.dead_after_s, is_upstream=False)
        connection = Connection(
            next(self._numbers),
            self._ways_of[listener],
            sock,
            _peer_of(sock),
            self._clock(),
            Pump(lambda _: self._end(connection)),
        )
        self._connections.add(connection)
        self._empty.clear()
        self._totals.accepted += 1
        self._tell(EventName.ACCEPT, connection)
        task = asyncio.create_task(self._connect(connection))
        self._dialling[connection] = task

    async def _connect(self, connection: Connection) -> None:
        """Reach a target for a client and join them; whatever goes wrong, it is reset."""
        try:
            await self._join(connection)
        except NotServedError as refusal:
            self._totals.unserved += 1
            self._give_up(connection, str(refusal))
        except asyncio.CancelledError:
            self._give_up(connection, "forwarder: stopped")
            raise
        except Exception as error:  # noqa: BLE001 - the edge: one client must not end the others
            _LOG.exception("connection %d", connection.number)
            self._give_up(connection, describe(error))
        finally:
            self._dialling.pop(connection, None)
            self._gate.open()

    async def _join(self, connection: Connection) -> None:
        pump, upstream = connection.pump, connection.way.upstream
        patience = Patience(
            self._settings.hold_s,
            lambda: is_reset(connection.sock),
            lambda reason: self._tell(EventName.HOLD, connection, cause=reason),
        )
        reached = await dial_patiently(
            upstream,
            lambda: pump.target,
            patience,
            backoff=Backoff(self._rng),
            conn=connection.number,
        )
        connection.target = str(reached.dialer)
        connection.moved_at = self._clock()
        connection.is_joined = True
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: pump.client, connection.sock)

    def _give_up(self, connection: Connection, cause: str) -> None:
        """Reset a client that has no leg of its own yet; a leg that there is ends by itself."""
        connection.pump.cut(cause)
        if not connection.is_joined:
            reset_socket(connection.sock)
            self._end(connection)

    def _end(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        pump = connection.pump
        self._totals.broken += pump.is_broken
        self._totals.up_bytes += pump.client.received_bytes
        self._totals.down_bytes += pump.target.received_bytes
        if pump.cause.startswith("target:"):
            connection.way.upstream.suspect()
        self._tell(EventName.CLOSE, connection, cause=pump.cause)
        self._gate.open()
        if not self._connections:
            self._empty.set()

    def _tell(self, name: EventName, connection: Connection, *, cause: str = "") -> None:
        is_over = name is EventName.CLOSE
        self._observe(
            Event(
                name,
                conn=connection.number,
                listener=connection.way.listener.address,
                client=connection.client,
                target=connection.target,
                up_bytes=connection.pump.client.received_bytes if is_over else None,
                down_bytes=connection.pump.target.received_bytes if is_over else None,
                duration_s=self._clock() - connection.came_at if is_over else None,
                cause=cause,
            )
        )

    def __repr__(self) -> str:
        return f"Forwarder({', '.join(self._listening)}, connections={len(self._connections)})"


def _peer_of(sock: socket.socket) -> str:
    try:
        host, port = sock.getpeername()[:2]
    except OSError:  # it has gone already
        return ""
    return f"{bracketed(host)}:{port}"
