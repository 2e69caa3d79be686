"""Forwarding to pods: which one is chosen, what becomes of clients when it goes, what is told."""

import asyncio
import itertools
import json
import os
import random
import ssl
import tempfile
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pachlite.forward.events import EventName
from pachlite.forward.kubernetes import leg
from pachlite.forward.kubernetes.cluster import Cluster
from pachlite.forward.kubernetes.dialer import PodDialer
from pachlite.forward.kubernetes.leg import PodLeg
from pachlite.forward.kubernetes.target import ClusterTarget, Place
from pachlite.forward.settings import Mode
from pachlite.forward.tunnel.server import TunnelServer
from pachlite.tls.self_signed import ensure_certificate
from tests.faults.cluster import running_cluster, write_kubeconfig
from tests.faults.forwarding import (
    LOOPS,
    Client,
    TargetServer,
    exchange,
    forwarding,
    on_loop,
    settled,
)
from tests.faults.tunnelling import Gateway

MIB = 1024 * 1024


@pytest.fixture(params=LOOPS)
def loop(request):
    return request.param


@pytest.fixture
def config(tmp_path):
    return tmp_path / "kubeconfig"


def place_of(config, cluster):
    return Place(kubeconfig=write_kubeconfig(config, cluster.port, {"token": "secret"}))


def forwarding_to(typed, place, **options):
    options.setdefault("mode", Mode.RAW)
    return forwarding(targets=(ClusterTarget.parse(typed, place),), **options)


def dialer_for(typed, place, clock=time.monotonic):
    target = ClusterTarget.parse(typed, place)
    return PodDialer(target, Cluster(place), clock=clock, rng=random.Random(1))


async def quiet(value):
    """Wait until a value has not changed for a moment, and return it."""
    before = None
    while before != (before := value()):  # noqa: ASYNC110 - nothing tells that nothing happens
        await asyncio.sleep(0.1)
    return before


async def echoed(port, data):
    """Send everything and get as much back; say whether it is the same."""
    client = await Client.connect(port)
    try:
        sending = asyncio.create_task(client.send(data))
        got = await client.reader.readexactly(len(data))
        await sending
    finally:
        client.reset()  # a mere end could not be told to the pod
    return got == data


@pytest.mark.parametrize(
    "typed",
    [
        "svc/pachlite",
        "service/odd:81",
        "deploy/pachlite:s3",
        "pod/a:1600",
        "svc/pachlite:s3-gateway",
    ],
)
def test_every_kind_of_target_leads_to_the_port_of_a_pod(config, typed):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("a", target.port)
            async with forwarding_to(typed, place_of(config, cluster)) as forward:
                assert await echoed(forward.port, b"hello")
                assert forward.status.targets[0].name == str(ClusterTarget.parse(typed, Place()))

    on_loop("asyncio", main)


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


class Caller(asyncio.Protocol):
    """Connects and leaves."""

    def connection_made(self, transport):
        transport.abort()


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


def test_a_pod_that_refuses_is_avoided_and_the_tries_are_bounded(config):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            for name in "abcde":
                cluster.add(name, target.port, status=500)
            dialer = dialer_for("svc/pachlite", place_of(config, cluster))
            with pytest.raises(OSError, match=r"pod .: 500 Internal Server Error: no way"):
                await dialer.dial(asyncio.Protocol)
            tries = [each for each in cluster.asked if each.endswith("/portforward")]
            assert len(set(tries)) == len(tries) == 3
            dialer.close()

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


@pytest.mark.parametrize(
    ("typed", "trouble", "told"),
    [
        ("svc/none", {}, "there is no service none in namespace data"),
        ("deploy/none", {}, "there is no deployment none in namespace data"),
        ("pod/none", {}, "there is no pod none in namespace data"),
        ("svc/odd", {}, r"the service has no port 30600; its ports: 80 \(web\), 81"),
        ("svc/external", {}, "the service selects no pods"),
        ("pod/a:web", {}, "no container of pod a names a port web"),
        ("svc/pachlite", {"forbidden": {"get services"}}, "the role may not get services in"),
        (
            "svc/pachlite",
            {"forbidden": {"list pods"}},
            r"may not list pods in namespace data \(403",
        ),
        (
            "svc/pachlite",
            {"forbidden": {"create pods"}},
            r"the role lacks create or get on pods/portforward \(403\): cannot create",
        ),
        ("svc/pachlite", {"tokens": {"other"}}, r"does not accept the credentials \(401\)"),
        ("svc/pachlite", {"pods": {}}, "no pod is ready: there are none"),
    ],
)
def test_trouble_is_told_in_plain_words(config, typed, trouble, told):
    async def main():
        async with running_cluster() as cluster:
            cluster.add("a", 1)
            for name, value in trouble.items():
                setattr(cluster, name, value)
            dialer = dialer_for(typed, place_of(config, cluster))
            with pytest.raises(OSError, match=told):
                await dialer.dial(asyncio.Protocol)

    on_loop("asyncio", main)


def test_pods_that_are_not_ready_are_counted(config):
    async def main():
        async with running_cluster() as cluster:
            cluster.add("a", 1, is_ready=False)
            cluster.add("b", 1, is_ready=False, phase="Pending")
            cluster.add("c", 1, is_ending=True)
            dialer = dialer_for("svc/pachlite", place_of(config, cluster))
            told = "of 3, 1 Pending, 1 Running but not ready, 1 terminating"
            with pytest.raises(OSError, match=told):
                await dialer.probe()

    on_loop("asyncio", main)


def test_a_port_that_is_closed_in_the_pod_resets_the_client_and_says_so(loop, config):
    async def main():
        async with running_cluster() as cluster:
            cluster.add("a", 1, says="connection refused")
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                client = await Client.connect(forward.port)
                assert await client.outcome() == (b"", False)
                await client.close()
                told = "target: the pod: error forwarding port 1600: connection refused"
                await settled(lambda: forward.causes() == [told])

    on_loop(loop, main)


def test_an_api_server_that_is_away_is_waited_for(config):
    async def main():
        async with running_cluster() as cluster:
            place = place_of(config, cluster)
        dialer = dialer_for("svc/pachlite", place)
        with pytest.raises(OSError, match="the API server cannot be reached"):
            await dialer.probe()

    on_loop("asyncio", main)


def test_credentials_that_run_out_are_read_again(config, tmp_path):
    told = tmp_path / "credential"

    def give(token):
        told.write_text(json.dumps({"kind": "ExecCredential", "status": {"token": token}}))

    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "cat",
        "args": [str(told)],
    }

    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("a", target.port)
            cluster.tokens = {"first"}
            give("first")
            place = Place(kubeconfig=write_kubeconfig(config, cluster.port, {"exec": plugin}))
            async with forwarding_to("svc/pachlite", place) as forward:
                assert await echoed(forward.port, b"x")
                for token in ("second", "third"):
                    give(token)
                    cluster.tokens = {token}
                    assert await echoed(forward.port, b"x")
                assert forward.names().count(EventName.DIAL_FAILED) == 0

    on_loop("asyncio", main)


def test_credentials_that_run_out_are_read_again_to_look_for_pods(config):
    async def main():
        async with running_cluster() as cluster:
            cluster.add("a", 1)
            dialer = dialer_for(
                "svc/pachlite", place_of(config, cluster), itertools.count(step=10).__next__
            )
            await dialer.probe()
            write_kubeconfig(config, cluster.port, {"token": "new"})
            cluster.tokens = {"new"}
            await dialer.probe()

    on_loop("asyncio", main)


def test_what_is_known_counts_for_less_once_it_was_wrong(config):
    now = 0.0

    async def main():
        nonlocal now
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("a", target.port)
            dialer = dialer_for("svc/pachlite", place_of(config, cluster), lambda: now)
            await dialer.probe()
            cluster.kill("a")
            cluster.add("b", target.port)
            now = 0.5
            await dialer.dial(Caller)
            await settled(lambda: cluster.upgraded == ["b"] and not cluster.live)
            await settled(lambda: not target.legs)

    on_loop("asyncio", main)


def test_a_dial_that_is_given_up_leaves_nothing_open(loop, config):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("a", target.port)
            cluster.gate.clear()
            dialer = dialer_for("svc/pachlite", place_of(config, cluster))
            dialing = asyncio.create_task(dialer.dial(asyncio.Protocol))
            await settled(lambda: any(each.endswith("/portforward") for each in cluster.asked))
            dialing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await dialing
            cluster.gate.set()
            await settled(lambda: cluster.upgraded and not cluster.live)

    on_loop(loop, main)


def test_a_slow_upgrade_keeps_the_client_waiting(config):
    async def main():
        async with running_cluster() as cluster, TargetServer() as target:
            cluster.add("a", target.port)
            cluster.gate.clear()
            async with forwarding_to("svc/pachlite", place_of(config, cluster)) as forward:
                passing = asyncio.create_task(echoed(forward.port, b"early"))
                await settled(lambda: any(each.endswith("/portforward") for each in cluster.asked))
                cluster.gate.set()
                assert await passing

    on_loop("asyncio", main)


def client_certificate():
    """Return a certificate that signs itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "me")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    valid = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    return valid.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(), key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ).decode()


def test_both_sides_show_certificates_and_no_key_stays_on_disk(loop, config, tmp_path, monkeypatch):
    files = ensure_certificate(tmp_path / "tls", ("127.0.0.1",), datetime.now(UTC))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    certificate, key = client_certificate()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=certificate)
    tls.load_cert_chain(files.certificate, files.key)
    tls.verify_mode = ssl.CERT_REQUIRED
    user = {"client-certificate-data": certificate, "client-key-data": key}
    data = os.urandom(MIB)

    async def main():
        async with running_cluster(tls) as cluster, TargetServer() as target:
            cluster.add("a", target.port)
            trust = {"certificate-authority": str(files.certificate)}
            kubeconfig = write_kubeconfig(config, cluster.port, user, scheme="https", **trust)
            place = Place(kubeconfig=kubeconfig)
            async with forwarding_to("svc/pachlite", place) as forward:
                assert await echoed(forward.port, data)
                assert list(temporary.iterdir()) == []
                cluster.kill("a")
                client = await Client.connect(forward.port)
                await settled(lambda: EventName.HOLD in forward.names())
                cluster.add("b", target.port)
                await client.send(b"x")
                assert await client.reader.readexactly(1) == b"x"
                client.reset()
                await settled(lambda: not cluster.live)

    on_loop(loop, main)
    assert Path(files.certificate).exists()
