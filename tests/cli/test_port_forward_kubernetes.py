"""`port-forward` to pods, as people see it: a gateway in a pod, and what is wrong in words."""

import asyncio
import os
import threading
from contextlib import contextmanager

import pytest

from tests.cli.forwarders import running_forwarder
from tests.faults.cluster import running_cluster, write_kubeconfig
from tests.s3.process import Gateway, running_gateway

MIB = 1024 * 1024


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@contextmanager
def cluster_with(port):
    """Run a cluster, in a thread, whose only pod is a port of this machine."""
    started, stopping = threading.Event(), asyncio.Event()
    found = []

    async def serve():
        async with running_cluster() as cluster:
            cluster.add("a", port)
            found.extend((cluster, asyncio.get_running_loop()))
            started.set()
            await stopping.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    started.wait()
    cluster, loop = found
    cluster.call = loop.call_soon_threadsafe
    try:
        yield cluster
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()


def test_a_gateway_in_a_pod_is_reached_through_one_upgrade_that_may_break(home, tmp_path):
    content = os.urandom(16 * MIB)
    with (
        running_gateway(tmp_path / "store") as gateway,
        cluster_with(gateway.address[1]) as cluster,
    ):
        gateway.request("PUT", "/b.r")
        config = write_kubeconfig(tmp_path / "config", cluster.port, {"token": "x"})
        with running_forwarder(home, "svc/pachlite", "--kubeconfig", config) as forward:
            assert forward.announced["targets"] == ["svc/pachlite:30600"]
            near = Gateway(None, f"http://127.0.0.1:{forward.port}", home, forward.log)
            assert near.request("PUT", "/b.r/key", content).status == 200
            cluster.call(cluster.cut)
            assert near.request("GET", "/b.r/key").body == content
            assert forward.stop() == 0
        assert cluster.upgraded == ["a", "a"]


def test_a_service_that_is_not_there_is_told_at_once_and_waited_for(home, tmp_path):
    with cluster_with(1) as cluster:
        config = write_kubeconfig(tmp_path / "config", cluster.port, {"token": "x"})
        with running_forwarder(home, "svc/none", "-n", "data", "--kubeconfig", config) as forward:
            forward.wait_for_log("lost")
            log = forward.log.read_text()
            assert "warning: svc/none:30600: there is no service none in namespace data" in log
            assert forward.stop() == 0


def test_a_context_that_does_not_exist_is_refused(cli, tmp_path):
    config = write_kubeconfig(tmp_path / "config", 1, {"token": "x"})

    told = cli.fails(
        "port-forward", "svc/pachlite", "--kubeconfig", config, "--kube-context", "other"
    )

    assert "error: no credentials for a cluster: No such context other" in told
    assert "hint: see whether kubectl can" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [("a: b: c", "mapping values are not allowed here"), ("just words", "no credentials for")],
)
def test_a_kubeconfig_that_is_none_is_refused(cli, tmp_path, text, told):
    config = tmp_path / "config"
    config.write_text(text)

    assert told in cli.fails("port-forward", "svc/pachlite", "--kubeconfig", config)


def test_a_kubeconfig_that_does_not_exist_is_refused(cli):
    told = cli.fails("port-forward", "svc/pachlite", "--kubeconfig", "none")

    assert told == "error: there is no kubeconfig none\n"


def test_a_program_for_credentials_that_fails_is_quoted(cli, tmp_path):
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", "echo log in first >&2; exit 1"],
    }
    config = write_kubeconfig(tmp_path / "config", 1, {"exec": plugin})

    told = cli.fails("port-forward", "svc/pachlite", "--kubeconfig", config)

    assert "error: no credentials for a cluster: log in first" in told


def test_options_for_clusters_need_a_target_there(cli):
    told = cli.fails("port-forward", "gw", "--kube-context", "test")

    assert "--kube-context and --kubeconfig are for targets in Kubernetes" in told


def test_a_namespace_is_ignored_for_an_address(home):
    with running_forwarder(home, "127.0.0.1:1", "--namespace", "data") as forward:
        assert "ignored: --namespace" in forward.log.read_text()


def test_what_is_missing_to_reach_clusters_is_named(program, tmp_path):
    (tmp_path / "kr8s.py").write_text("raise ImportError('it is not here')")

    done = program("port-forward", "svc/pachlite", env={"PYTHONPATH": str(tmp_path)})

    assert done.returncode == 1
    assert done.stderr.decode() == (
        "error: forwarding to Kubernetes needs the package kr8s\n"
        "hint: pip install 'pachlite[k8s]'\n"
    )
