"""A forwarder whose target goes and comes back: who can wait is served, nobody is cheated."""

import asyncio
import errno
import gc
import os
import random
import socket

import pytest

from pachlite.forward.events import EventName
from pachlite.forward.gatekeeper import Gatekeeper
from pachlite.forward.health import State
from pachlite.forward.listening import Listener
from pachlite.forward.targets import Route
from tests.faults.forwarding import (
    LOOPS,
    Client,
    TargetServer,
    exchange,
    forwarding,
    on_loop,
    open_files,
    settled,
    soak,
)


@pytest.fixture(params=LOOPS)
def loop(request):
    return request.param


def test_clients_are_held_and_all_served_when_the_target_comes(loop):
    async def main():
        target = TargetServer()
        async with forwarding(target.port) as forward:
            clients = [
                asyncio.create_task(exchange(forward.port, b"hello %d" % number))
                for number in range(50)
            ]
            await settled(lambda: forward.names().count(EventName.HOLD) == 50)
            await settled(lambda: forward.upstream.is_lost)
            assert forward.status.held == 50
            async with target:
                found = await asyncio.gather(*clients)
            assert found == [(b"hello %d" % number, True) for number in range(50)]
            assert forward.status.reconnects == 1
            assert forward.names().count(EventName.UP) == 1

    on_loop(loop, main)


def test_the_first_client_to_get_through_wakes_all_others(loop):
    async def main():
        target = TargetServer()
        async with forwarding(target.port) as forward:
            waits = [asyncio.create_task(forward.upstream.wait(3600)) for _ in range(5)]
            await asyncio.sleep(0)
            async with target:
                assert await exchange(forward.port, b"x") == (b"x", True)
                await asyncio.gather(*waits)

    on_loop(loop, main)


def test_nothing_is_read_from_a_client_that_is_held(loop):
    async def main():
        target = TargetServer()
        async with forwarding(target.port) as forward:
            loop = asyncio.get_running_loop()
            with socket.socket() as client:
                client.setblocking(False)
                await loop.sock_connect(client, ("127.0.0.1", forward.port))
                sent = 0
                try:
                    while True:
                        sent += client.send(bytes(1 << 16))
                except BlockingIOError:
                    pass
                await settled(lambda: EventName.HOLD in forward.names())
                assert forward.status.up_bytes == 0
                async with target:
                    await settled(lambda: target.received_bytes == sent)

    on_loop(loop, main)


def test_a_client_is_reset_when_it_was_held_for_too_long(loop):
    async def main():
        async with forwarding(TargetServer().port, hold_s=0.1) as forward:
            assert await exchange(forward.port, b"") == (b"", False)
            assert forward.causes() == ["held for 0.1 s: connection refused"]
            assert forward.status.unserved == 1

    on_loop(loop, main)


def test_a_client_is_reset_at_once_where_none_is_held(loop):
    async def main():
        async with forwarding(TargetServer().port, hold_s=0) as forward:
            assert await exchange(forward.port, b"") == (b"", False)
            assert EventName.HOLD not in forward.names()
            assert forward.causes() == ["connection refused"]

    on_loop(loop, main)


def test_a_held_client_that_leaves_is_forgotten(loop):
    async def main():
        async with forwarding(TargetServer().port) as forward:
            client = await Client.connect(forward.port)
            await settled(lambda: EventName.HOLD in forward.names())
            client.reset()
            await settled(lambda: forward.causes() == ["the client left while it was held"])

    on_loop(loop, main)


def test_no_more_clients_are_held_than_are_allowed(loop):
    async def main():
        target = TargetServer()
        async with forwarding(target.port, max_pending=3) as forward:
            clients = [asyncio.create_task(exchange(forward.port, b"x")) for _ in range(10)]
            await settled(lambda: forward.names().count(EventName.HOLD) == 3)
            await settled(lambda: forward.upstream.is_lost)
            assert forward.status.accepted == 3
            async with target:
                assert await asyncio.gather(*clients) == [(b"x", True)] * 10

    on_loop(loop, main)


def test_the_listener_stays_while_the_target_is_killed_again_and_again(loop):
    """Whoever was connected is reset, whoever comes later waits; no client meets a closed port."""
    data = os.urandom(300_000)
    rounds = soak(5, 50)

    async def keep_asking(port, results, is_over):
        while not is_over.is_set():
            results.append(await exchange(port, data))

    async def main():
        target, results, is_over = TargetServer(), [], asyncio.Event()
        async with forwarding(target.port) as forward:
            await target.start()
            load = [
                asyncio.create_task(keep_asking(forward.port, results, is_over)) for _ in range(8)
            ]
            for number in range(rounds):
                before = len(results)
                await settled(lambda before=before: len(results) > before + 8)
                await target.kill()
                if number % 2:
                    await settled(lambda: forward.status.held == 8)
                await target.start()
            is_over.set()
            await asyncio.gather(*load)
            await target.kill()
            served = [got for got, is_whole in results if is_whole]
            assert all(got == data for got in served)
            assert all(data.startswith(got) for got, is_whole in results if not is_whole)
            assert forward.status.unserved == 0

    on_loop(loop, main)


def test_another_target_is_used_while_the_first_is_away(loop):
    async def main():
        first, second = TargetServer(greeting=b"1"), TargetServer(greeting=b"2")
        async with second, forwarding(first.port, second.port) as forward:
            async with first:
                assert await exchange(forward.port, b"") == (b"1", True)
            assert await exchange(forward.port, b"") == (b"2", True)
            best = forward.upstream.targets[0]
            for _ in range(3):
                await forward.upstream.probe(best)
                best._skipped_until = 0
            staying = await Client.connect(forward.port)
            assert await staying.reader.readexactly(1) == b"2"
            async with first:
                assert await exchange(forward.port, b"") == (b"2", True)  # one probe is not enough
                await forward.upstream.probe(best)
                await forward.upstream.probe(best)
                assert best.state is State.UP
                assert await exchange(forward.port, b"") == (b"1", True)
                assert forward.names().count(EventName.FAILOVER) == 2
                await staying.send(b"still here", end=True)
                assert await staying.outcome() == (b"still here", True)
            await staying.close()

    on_loop(loop, main)


def test_nothing_grows_over_many_cuts(loop):
    async def main():
        async with TargetServer() as target, forwarding(target.port) as forward:
            await _cut_often(forward, target, 20)
            gc.collect()
            files, tasks, things = open_files(), len(asyncio.all_tasks()), len(gc.get_objects())
            await _cut_often(forward, target, soak(200, 20_000))
            gc.collect()
            assert open_files() <= files
            assert len(asyncio.all_tasks()) == tasks
            assert len(gc.get_objects()) < things + 2000
            assert forward.status.connections == 0
            assert not forward.forwarder._connections

    on_loop(loop, main)


async def _cut_often(forward, target, count) -> None:
    rng = random.Random(count)
    for _ in range(count):
        client = await Client.connect(forward.port)
        await client.send(b"x")
        await client.reader.readexactly(1)
        if rng.random() < 0.5:
            client.reset()
        else:
            target.legs[-1].transport.abort()
            await client.outcome()
        await client.close()
    await settled(lambda: not (target.legs or forward.status.connections))
    forward.events.clear()


class ShortOfFiles(socket.socket):
    """A listener in a process that has no file left for the first client."""

    is_short = True

    def accept(self):
        if self.is_short:
            self.is_short = False
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().accept()


def test_a_shortage_of_files_keeps_clients_waiting_but_not_for_ever(loop):
    async def main():
        admitted = []
        with ShortOfFiles() as sock, socket.socket() as client:
            sock.bind(("127.0.0.1", 0))
            sock.listen()
            sock.setblocking(False)
            listener = Listener(sock, Route(), *sock.getsockname())
            gate = Gatekeeper([listener], lambda: True, lambda _, each: admitted.append(each))
            gate.open()
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, sock.getsockname())
            await settled(lambda: admitted)
            assert not sock.is_short
            admitted[0].close()
            gate.close()

    on_loop(loop, main)
