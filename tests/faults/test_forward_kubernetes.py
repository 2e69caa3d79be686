"""Bytes to pods and back: all of them, held back where nobody reads, reset where a pod goes."""

import asyncio
import itertools
import os
from contextlib import asynccontextmanager

import pytest

from pachlite.forward.events import EventName
from pachlite.forward.kubernetes import leg
from pachlite.forward.kubernetes.leg import PodLeg
from pachlite.forward.settings import Mode
from pachlite.forward.tunnel.server import TunnelServer
from tests.faults.cluster import running_cluster
from tests.faults.forwarding import (
    LOOPS,
    Client,
    TargetServer,
    exchange,
    on_loop,
    settled,
)
from tests.faults.pods import Caller, dialer_for, echoed, forwarding_to, place_of, quiet
from tests.faults.tunnelling import Gateway

MIB = 1024 * 1024


@pytest.fixture(params=LOOPS)
def loop(request):
    return request.param


@pytest.fixture
def config(tmp_path):
    return tmp_path / "kubeconfig"


def test_bytes_pass_whole_both_ways_at_once(loop, config):
    data = [os.urandom(2 * MIB) for _ in range(4)]

    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("a", target.port)
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                passed = await asyncio.gather(*(echoed(forward.port, each) for each in data))
                assert passed == [True] * 4
                assert cluster.upgraded == ["a"] * 4
                await settled(lambda: not cluster.live)

    on_loop(loop, main)


def test_an_end_in_the_pod_is_an_end_for_the_client(loop, config):
    async def main():
        async with running_cluster() as cluster, TargetServer(greeting=b"x" * MIB) as target:
            cluster.add("a", target.port)
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                client = await Client.connect(forward.port)
                (await target.a_leg()).transport.close()
                assert await client.outcome() == (b"x" * MIB, True)
                await client.close()
                await settled(lambda: forward.causes() == [""])

    on_loop(loop, main)


def test_a_pod_that_does_not_read_stops_its_client(loop, config):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("a", target.port)
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                client = await Client.connect(forward.port)
                end = await target.a_leg()
                end.transport.pause_reading()
                data = os.urandom(24 * MIB)
                sending = asyncio.create_task(client.send(data))
                await settled(lambda: forward.status.up_bytes > MIB)
                assert await quiet(lambda: forward.status.up_bytes) < len(data)
                end.transport.resume_reading()
                assert await client.reader.readexactly(len(data)) == data
                await sending
                client.reset()

    on_loop(loop, main)


def test_who_pauses_a_leg_keeps_the_pod_waiting(loop, config):
    class Reader(asyncio.Protocol):
        def __init__(self):
            self.got = bytearray()
            self.ended = asyncio.Event()
            self.lost = asyncio.get_running_loop().create_future()

        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            if not self.got:
                self.transport.pause_reading()
            self.got += data

        def eof_received(self):
            self.ended.set()

        def connection_lost(self, exc):
            self.lost.set_result(exc)

    async def main():
        async with running_cluster() as cluster, TargetServer(greeting=bytes(24 * MIB)) as target:
            cluster.add("a", target.port)
            dialer, reader = dialer_for("pod/a:1600", place_of(config, cluster)), Reader()
            await dialer.dial(lambda: reader)
            end = await target.a_leg()
            end.transport.close()
            assert await quiet(end.transport.get_write_buffer_size) > 0
            assert isinstance(reader.transport, PodLeg)
            assert not reader.transport.can_write_eof()
            assert len(reader.got) <= 1 << 15
            reader.transport.resume_reading()
            assert await reader.lost is None
            assert reader.ended.is_set()
            assert len(reader.got) == 24 * MIB

    on_loop(loop, main)


def test_clients_wait_for_a_pod_and_all_are_served(loop, config):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            place = place_of(config, cluster)
            cluster.add("a", target.port)
            async with forwarding_to("svc/pachlite", place) as forward:
                for generation in range(3):
                    assert await echoed(forward.port, b"x")
                    cluster.kill(next(iter(cluster.pods)))
                    waiting = [
                        asyncio.create_task(echoed(forward.port, os.urandom(1000)))
                        for _ in range(20)
                    ]
                    await settled(lambda: forward.names().count(EventName.HOLD) >= 1)
                    cluster.add(f"next-{generation}", target.port)
                    assert await asyncio.gather(*waiting) == [True] * 20
                assert forward.status.unserved == 0

    on_loop(loop, main)


def test_under_load_only_who_was_connected_to_a_killed_pod_is_reset(loop, config):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("pod-0", target.port)
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                is_over, served, failed, hit = asyncio.Event(), [], [], 0

                async def keep_asking():
                    while not is_over.is_set():
                        try:
                            served.append(await echoed(forward.port, b"x" * 10_000))
                        except (OSError, EOFError) as error:
                            failed.append(error)

                asking = [asyncio.create_task(keep_asking()) for _ in range(6)]
                for kill in range(4):
                    before = len(served)
                    await settled(lambda before=before: len(served) >= before + 10)
                    hit += len(cluster.live)
                    cluster.kill(f"pod-{kill}")
                    await asyncio.sleep(0.01)
                    cluster.add(f"pod-{kill + 1}", target.port)
                is_over.set()
                await asyncio.gather(*asking)
                assert len(failed) <= hit
                assert all(served)
                assert forward.status.unserved == 0
                await settled(lambda: not cluster.live)

    on_loop(loop, main)


def test_a_quiet_connection_is_kept_open_by_pings(loop, config, monkeypatch):
    monkeypatch.setattr(leg, "PING_S", 0.01)

    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("a", target.port)
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                client = await Client.connect(forward.port)
                await settled(lambda: cluster.pings > 2)
                await client.send(b"x")
                assert await client.reader.readexactly(1) == b"x"
                client.reset()
                await settled(lambda: not cluster.live)

    on_loop(loop, main)


def test_who_was_connected_to_a_killed_pod_is_reset(loop, config):
    async def main():
        async with running_cluster() as cluster, TargetServer(greeting=b"half") as target:
            cluster.add("a", target.port)
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                client = await Client.connect(forward.port)
                assert await client.reader.readexactly(4) == b"half"
                cluster.kill("a")
                assert await client.outcome() == (b"", False)
                await client.close()

    on_loop(loop, main)


def test_a_pod_that_goes_after_it_was_listed_is_passed_over(config):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            for number in range(8):
                cluster.add(f"pod-{number}", target.port)
            cluster.after_list = lambda: cluster.pods.pop("".join(cluster.upgraded[-1:]), None)
            place = place_of(config, cluster)
            dialer = dialer_for("svc/pachlite", place, itertools.count(step=10).__next__)
            for _ in range(7):
                await dialer.dial(Caller)
            tries = [each for each in cluster.asked if each.endswith("/portforward")]
            await settled(lambda: len(cluster.upgraded) == 7 and not cluster.live)
            await settled(lambda: not target.legs)
            assert len(set(cluster.upgraded)) == 7
            assert len(tries) == 7 + 6

    on_loop("asyncio", main)


def test_pods_that_are_not_ready_or_going_are_not_chosen(config):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("starting", target.port, is_ready=False)
            cluster.add("ending", target.port, is_ending=True)
            cluster.add("other", target.port, labels={"app": "other"})
            cluster.add("good", target.port)
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                assert await echoed(forward.port, b"x")
            assert cluster.upgraded == ["good"]

    on_loop("asyncio", main)


def test_clients_get_to_the_one_pod_that_does_not_refuse(config):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            for name in "abcde":
                cluster.add(name, target.port, status=500)
            cluster.pods["e"].status = 0
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                assert await asyncio.gather(*(echoed(forward.port, b"x") for _ in range(8)))
            assert set(cluster.upgraded) == {"e"}

    on_loop("asyncio", main)


def gateway_for(target_port):
    """Serve a gateway with tunnels that lead to a port."""

    @asynccontextmanager
    async def serving():
        loop, tasks = asyncio.get_running_loop(), set()

        async def dial(make):
            await loop.create_connection(make, "127.0.0.1", target_port)

        tunnels = TunnelServer(dial, lambda _: None)
        server = await loop.create_server(lambda: Gateway(tunnels, tasks), "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            tunnels.close()
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return serving()


@pytest.mark.parametrize("mode", [Mode.TUNNEL, Mode.AUTO])
def test_a_tunnel_is_one_upgrade_and_outlives_pods_in_front_of_its_gateway(loop, mode, config):
    data = [os.urandom(2 * MIB) for _ in range(6)]

    async def main():
        async with (
            running_cluster() as cluster,
            TargetServer() as target,
            gateway_for(target.port) as port,
        ):
            cluster.add("a", port)
            place = place_of(config, cluster)
            async with forwarding_to("svc/pachlite", place, mode=mode) as forward:
                assert await echoed(forward.port, b"x")
                passing = [asyncio.create_task(echoed(forward.port, each)) for each in data]
                await settled(lambda: forward.status.down_bytes > MIB)
                assert cluster.upgraded == ["a"]
                cluster.cut()
                await settled(lambda: cluster.upgraded == ["a", "a"])
                cluster.add("b", port)
                cluster.kill("a")
                assert await asyncio.gather(*passing) == [True] * 6
                assert cluster.upgraded == ["a", "a", "b"]

    on_loop(loop, main)


def test_half_a_conversation_is_ended_through_a_tunnel(config):
    async def main():
        async with (
            running_cluster() as cluster,
            TargetServer() as target,
            gateway_for(target.port) as port,
        ):
            cluster.add("a", port)
            place = place_of(config, cluster)
            async with forwarding_to("svc/pachlite", place, mode=Mode.TUNNEL) as forward:
                assert await exchange(forward.port, b"all of it") == (b"all of it", True)

    on_loop("asyncio", main)
