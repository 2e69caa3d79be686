"""Connections through a tunnel whose link is cut again and again: no byte is lost, none doubled."""

import asyncio
import hashlib
import os
import random
from dataclasses import replace

import pytest
import uvloop

from pachlite.errors import PermissionDenied
from pachlite.forward.tunnel.handshake import TunnelDenied
from pachlite.forward.tunnel.limits import DEFAULT_LIMITS, MIB

from .tunnelling import server, tunnel

SOAK = bool(os.environ.get("PACHLITE_SOAK"))
TRANSFER_BYTES = 1024 * MIB if SOAK else 24 * MIB
CUTS = 100 if SOAK else 12
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=LOOPS)
def run(request):
    def run(test):
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            return runner.run(test)

    return run


async def echo(reader, writer):
    while block := await reader.read(1 << 18):
        writer.write(block)
        await writer.drain()
    writer.write_eof()
    writer.close()


async def send(writer, size, digest, seed):
    rng = random.Random(seed)
    left = size
    while left:
        block = rng.randbytes(min(left, rng.randint(1, 1 << 18)))
        digest.update(block)
        writer.write(block)
        await writer.drain()
        left -= len(block)
    writer.write_eof()


async def read(reader, digest):
    size = 0
    while block := await reader.read(1 << 18):
        digest.update(block)
        size += len(block)
    return size


def test_bytes_both_ways_survive_cuts(run):
    async def test():
        async with server(echo) as port, tunnel(port) as rig:
            reader, writer = await rig.connect()
            sent, got = hashlib.sha256(), hashlib.sha256()
            sending = asyncio.create_task(send(writer, TRANSFER_BYTES, sent, 1))
            moved = 0
            for cut in range(1, CUTS + 1):
                while moved < cut * TRANSFER_BYTES // (CUTS + 2):
                    block = await reader.read(1 << 18)
                    assert block
                    got.update(block)
                    moved += len(block)
                await rig.links.is_there.wait()
                rig.links.cut()
            moved += await read(reader, got)
            await sending
            writer.close()

            assert (moved, got.digest()) == (TRANSFER_BYTES, sent.digest())
            assert rig.links.made >= CUTS
            for session in (rig.client.session, *rig.tunnels.sessions):
                limits = DEFAULT_LIMITS
                assert session.kept_bytes <= limits.replay_bytes + limits.payload_bytes

    run(test())


def test_a_far_end_that_starts_anew_resets_its_clients(run):
    async def test():
        async with server(echo) as port, tunnel(port) as rig:
            reader, writer = await rig.connect()
            writer.write(b"x")
            assert await reader.read(1) == b"x"
            rig.tunnels.close()

            with pytest.raises(ConnectionResetError):
                await reader.read(1)
            writer.close()
            again, writer = await rig.connect()
            writer.write(b"y")
            assert await again.read(1) == b"y"
            writer.close()

    run(test())


def test_a_near_end_that_goes_resets_the_target(run):
    async def test():
        ends = asyncio.Queue()

        async def serve(reader, writer):
            try:
                while await reader.read(1):
                    ends.put_nowait("got")
                ends.put_nowait("clean end")
            except ConnectionResetError:
                ends.put_nowait("reset")
            writer.close()

        limits = replace(DEFAULT_LIMITS, detached_s=0.05)
        async with server(serve) as port, tunnel(port, limits=limits) as rig:
            reader, writer = await rig.connect()
            writer.write(b"x")
            assert await ends.get() == "got"
            rig.client.close()

            assert await ends.get() == "reset"
            with pytest.raises(ConnectionResetError):
                await reader.read(1)
            writer.close()

    run(test())


def test_one_side_may_end_before_the_other(run):
    async def test():
        async def count(reader, writer):
            got = await reader.read()
            writer.write(b"%d" % len(got))
            writer.write_eof()
            writer.close()

        async with server(count) as port, tunnel(port) as rig:
            reader, writer = await rig.connect()
            writer.write(b"x" * 100_000)
            writer.write_eof()
            assert await reader.read() == b"100000"
            writer.close()

    run(test())


def test_a_client_that_never_reads_holds_up_no_other(run):
    async def test():
        limits = replace(DEFAULT_LIMITS, replay_bytes=2 * MIB, window_bytes=MIB)
        async with server(echo) as port, tunnel(port, limits=limits) as rig:
            _, lazy = await rig.connect()
            stuck = asyncio.create_task(send(lazy, 64 * MIB, hashlib.sha256(), 2))
            for seed in range(3):
                reader, writer = await rig.connect()
                sent, got = hashlib.sha256(), hashlib.sha256()
                _, size = await asyncio.gather(send(writer, MIB, sent, seed), read(reader, got))
                assert (size, got.digest()) == (MIB, sent.digest())
                writer.close()
            assert not stuck.done()
            stuck.cancel()
            lazy.transport.abort()

    run(test())


def test_many_connections_at_once(run):
    async def test():
        async with server(echo) as port, tunnel(port) as rig:

            async def once(seed):
                reader, writer = await rig.connect()
                sent, got = hashlib.sha256(), hashlib.sha256()
                _, size = await asyncio.gather(send(writer, 20_000, sent, seed), read(reader, got))
                writer.close()
                return size == 20_000 and sent.digest() == got.digest()

            work = asyncio.gather(*(once(seed) for seed in range(200)))
            for _ in range(3):
                await asyncio.sleep(0.02)
                rig.links.cut()
            assert all(await work)
            assert rig.client.session.streams == 0

    run(test())


def test_a_target_that_refuses_is_a_reset(run):
    async def test():
        async with server(echo) as port:
            pass
        async with tunnel(port) as rig:
            reader, writer = await rig.connect()
            with pytest.raises(ConnectionResetError):
                await reader.read(1)
            writer.close()

    run(test())


def test_who_may_not_is_told_so(run):
    def authorize(_headers):
        raise PermissionDenied("a token is needed")

    async def test():
        async with server(echo) as port, tunnel(port, authorize=authorize) as rig:
            with pytest.raises(TunnelDenied, match="a token is needed"):
                await rig.client.ready()

    run(test())


def test_a_silent_link_is_given_up(run):
    async def test():
        limits = replace(DEFAULT_LIMITS, dead_after_s=0.4, ping_s=0.1)
        async with server(echo) as port, tunnel(port, limits=limits) as rig:
            reader, writer = await rig.connect()
            writer.write(b"x")
            assert await reader.read(1) == b"x"
            made = rig.links.made
            rig.links.transports[-1].pause_reading()  # from now on nothing is heard
            writer.write(b"y")
            assert await reader.read(1) == b"y"
            assert rig.links.made == made + 1
            writer.close()

    run(test())
