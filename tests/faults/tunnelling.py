"""A tunnel between two loopback ports, with links that a test can cut."""

import asyncio
import random
from contextlib import asynccontextmanager, suppress

from pachlite.forward.pump import Pump
from pachlite.forward.tunnel.client import TunnelClient
from pachlite.forward.tunnel.dialling import open_tunnel
from pachlite.forward.tunnel.limits import DEFAULT_LIMITS
from pachlite.forward.tunnel.server import TunnelServer


class Gateway(asyncio.Protocol):
    """Reads the head of one request, and gives the connection to the tunnels."""

    def __init__(self, tunnels, tasks):
        self.tunnels, self.tasks, self.got = tunnels, tasks, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.got += data
        head, end, rest = self.got.partition(b"\r\n\r\n")
        if end:
            headers = [tuple(line.split(b": ", 1)) for line in head.split(b"\r\n")[1:]]
            serving = self.tunnels.serve(self.transport, headers, rest)
            self.tasks.add(asyncio.get_running_loop().create_task(serving))


class Links:
    """Makes links and cuts them."""

    def __init__(self, port):
        self.port = port
        self.transports = []
        self.made = 0
        self.is_there = asyncio.Event()
        self.is_up = True

    async def open(self):
        if not self.is_up:
            raise ConnectionRefusedError("it is away")
        opened = await open_tunnel(self._dial, "localhost", "")
        self.transports.append(opened.transport)
        self.made += 1
        self.is_there.set()
        return opened

    async def _dial(self, make):
        await asyncio.get_running_loop().create_connection(make, "127.0.0.1", self.port)

    def cut(self):
        self.is_there.clear()
        transports, self.transports = self.transports, []
        for transport in transports:
            transport.abort()


class Rig:
    """What a test holds: the port to connect to, the links, both ends."""

    def __init__(self, port, links, client, tunnels):
        self.port, self.links, self.client, self.tunnels = port, links, client, tunnels

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)


async def reach(client, pump):
    """Try again while the link is away, as a forwarder does that holds its clients."""
    while not pump.is_broken:
        try:
            await client.connect(0, lambda: pump.target)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            return


@asynccontextmanager
async def tunnel(target_port, *, limits=DEFAULT_LIMITS, authorize=lambda _: None):
    """Tunnel a new port to `target_port`."""
    loop = asyncio.get_running_loop()
    tasks = set()

    async def dial_target(make):
        await loop.create_connection(make, "127.0.0.1", target_port)

    tunnels = TunnelServer(dial_target, authorize, limits)
    gateway = await loop.create_server(lambda: Gateway(tunnels, tasks), "127.0.0.1", 0)
    links = Links(gateway.sockets[0].getsockname()[1])
    client = TunnelClient(links.open, random.Random(1), limits=limits)

    def accept():
        pump = Pump(lambda _: None)
        tasks.add(loop.create_task(reach(client, pump)))
        return pump.client

    near = await loop.create_server(accept, "127.0.0.1", 0)
    try:
        yield Rig(near.sockets[0].getsockname()[1], links, client, tunnels)
    finally:
        near.close()
        client.close()
        tunnels.close()
        gateway.close()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def server(handle):
    """Serve `handle(reader, writer)` on a port."""
    serving = await asyncio.start_server(handle, "127.0.0.1", 0, limit=1 << 20)
    try:
        yield serving.sockets[0].getsockname()[1]
    finally:
        serving.close()
        await serving.wait_closed()
