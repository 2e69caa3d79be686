"""The near side of tunnels: one session, kept over as many links as it takes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Any, Final

from pachlite.forward.api import MakeLeg
from pachlite.forward.backoff import Backoff
from pachlite.forward.tunnel.dialling import HANDSHAKE_TIMEOUT_S, Opened
from pachlite.forward.tunnel.frames import (
    SECRET_BYTES,
    SESSION_ID_BYTES,
    FrameHead,
    Hello,
    Kind,
    TunnelBroken,
    decode_count,
    encode_head,
    encode_hello,
)
from pachlite.forward.tunnel.limits import DEFAULT_LIMITS, TunnelLimits
from pachlite.forward.tunnel.link import WebSocketLink
from pachlite.forward.tunnel.session import Session
from pachlite.forward.tunnel.transport import StreamTransport

Open = Callable[[], Awaitable[Opened]]

_FIRST_WAIT_S: Final = 5.0
"""How long a connection waits for the link that is being made."""


class TunnelClient:
    """Keeps one session with a gateway. `start` it in a running loop, and `close` it there.

    Args:
        open_link: Makes a connection to the gateway that has become a tunnel.
        rng: Spreads attempts.
        on_link: Told True when there is a link, False when it is lost.
    """

    def __init__(
        self,
        open_link: Open,
        rng: Random,
        on_link: Callable[[bool], None] = lambda _: None,
        limits: TunnelLimits = DEFAULT_LIMITS,
    ) -> None:
        self._open_link = open_link
        self._backoff = Backoff(rng)
        self._on_link = on_link
        self._limits = limits
        self._failure: OSError = ConnectionRefusedError("no link has been made yet")
        self._attached = asyncio.Event()
        self._tried = asyncio.Event()
        self._hurry = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._link: WebSocketLink | None = None
        self._begin_session()

    def __repr__(self) -> str:
        return f"<TunnelClient {self._session!r}>"

    @property
    def session(self) -> Session:
        """The session of just now; another one follows when the gateway has forgotten it."""
        return self._session

    def start(self) -> None:
        """Make the first link, and each that follows."""
        if self._keeping is None:
            self._keeping = asyncio.get_running_loop().create_task(self._keep())
            self._keeping.add_done_callback(_report)

    async def ready(self) -> None:
        """Wait for a link for as long as an attempt takes.

        Raises:
            OSError: What was wrong with the last attempt.
        """
        self.start()
        if self._attached.is_set():
            return
        self._tried.clear()
        self._hurry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_WAIT_S):
                await self._tried.wait()
        if not self._attached.is_set():
            raise self._failure

    async def connect(self, port: int, make_leg: MakeLeg) -> None:
        """Open a stream to a port of the far end, as a leg.

        Raises:
            OSError: There is no link now.
        """
        await self.ready()
        transport = StreamTransport(asyncio.get_running_loop(), {})
        stream = self._session.open(port, transport)
        transport.begin(stream, make_leg())

    def close(self) -> None:
        """End the link and break what goes over it."""
        if self._keeping is not None:
            self._keeping.cancel()
        self._session.fail(ConnectionAbortedError("the tunnel is closed"))
        if self._link is not None:
            self._link.close()

    def _begin_session(self) -> None:
        self._session = Session(self._limits, _later)
        self._identity = secrets.token_bytes(SESSION_ID_BYTES)
        self._secret = secrets.token_bytes(SECRET_BYTES)
        self._is_new = True

    async def _keep(self) -> None:
        while True:
            try:
                await self._use(await self._open_link())
            except OSError as error:
                self._failure = error
                self._tried.set()
            await self._pause()

    async def _pause(self) -> None:
        """Wait before the next attempt: less when somebody begins to wait for it."""
        self._hurry.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._backoff.next_s()):
                await self._hurry.wait()

    async def _use(self, opened: Opened) -> None:
        """Carry the session over a link until the link ends."""
        greeting: asyncio.Future[FrameHead] = asyncio.get_running_loop().create_future()
        received = 0

        def take(head: FrameHead, payload: bytes) -> None:
            nonlocal received
            if greeting.done():
                self._session.receive(head, payload)
                return
            if head.kind is Kind.WELCOME:
                received = decode_count(payload)
                self._session.attach(link, received)
            elif head.kind is not Kind.GONE:
                raise TunnelBroken(f"{head.kind.name} is not what comes first")
            greeting.set_result(head)

        link = WebSocketLink(
            opened.transport, self._limits, take, self._session.pump, is_client=True
        )
        self._link = link
        opened.become(link)
        link.begin(opened.rest)
        try:
            await self._converse(link, greeting)
        finally:
            self._session.detach()
            link.abort()
            if self._attached.is_set():
                self._attached.clear()
                self._on_link(False)

    async def _converse(self, link: WebSocketLink, greeting: asyncio.Future[FrameHead]) -> None:
        hello = encode_hello(
            Hello(self._identity, self._secret, self._session.received, self._is_new)
        )
        link.send(encode_head(Kind.HELLO, length=len(hello)), hello)
        ending = asyncio.ensure_future(link.ended())
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await _either(greeting, ending)
            if greeting.done():
                await self._go_on(greeting.result(), link)
        finally:
            ending.cancel()
        if link.failure is not None:
            self._forget(f"the tunnel is broken: {link.failure}")
        if not greeting.done():
            raise ConnectionResetError("the gateway closed the tunnel before it began")

    async def _go_on(self, first: FrameHead, link: WebSocketLink) -> None:
        if first.kind is Kind.GONE:
            self._forget("the gateway does not know the session any more")
            return
        self._is_new = False
        self._backoff.reset()
        self._attached.set()
        self._tried.set()
        self._on_link(True)
        await link.ended()

    def _forget(self, cause: str) -> None:
        """Break all streams, and begin anew."""
        self._session.fail(ConnectionResetError(cause))
        self._begin_session()


async def _either(one: asyncio.Future[Any], other: asyncio.Future[Any]) -> None:
    await asyncio.wait({one, other}, return_when=asyncio.FIRST_COMPLETED)


def _report(task: asyncio.Task[None]) -> None:
    """Say what ended a task that was to go on; nobody waits for it."""
    if not task.cancelled() and task.exception() is not None:
        context = {"message": "a tunnel is not kept any more", "exception": task.exception()}
        task.get_loop().call_exception_handler(context)


def _later(delay_s: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay_s, call)
