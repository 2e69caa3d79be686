"""A forwarder, targets that can be killed and brought back, and clients, all in one event loop."""

import asyncio
import gc
import os
import random
import socket
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvloop

from pachlite.forward.assembly import assemble
from pachlite.forward.events import EventName
from pachlite.forward.listening import listen_on
from pachlite.forward.settings import Probe, Settings
from pachlite.forward.sockets import reset
from pachlite.forward.targets import Route, Target

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
TIMEOUT_S = 15
_SOAKS = bool(os.environ.get("PACHLITE_SOAK"))


def soak(usual: int, long: int) -> int:
    """Return how often to do something: as usual, or in the long form of the tests."""
    return long if _SOAKS else usual


def on_loop(loop, main) -> None:
    """Run a test on a kind of event loop; no task and no open file may be left."""
    with asyncio.Runner(loop_factory=LOOPS[loop]) as first:
        first.run(asyncio.sleep(0))  # the first of its kind keeps files for those to come
    gc.collect()
    before = open_files()
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(_supervised(main))
    gc.collect()
    assert open_files() <= before


async def _supervised(main) -> None:
    async with asyncio.timeout(TIMEOUT_S * soak(1, 30)):
        await main()
    await settled(lambda: asyncio.all_tasks() == {asyncio.current_task()})


def open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


async def settled(condition) -> None:
    """Wait until something that is under way has come true."""
    async with asyncio.timeout(TIMEOUT_S):
        while not condition():  # noqa: ASYNC110 - it may be anything
            await asyncio.sleep(0.005)


class TargetLeg(asyncio.Protocol):
    """What a target does on one connection: echo."""

    def __init__(self, server: "TargetServer") -> None:
        self.server = server
        self.received = bytearray()
        self.ended = asyncio.Event()
        self.lost: asyncio.Future = asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.server.legs.append(self)
        self.transport.write(self.server.greeting)

    def data_received(self, data) -> None:
        self.server.received_bytes += len(data)
        if self.server.echoes:
            self.transport.write(data)
        else:
            self.received += data

    def pause_writing(self) -> None:
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.transport.resume_reading()

    def eof_received(self) -> bool:
        self.ended.set()
        if self.server.echoes:
            self.transport.write_eof()
            asyncio.get_running_loop().call_soon(self.transport.close)
        return True

    def connection_lost(self, exc) -> None:
        self.server.legs.remove(self)
        if not self.lost.done():
            self.lost.set_result(exc)


class TargetServer:
    """A target on a port of its own, which it keeps while it is down."""

    def __init__(self, *, greeting: bytes = b"", echoes: bool = True) -> None:
        with socket.create_server(("127.0.0.1", 0)) as trial:
            self.port = trial.getsockname()[1]
        self.greeting = greeting
        self.echoes = echoes
        self.legs: list[TargetLeg] = []
        self.received_bytes = 0
        self._server = None

    async def start(self) -> None:
        sock = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: TargetLeg(self), sock=sock, backlog=1024)

    async def kill(self) -> None:
        """Vanish as a killed process does: nobody listens, every connection is reset."""
        if self._server is None:
            return
        self._server.close()
        for leg in tuple(self.legs):
            reset(leg.transport)
        self._server = None
        await settled(lambda: not self.legs)

    async def a_leg(self) -> TargetLeg:
        """Wait for a connection and return it."""
        await settled(lambda: self.legs)
        return self.legs[-1]

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.kill()


class Forwarding:
    """A forwarder under test, and all that has happened in it."""

    def __init__(self, *ports: int, **options) -> None:
        options.setdefault("probe", Probe.OFF)
        targets = options.pop("targets", tuple(Target("127.0.0.1", port) for port in ports))
        routes = (Route(("127.0.0.1",), 0),)
        self.settings = Settings(targets, routes, **options)
        self.listeners = listen_on(routes, lambda _: "")
        self.port = self.listeners[0].port
        self.events = []
        self.forwarder = assemble(
            self.listeners, self.settings, self.events.append, random.Random(7)
        )

    @property
    def upstream(self):
        return self.forwarder.upstreams[0]

    @property
    def status(self):
        return self.forwarder.status()

    def names(self) -> list[EventName]:
        return [each.name for each in self.events]

    def causes(self) -> list[str]:
        return [each.cause for each in self.events if each.name is EventName.CLOSE]


@asynccontextmanager
async def forwarding(*ports, **options):
    """Run a forwarder for targets on these ports of this machine."""
    running = Forwarding(*ports, **options)
    running.forwarder.start()
    try:
        yield running
    finally:
        await running.forwarder.stop()


class Client:
    """One connection to a forwarder."""

    def __init__(self, reader, writer) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port):
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, data: bytes, *, end: bool = False) -> None:
        self.writer.write(data)
        await self.writer.drain()
        if end:
            self.writer.write_eof()

    async def outcome(self):
        """Read to the end; return what came, and whether it ended in good order."""
        got = bytearray()
        try:
            while piece := await self.reader.read(1 << 18):
                got += piece
        except OSError:
            return bytes(got), False
        return bytes(got), True

    def reset(self) -> None:
        reset(self.writer.transport)

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


async def exchange(port, data: bytes):
    """Send everything, say that it is all, and read to the end."""
    client = await Client.connect(port)

    async def send():
        with suppress(OSError, RuntimeError):
            await client.send(data, end=True)

    sending = asyncio.create_task(send())
    try:
        return await client.outcome()
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        await client.close()
