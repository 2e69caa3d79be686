"""A program: the far end of tunnels, as a gateway has it, in front of a port of this machine.

Usage: python -m bench.tunnel_end TARGET_PORT
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import Transport
from typing import cast

import uvloop

from pachlite.forward.api import MakeLeg
from pachlite.forward.tunnel.server import TunnelServer
from pachlite.malloc import keep_large_buffers


class _Door(asyncio.Protocol):
    """Reads the head of a request, and gives the connection away."""

    def __init__(self, tunnels: TunnelServer, tasks: set[asyncio.Task[None]]) -> None:
        self._tunnels = tunnels
        self._tasks = tasks
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
        headers = [(name, value) for name, _, value in lines]
        serving = self._tunnels.serve(self._transport, headers, rest)
        task = asyncio.get_running_loop().create_task(serving)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def main(target: int) -> None:
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def dial(make_leg: MakeLeg) -> None:
        await loop.create_connection(make_leg, "127.0.0.1", target)

    tunnels = TunnelServer(dial, lambda _: None)
    door = await loop.create_server(lambda: _Door(tunnels, tasks), "127.0.0.1", 0)
    print(door.sockets[0].getsockname()[1], flush=True)
    await door.serve_forever()


if __name__ == "__main__":
    keep_large_buffers()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
