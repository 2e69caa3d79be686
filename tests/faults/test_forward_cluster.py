"""Finding pods of a cluster: which one is chosen, who is let in, what is told when none is."""

import asyncio
import itertools
import json
import os
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pachlite.forward.events import EventName
from pachlite.forward.kubernetes.target import ClusterTarget, Place
from pachlite.tls.self_signed import ensure_certificate
from tests.faults.cluster import running_cluster, write_kubeconfig
from tests.faults.forwarding import (
    LOOPS,
    Client,
    TargetServer,
    on_loop,
    settled,
)
from tests.faults.pods import Caller, dialer_for, echoed, forwarding_to, place_of

MIB = 1024 * 1024


@pytest.fixture(params=LOOPS)
def loop(request):
    return request.param


@pytest.fixture
def config(tmp_path):
    return tmp_path / "kubeconfig"


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


def test_the_namespace_is_that_of_the_context_that_is_named(config):
    async def main():
        async with running_cluster() as cluster:
            cluster.add("a", 1)
            place_of(config, cluster)
            add_context(config, "current", "elsewhere")
            await dialer_for("pod/a", Place(context="test", kubeconfig=str(config))).probe()
            await dialer_for("pod/a", Place("data", kubeconfig=str(config))).probe()
            assert len(cluster.asked) == 2
            assert all("/namespaces/data/" in each for each in cluster.asked)

    def add_context(config, name, namespace):
        found = yaml.safe_load(config.read_text())
        context = {**found["contexts"][0]["context"], "namespace": namespace}
        found["contexts"].append({"name": name, "context": context})
        config.write_text(yaml.safe_dump({**found, "current-context": name}))

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
