"""Put our HTTP/1 connections in the place of Hypercorn's, while a server runs.

The place is the class that Hypercorn's asyncio worker calls for each connection. It is no public
one, so it is looked at first; if it is not as it was, Hypercorn's class stays. HTTP/2 and
WebSockets are Hypercorn's in any case.
"""

from __future__ import annotations

import asyncio
import logging
import time
from asyncio import AbstractEventLoop, StreamReader, StreamReaderProtocol, StreamWriter, Transport
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from importlib import metadata
from inspect import signature
from typing import Any, Final, Protocol, cast

from hypercorn.asyncio import run as worker
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import AppWrapper, LifespanState

from pachlite.config import HttpLimits
from pachlite.http1.connection import Connection, Foreign
from pachlite.http1.exchange import Event
from pachlite.http1.head import Headers
from pachlite.http1.wire import Wire


class Upgrade(Protocol):
    """Speaks WebSocket at a path by itself."""

    async def serve(self, transport: Transport, headers: Headers, rest: bytes) -> None:
        """Answer a request with these headers; `rest` came behind it. The transport is its own."""

    def stop(self) -> None:
        """End as soon as nothing is under way."""


Upgrades = Mapping[bytes, Upgrade]
"""By path; elsewhere the application speaks WebSocket, through Hypercorn."""


_KNOWN_VERSION: Final = "0.18."
_KNOWN_PARAMETERS: Final = (
    ("self", "app", "loop", "config", "context", "state", "reader", "writer"),
)
_EARLY_BYTES: Final = 1024 * 1024
"""More than a stream reader ever holds."""

_log: Final = logging.getLogger(__name__)


@contextmanager
def own_http1(limits: HttpLimits, upgrades: Upgrades) -> Iterator[None]:
    """Serve HTTP/1 by our own connections until the end of the `with`."""
    misfit = _find_misfit()
    if misfit:
        _log.warning("Hypercorn's own HTTP/1 is used, which is slower: %s", misfit)
        yield
        return
    worker.TCPServer = Acceptor(limits, upgrades)  # type: ignore[attr-defined, assignment] # no public place
    try:
        yield
    finally:
        worker.TCPServer = TCPServer  # type: ignore[attr-defined] # no public place


class Acceptor:
    """Serves the connections of one server: what Hypercorn calls in place of its class."""

    def __init__(self, limits: HttpLimits, upgrades: Upgrades) -> None:
        self._limits = limits
        self._upgrades = upgrades
        self._date = HttpDate(time.time)
        self._connections: set[Connection] = set()
        self._silent: set[Transport] = set()
        self._is_stopping = False
        self._stopping: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Acceptor of {len(self._silent)} silent, {len(self._connections)} others>"

    def __call__(  # noqa: PLR0917 - Hypercorn gives so many
        self,
        app: AppWrapper,
        loop: AbstractEventLoop,
        config: Config,
        context: WorkerContext,
        state: LifespanState,
        reader: StreamReader,
        writer: StreamWriter,
    ) -> Awaitable[None]:
        """Return what serves a connection when it is awaited."""
        if self._stopping is None:
            self._stopping = loop.create_task(self._stop_with(context))
        stock = partial(TCPServer, app, loop, config, context, state)
        if _is_h2(writer):
            return stock(reader, writer)
        return self._serve(partial(_call, app), stock, state, reader, writer)

    async def _serve(
        self,
        app: Callable[..., Awaitable[None]],
        stock: Callable[[StreamReader, StreamWriter], Awaitable[None]],
        state: LifespanState,
        reader: StreamReader,
        writer: StreamWriter,
    ) -> None:
        early = await self._first_bytes(reader, writer)
        transport = cast("Transport", writer.transport)
        if not early or transport.is_closing():
            transport.close()
            return
        loop = asyncio.get_running_loop()
        wire = Wire(transport, loop, self._limits, early, is_ended=reader.at_eof())
        transport.set_protocol(wire)
        connection = Connection(wire, app, _scope(writer, state), self._limits, self._date.now)
        self._connections.add(connection)
        self._watch(loop)
        try:
            foreign = await connection.run()
        finally:
            self._connections.discard(connection)
        if foreign is None:
            return
        if wire.is_ended:  # nobody would tell the next protocol, and there is nobody to talk to
            transport.close()
            return
        wire.resume()
        await self._hand_over(transport, foreign, stock)

    async def _hand_over(
        self,
        transport: Transport,
        foreign: Foreign,
        stock: Callable[[StreamReader, StreamWriter], Awaitable[None]],
    ) -> None:
        path = foreign.head.target.partition(b"?")[0] if foreign.head else b""
        upgrade = self._upgrades.get(path)
        if foreign.head is not None and upgrade is not None:
            await upgrade.serve(transport, foreign.head.headers, foreign.rest)
        else:
            await _to_hypercorn(transport, foreign.raw + foreign.rest, stock)

    async def _first_bytes(self, reader: StreamReader, writer: StreamWriter) -> bytes:
        """Return what comes first: only then can the protocol under the reader be replaced."""
        transport = cast("Transport", writer.transport)
        if self._is_stopping:
            return b""
        self._silent.add(transport)
        try:
            async with asyncio.timeout(self._limits.idle_timeout_s):
                return await reader.read(_EARLY_BYTES)
        except OSError:  # a timeout is one as well
            return b""
        finally:
            self._silent.discard(transport)

    async def _stop_with(self, context: WorkerContext) -> None:
        await context.terminated.wait()
        self._is_stopping = True
        for transport in self._silent:
            transport.close()
        for connection in self._connections:
            connection.stop()
        for upgrade in self._upgrades.values():
            upgrade.stop()

    def _watch(self, loop: AbstractEventLoop) -> None:
        if self._timer is None:
            self._timer = loop.call_later(self._limits.check_interval_s, self._check, loop)

    def _check(self, loop: AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for connection in self._connections:
            connection.check(now)
        if self._connections:
            self._watch(loop)


class HttpDate:
    """The value of the header Date, made once a second."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._second = -1
        self._text = b""

    def now(self) -> bytes:
        """Return it for this second."""
        second = int(self._clock())
        if second != self._second:
            self._second, self._text = second, formatdate(second, usegmt=True).encode()
        return self._text


def _find_misfit() -> str:
    """Say in what the installed Hypercorn differs from the one that this was written for."""
    version = metadata.version("hypercorn")
    if not version.startswith(_KNOWN_VERSION):
        return f"its version is {version}"
    if tuple(signature(TCPServer.__init__).parameters) not in _KNOWN_PARAMETERS:
        return "its connections take other parameters"
    if getattr(worker, "TCPServer", None) is not TCPServer:
        return "its worker makes connections in another way"
    return ""


def _call(
    app: AppWrapper,
    scope: Event,
    receive: Callable[[], Awaitable[Event]],
    send: Callable[[Event], Awaitable[None]],
) -> Awaitable[None]:
    called: Any = app
    return called(scope, receive, send, None, None)  # type: ignore[no-any-return] # the rest is for WSGI


def _is_h2(writer: StreamWriter) -> bool:
    tls = writer.get_extra_info("ssl_object")
    return tls is not None and tls.selected_alpn_protocol() == "h2"


def _scope(writer: StreamWriter, state: LifespanState) -> Event:
    """Return what the requests of a connection have in common."""
    client, server = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
    return {
        "type": "http",
        "scheme": "http" if writer.get_extra_info("ssl_object") is None else "https",
        "root_path": "",
        "client": tuple(client[:2]) if isinstance(client, tuple) else None,
        "server": tuple(server[:2]) if isinstance(server, tuple) else None,
        "state": state,
    }


async def _to_hypercorn(
    transport: Transport,
    received: bytes,
    stock: Callable[[StreamReader, StreamWriter], Awaitable[None]],
) -> None:
    """Let Hypercorn go on with a connection, as if it had received everything itself."""
    loop = asyncio.get_running_loop()
    reader = StreamReader(loop=loop)
    protocol = StreamReaderProtocol(reader, loop=loop)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    reader.feed_data(received)
    await stock(reader, StreamWriter(transport, protocol, reader, loop))
