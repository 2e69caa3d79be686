"""What clients of a forwarder see: their bytes, or a reset, and never half an answer as whole."""

import asyncio
import os

import pytest

from pachlite.forward.events import EventName
from tests.faults.forwarding import (
    LOOPS,
    Client,
    TargetServer,
    exchange,
    forwarding,
    on_loop,
    settled,
    soak,
)

MIB = 1 << 20


@pytest.fixture(params=LOOPS)
def loop(request):
    return request.param


@pytest.mark.parametrize("size", [0, 1, 100_000, 5 * MIB])
def test_bytes_arrive_both_ways(loop, size):
    data = os.urandom(size)

    async def main():
        async with TargetServer() as target, forwarding(target.port) as forward:
            assert await exchange(forward.port, data) == (data, True)
            await settled(lambda: forward.causes() == [""])
            assert forward.status.up_bytes == forward.status.down_bytes == size

    on_loop(loop, main)


def test_a_target_that_speaks_first_is_heard(loop):
    greeting = os.urandom(600_000)

    async def main():
        async with TargetServer(greeting=greeting) as target, forwarding(target.port) as forward:
            assert await exchange(forward.port, b"") == (greeting, True)

    on_loop(loop, main)


def test_an_answer_comes_after_the_client_has_finished(loop):
    async def main():
        async with TargetServer(echoes=False) as target, forwarding(target.port) as forward:
            client = await Client.connect(forward.port)
            await client.send(b"question", end=True)
            leg = await target.a_leg()
            await leg.ended.wait()
            assert leg.received == b"question"
            leg.transport.write(b"answer" * MIB)
            leg.transport.write_eof()
            assert await client.outcome() == (b"answer" * MIB, True)
            await client.close()

    on_loop(loop, main)


def test_a_client_goes_on_after_the_target_has_finished(loop):
    async def main():
        async with TargetServer(echoes=False) as target, forwarding(target.port) as forward:
            client = await Client.connect(forward.port)
            await client.send(b"a")
            leg = await target.a_leg()
            leg.transport.write_eof()
            assert await client.outcome() == (b"", True)
            await client.send(b"b" * MIB, end=True)
            await leg.ended.wait()
            assert leg.received == b"a" + b"b" * MIB
            await client.close()

    on_loop(loop, main)


def test_a_client_of_a_target_that_breaks_sees_a_reset(loop):
    async def main():
        async with TargetServer() as target, forwarding(target.port) as forward:
            client = await Client.connect(forward.port)
            await client.send(b"half an answer")
            assert await client.reader.readexactly(14) == b"half an answer"
            await target.kill()
            assert await client.outcome() == (b"", False)
            await client.close()
            assert forward.causes() == ["target: connection reset by peer"]
            assert forward.status.broken == 1

    on_loop(loop, main)


def test_a_target_of_a_client_that_breaks_sees_a_reset(loop):
    async def main():
        async with TargetServer() as target, forwarding(target.port) as forward:
            client = await Client.connect(forward.port)
            await client.send(b"half a question")
            leg = await target.a_leg()
            client.reset()
            assert isinstance(await leg.lost, ConnectionResetError)
            await settled(lambda: forward.causes() == ["client: connection reset by peer"])

    on_loop(loop, main)


def test_a_client_that_never_reads_stalls_nobody_and_fills_no_memory(loop):
    async def main():
        async with TargetServer(echoes=False) as target, forwarding(target.port) as forward:
            lazy = await Client.connect(forward.port)
            lazy.writer.transport.pause_reading()
            await lazy.send(b"more")
            leg = await target.a_leg()
            taken = await _pour(leg.transport)
            target.echoes = True
            data = os.urandom(MIB)
            assert await exchange(forward.port, data) == (data, True)
            pump = next(each.pump for each in forward.forwarder._connections)
            assert pump.client.transport.get_write_buffer_size() <= 2 * 256 * 1024
            assert taken < 64 * MIB  # what the kernel keeps, on both legs
            lazy.reset()

    on_loop(loop, main)


async def _pour(transport) -> int:
    """Write until nobody takes any more; return how much was taken."""
    piece, sent = bytes(MIB), 0
    while True:
        transport.write(piece)
        sent += MIB
        for _ in range(50):
            if not transport.get_write_buffer_size():
                break
            await asyncio.sleep(0.01)
        else:
            return sent - transport.get_write_buffer_size()


def test_many_clients_at_once_are_served(loop):
    data = os.urandom(20_000)
    count = soak(200, 500)

    async def main():
        async with TargetServer() as target, forwarding(target.port) as forward:
            found = await asyncio.gather(*(exchange(forward.port, data) for _ in range(count)))
            assert found == [(data, True)] * count

    on_loop(loop, main)


def test_more_clients_than_are_allowed_wait_and_are_served(loop):
    async def main():
        async with (
            TargetServer() as target,
            forwarding(target.port, max_connections=2) as forward,
        ):
            first, second = [await Client.connect(forward.port) for _ in range(2)]
            third = asyncio.create_task(exchange(forward.port, b"patience"))
            for client in (first, second):
                await client.send(b"x")
                assert await client.reader.readexactly(1) == b"x"
            assert forward.status.accepted == 2
            assert not third.done()
            await first.close()
            assert await third == (b"patience", True)
            await second.close()

    on_loop(loop, main)


def test_an_idle_connection_is_reset_when_that_is_wanted(loop):
    async def main():
        async with (
            TargetServer() as target,
            forwarding(target.port, idle_timeout_s=0.05) as forward,
        ):
            client = await Client.connect(forward.port)
            await client.send(b"x")
            assert await client.reader.readexactly(1) == b"x"
            ended = asyncio.create_task(client.outcome())
            while not ended.done():
                forward.forwarder.cut_idle()
                await asyncio.sleep(0.01)
            assert await ended == (b"", False)
            assert forward.causes() == ["forwarder: idle"]
            await client.close()

    on_loop(loop, main)


def test_draining_lets_connections_finish_and_takes_no_more(loop):
    async def main():
        async with TargetServer() as target, forwarding(target.port) as forward:
            client = await Client.connect(forward.port)
            await client.send(b"x")
            assert await client.reader.readexactly(1) == b"x"
            draining = asyncio.create_task(forward.forwarder.drain(30))
            await settled(lambda: forward.status.is_draining)
            with pytest.raises(ConnectionRefusedError):
                await Client.connect(forward.port)
            await client.send(b"the rest", end=True)
            assert await client.outcome() == (b"the rest", True)
            await client.close()
            await draining

    on_loop(loop, main)


def test_draining_resets_what_does_not_finish_in_time(loop):
    async def main():
        async with TargetServer() as target, forwarding(target.port) as forward:
            client = await Client.connect(forward.port)
            await client.send(b"x")
            assert await client.reader.readexactly(1) == b"x"
            await forward.forwarder.drain(0.05)
            assert await client.outcome() == (b"", False)
            assert forward.names()[-1] is EventName.CLOSE
            await client.close()

    on_loop(loop, main)
