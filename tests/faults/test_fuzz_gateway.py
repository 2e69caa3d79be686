"""A gateway under requests that are nearly right: it refuses them, and stays as it was.

`PACHLITE_SOAK=1` tries for long; `PACHLITE_FUZZ_SEED` repeats what a failure names.
"""

import os
import random
import re
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pachlite.config import StoreConfig
from pachlite.wiring import open_store
from tests.faults.hostile_requests import alone, mutated, recorded, wild
from tests.s3.process import running_gateway

FILES_OF_A_WORKER = 2
"""The database and its log: each worker thread reads on a connection of its own."""
IS_LONG = bool(os.environ.get("PACHLITE_SOAK"))
EXAMPLES = 20_000 if IS_LONG else 300
MUTANTS = 200_000 if IS_LONG else 1500
MUTANTS_OF_SILENT = 20_000 if IS_LONG else 40
SEED = int(os.environ.get("PACHLITE_FUZZ_SEED", "0")) or random.SystemRandom().randrange(2**32)
DEADLINE_S = 30
SILENCE_S = 0.05
"""How long a server is waited for that does not hear that a client has hung up."""
DOCUMENTED = {501, 503, 505}
WORKERS = 64
MEMORY_GROWTH_BYTES = 96 * 1024 * 1024
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
PUT, GET = 2, 4  # where they are among what is recorded
TABLES = ("project", "repo", "branch", "commits", "upload", "upload_part")


class Target:
    """A gateway under fire, and what is known of it."""

    def __init__(self, gateway, key, *, hears_hanging_up):
        self.gateway = gateway
        self.is_open = hears_hanging_up and key == OPEN
        self.hears_hanging_up = hears_hanging_up
        self.database = sqlite3.connect(f"file:{gateway.home}/metadata.db?mode=ro", uri=True)
        for request in recorded(gateway.endpoint, key, [("PUT", "/fuzz", {}, b"")]):
            self.exchange(request)
        self.corpus = recorded(gateway.endpoint, key)
        for request in self.corpus:
            self.fire(request)
        self.before = self.resources()

    def state(self):
        """Count what requests could have made."""
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
        return self.database.execute(f"SELECT {counts}").fetchone()

    def fire(self, request):
        """Send a request and hang up; check the answer and what it has changed."""
        state = self.state()
        answer = self.exchange(request)
        statuses = [int(status) for status in STATUS.findall(answer)]
        assert all(each < 500 or each in DOCUMENTED for each in statuses), (request, answer)
        if all(each >= 400 for each in statuses) and (statuses or self.hears_hanging_up):
            assert self.state() == state, (request, answer)
        return statuses

    def exchange(self, request):
        """Send bytes; return all that comes back."""
        patience_s = DEADLINE_S if self.hears_hanging_up else SILENCE_S
        with socket.create_connection(self.gateway.address, timeout=patience_s) as connection:
            pieces = []
            try:
                connection.sendall(request)
                if self.hears_hanging_up:
                    connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    pieces.append(piece)
            except TimeoutError:
                if self.hears_hanging_up:
                    pytest.fail(f"no end of the answer to {request!r}: {b''.join(pieces)!r}")
            except OSError:
                pass  # it hung up first, which is an answer
            return b"".join(pieces)

    def resources(self):
        """Count what the process holds."""
        process = Path(f"/proc/{self.gateway.process.pid}")
        status = (process / "status").read_text()
        return {
            "descriptors": len(list((process / "fd").iterdir())),
            "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
            "memory": int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024,
        }

    def check_soundness(self):
        """It is alive, all is over, and it holds no more than before."""
        gateway = self.gateway
        assert gateway.request("GET", "/~/healthz").status == 200
        gateway.wait_for(lambda: self._metric("requests_in_flight") == 0)
        if not self.hears_hanging_up:
            return  # those connections end when they have been idle for long
        gateway.wait_for(lambda: self._metric("open_connections") == 1)
        after = self.resources()
        more_workers = max(0, after["threads"] - self.before["threads"])
        allowed = self.before["descriptors"] + 8 + FILES_OF_A_WORKER * more_workers
        assert after["descriptors"] <= allowed, (self.before, after)
        assert after["threads"] <= self.before["threads"] + WORKERS, (self.before, after)
        assert after["memory"] <= self.before["memory"] + MEMORY_GROWTH_BYTES, (self.before, after)
        put, get = self.corpus[PUT], self.corpus[GET]
        assert (self.fire(put), self.fire(get)) == ([200], [206]), "what was right is right still"

    def _metric(self, name):
        text = self.gateway.request("GET", "/~/metrics").body.decode()
        return float(re.search(rf"^pachlite_{name} (\S+)$", text, re.MULTILINE)[1])


OPEN = "any"
STOCK = "tests.faults.stock_http1"
KINDS = {"own": ("pachlite", False), "stock": (STOCK, False), "auth": ("pachlite", True)}


@pytest.fixture(scope="module", params=KINDS)
def target(request, tmp_path_factory):
    """A gateway: on our connections, on Hypercorn's, and one that asks who is there."""
    module, has_auth = KINDS[request.param]
    home = tmp_path_factory.mktemp(request.param) / "home"
    key = OPEN
    if has_auth:
        with open_store(StoreConfig(home)) as pfs:
            key = pfs.activate_auth()
    with running_gateway(home, "--idle-timeout", "5", module=module) as gateway:
        target = Target(gateway, key, hears_hanging_up=module != STOCK)
        with closing(target.database):
            yield target


def test_requests_of_which_one_part_is_wrong_do_no_harm(target):
    if target.is_open or IS_LONG:
        for request in alone():
            target.fire(request)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rng=st.randoms(use_true_random=True))
def test_requests_of_which_several_parts_are_wrong_do_no_harm(target, rng):
    if target.hears_hanging_up or IS_LONG:
        target.fire(wild(rng))


def test_requests_with_changed_bytes_do_no_harm(target):
    rng = random.Random(SEED)
    for number in range(MUTANTS if target.hears_hanging_up else MUTANTS_OF_SILENT):
        request = mutated(rng, target.corpus)
        try:
            target.fire(request)
        except AssertionError as error:
            error.add_note(f"PACHLITE_FUZZ_SEED={SEED}, request {number}")
            raise
    target.check_soundness()
