"""The far side of tunnels: sessions of clients, whose streams become connections to the gateway."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from pachlite.errors import PachliteError
from pachlite.forward.pump import Pump
from pachlite.forward.tunnel.dialling import HANDSHAKE_TIMEOUT_S, Dial
from pachlite.forward.tunnel.frames import (
    FrameHead,
    Hello,
    Kind,
    TunnelBroken,
    decode_hello,
    encode_count,
    encode_head,
)
from pachlite.forward.tunnel.handshake import NoTunnel, accepting, refusing
from pachlite.forward.tunnel.limits import DEFAULT_LIMITS, TunnelLimits
from pachlite.forward.tunnel.link import WebSocketLink
from pachlite.forward.tunnel.session import Session
from pachlite.forward.tunnel.stream import Stream, StreamHandler
from pachlite.forward.tunnel.transport import StreamTransport

MAX_SESSIONS: Final = 64
_STOP_CHECK_S: Final = 0.05

Headers = Iterable[tuple[bytes, bytes]]
Authorize = Callable[[Headers], None]


@dataclass(slots=True)
class _Guest:
    """A session of a client, with the link that it has now."""

    session: Session
    proof: bytes
    link: WebSocketLink | None = None
    expiry: asyncio.TimerHandle | None = None
    pumps: set[Pump] = field(default_factory=set)


class TunnelServer:
    """Accepts tunnels to one place.

    Args:
        dial: Opens a connection to that place.
        authorize: Looks at the headers of a request; raises what is wrong with who asks.
    """

    def __init__(
        self, dial: Dial, authorize: Authorize, limits: TunnelLimits = DEFAULT_LIMITS
    ) -> None:
        self._dial = dial
        self._authorize = authorize
        self._limits = limits
        self._guests: dict[bytes, _Guest] = {}
        self._dialling: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<TunnelServer of {len(self._guests)} sessions>"

    @property
    def sessions(self) -> list[Session]:
        """All sessions, also those without a link just now."""
        return [guest.session for guest in self._guests.values()]

    async def serve(self, transport: asyncio.Transport, headers: Headers, rest: bytes) -> None:
        """Answer a request for a tunnel, and serve it until the link ends. The transport is ours.

        Args:
            headers: Of the request.
            rest: What came behind the request.
        """
        try:
            answer = accepting(headers)
            self._authorize(headers)
            self._make_room()
        except (NoTunnel, PachliteError, _Full) as error:
            transport.write(refusing(_STATUSES.get(type(error), HTTPStatus.FORBIDDEN), str(error)))
            transport.close()
            return
        transport.write(answer)
        visit = _Visit(self, transport, self._limits)
        await visit.last(rest)
        if visit.guest is not None:
            self._leave(visit.guest, visit.link)

    def stop(self) -> None:
        """End each tunnel as soon as nothing is under way in it."""
        for guest in self._guests.values():
            self._end_if_idle(guest)
        if any(guest.link is not None for guest in self._guests.values()):
            _later(_STOP_CHECK_S, self.stop)

    def close(self) -> None:
        """Break everything."""
        for guest in list(self._guests.values()):
            if guest.link is not None:
                guest.link.abort()
            self._drop(guest, "the gateway stops")
        self._guests.clear()

    def greet(self, link: WebSocketLink, hello: Hello) -> _Guest | None:
        """Take the link for the session that it is for; None when that is not known."""
        proof = sha256(hello.secret).digest()
        guest = self._guests.get(hello.session_id)
        if guest is not None and not hmac.compare_digest(guest.proof, proof):
            raise TunnelBroken("the secret of the session is another one")
        if guest is None and not hello.is_new:
            link.send(encode_head(Kind.GONE), b"")
            link.close()
            return None
        guest = guest or self._admit(hello.session_id, proof)
        if guest.link is not None:
            guest.link.abort()  # the client has a better way now
        if guest.expiry is not None:
            guest.expiry.cancel()
        guest.link, guest.expiry = link, None
        count = encode_count(guest.session.received)
        link.send(encode_head(Kind.WELCOME, length=len(count)), count)
        guest.session.attach(link, hello.received)
        return guest

    def _admit(self, identity: bytes, proof: bytes) -> _Guest:
        if len(self._guests) >= MAX_SESSIONS:  # many may have asked while there was room
            raise TunnelBroken("there are too many tunnels")
        guest: _Guest

        def opened(stream: Stream, _port: int) -> StreamHandler:
            return self._connect(guest, stream)

        guest = _Guest(Session(self._limits, _later, opened), proof)
        self._guests[identity] = guest
        return guest

    def _connect(self, guest: _Guest, stream: Stream) -> StreamHandler:
        """Connect a stream to the gateway; what comes meanwhile waits."""
        pump = Pump(guest.pumps.discard)
        guest.pumps.add(pump)
        transport = StreamTransport(asyncio.get_running_loop(), {})
        transport.begin(stream, pump.client)
        task = asyncio.get_running_loop().create_task(self._reach(guest, pump))
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)
        return transport

    async def _reach(self, guest: _Guest, pump: Pump) -> None:
        try:
            await self._dial(lambda: pump.target)
        except OSError as error:
            pump.cut(f"target: {error}")
            guest.pumps.discard(pump)

    def _end_if_idle(self, guest: _Guest) -> None:
        """End a link once the gateway has said everything in all of its connections."""
        is_busy = any(not pump.target.has_ended for pump in guest.pumps) or guest.session.is_sending
        if guest.link is not None and not is_busy:
            guest.link.close()

    def _leave(self, guest: _Guest, link: WebSocketLink) -> None:
        """Keep the session for a while, in case its client comes back."""
        if guest.link is not link:
            return
        guest.link = None
        guest.session.detach()
        if link.failure is not None:
            self._expire(guest)
            return
        guest.expiry = _later(self._limits.detached_s, lambda: self._expire(guest))

    def _expire(self, guest: _Guest) -> None:
        self._guests = {key: each for key, each in self._guests.items() if each is not guest}
        self._drop(guest, "the client did not come back")

    def _drop(self, guest: _Guest, cause: str) -> None:
        if guest.expiry is not None:
            guest.expiry.cancel()
        guest.session.fail(ConnectionResetError(cause))
        for pump in list(guest.pumps):
            pump.cut(cause)

    def _make_room(self) -> None:
        if len(self._guests) < MAX_SESSIONS:
            return
        waiting = next((each for each in self._guests.values() if each.link is None), None)
        if waiting is None:
            raise _Full("there are too many tunnels")
        self._expire(waiting)


class _Visit:
    """One link, from its first frame on."""

    def __init__(
        self, server: TunnelServer, transport: asyncio.Transport, limits: TunnelLimits
    ) -> None:
        self._server = server
        self.guest: _Guest | None = None
        self.link = WebSocketLink(transport, limits, self._take, self._pump, is_client=False)
        transport.set_protocol(self.link)

    async def last(self, rest: bytes) -> None:
        """Wait for the end of the link; it has to say something soon."""
        timer = _later(HANDSHAKE_TIMEOUT_S, self._end_silence)
        self.link.begin(rest)
        await self.link.ended()
        timer.cancel()

    def _take(self, head: FrameHead, payload: bytes) -> None:
        if self.guest is not None:
            self.guest.session.receive(head, payload)
        elif head.kind is Kind.HELLO:
            self.guest = self._server.greet(self.link, decode_hello(payload))
        else:
            raise TunnelBroken(f"{head.kind.name} is not what comes first")

    def _pump(self) -> None:
        if self.guest is not None:
            self.guest.session.pump()

    def _end_silence(self) -> None:
        if self.guest is None:
            self.link.abort()


class _Full(Exception):
    """There is room for no further session."""


_STATUSES: Final[dict[type[Exception], HTTPStatus]] = {
    NoTunnel: HTTPStatus.UPGRADE_REQUIRED,
    _Full: HTTPStatus.SERVICE_UNAVAILABLE,
}


def _later(delay_s: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay_s, call)
