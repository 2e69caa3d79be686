"""A forwarder whose connections or links are cut every second: it serves on, and does not grow."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.forwarders import echoing, exchange, running_forwarder
from tests.s3.process import Gateway, running_gateway

from .forwarding import soak

SECONDS = soak(4, 600)
WARM_ROUNDS = 20
BODY = os.urandom(300_000)


def open_files(process) -> int:
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


def resident_kib(process) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def go_on(forwarder, once):
    """Repeat `once` for a while; return how often, and how much the process has grown."""
    for _ in range(WARM_ROUNDS):
        once()
    files, resident = open_files(forwarder.process), resident_kib(forwarder.process)
    rounds, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        once()
        rounds += 1
    forwarder.process.poll()
    return (
        rounds,
        open_files(forwarder.process) - files,
        resident_kib(forwarder.process) - resident,
    )


@pytest.mark.timeout(SECONDS + 120)
def test_raw_connections_cut_every_second_leave_nothing_behind(tmp_path):
    with (
        echoing() as port,
        running_forwarder(
            tmp_path / "home", f"127.0.0.1:{port}", "--chaos", "reset,every=1s"
        ) as forwarder,
    ):

        def once():
            with suppress(ConnectionError), forwarder.connect() as connection:
                assert exchange(connection, BODY) == BODY

        rounds, files, grown_kib = go_on(forwarder, once)

    assert rounds > SECONDS
    assert files <= 4
    assert grown_kib < 16 * 1024


@pytest.mark.timeout(SECONDS + 120)
def test_links_cut_every_second_lose_no_request_and_leave_nothing_behind(tmp_path):
    with (
        running_gateway(tmp_path / "home") as gateway,
        running_forwarder(
            tmp_path / "near",
            "{}:{}".format(*gateway.address),
            "--mode",
            "tunnel",
            "--chaos",
            "reset,every=1s",
        ) as forwarder,
    ):
        gateway.request("PUT", "/b.r")
        near = Gateway(
            gateway.process, f"http://127.0.0.1:{forwarder.port}", gateway.home, gateway.log
        )

        def once():
            assert near.request("PUT", "/b.r/x", BODY).status == 200
            assert near.request("GET", "/b.r/x").body == BODY

        rounds, files, grown_kib = go_on(forwarder, once)
        in_gateway = open_files(gateway.process)

    assert rounds > SECONDS / 4
    assert files <= 4
    assert in_gateway < 100
    assert grown_kib < 64 * 1024
