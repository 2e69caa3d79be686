"""Processes are killed at random moments while they write; nothing acknowledged may be lost."""

import hashlib
import http.client
import os
import random
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pachlite.config import StoreConfig
from pachlite.pfs.api import PFS
from pachlite.pfs.refs import FileRef, parse_branch, parse_commit, parse_repo
from pachlite.wiring import open_store
from tests.contract.drive import read
from tests.faults.structure import check_structure
from tests.programs import environment, program
from tests.s3.process import Gateway, running_gateway

SOAK = bool(os.environ.get("PACHLITE_SOAK"))
SERVER_ROUNDS = 200 if SOAK else 5
CLI_ROUNDS = 200 if SOAK else 6
SIZES = [0, 10, 5_000, 20_000, 300_000, 5_000_000]
HEAD = parse_commit("r@master")


def content(key: str) -> bytes:
    """Return what belongs under a key: so any reader can tell half a write from a whole one."""
    rng = random.Random(key)
    return rng.randbytes(rng.choice(SIZES))


@dataclass
class Load:
    """Clients that put, overwrite and delete until the server is gone, and what they were told."""

    server: Gateway
    prefix: str
    acknowledged: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    attempted: set[str] = field(default_factory=set)
    refused: list[int] = field(default_factory=list)

    def run(self, worker: int) -> None:
        connection = self.server.connect()
        try:
            for number in range(10_000):
                self._put(connection, f"{self.prefix}/{worker}/{number}")
                if number % 7 == 6:
                    self._delete(connection, f"{self.prefix}/{worker}/{number - 3}")
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    def _put(self, connection: http.client.HTTPConnection, key: str) -> None:
        self.attempted.add(key)
        connection.request("PUT", f"/master.r/{key}", content(key))
        response = connection.getresponse()
        response.read()
        if response.status == 200:
            self.acknowledged.add(key)
        else:
            self.refused.append(response.status)

    def _delete(self, connection: http.client.HTTPConnection, key: str) -> None:
        self.acknowledged.discard(key)  # from now on it may be gone
        connection.request("DELETE", f"/master.r/{key}")
        response = connection.getresponse()
        response.read()
        if response.status == 204:
            self.deleted.add(key)


def verify(pfs: PFS, load: Load) -> None:
    """Check that the head shows all that was acknowledged, and nothing that is not whole."""
    found = {info.path: info for info in pfs.walk_file(HEAD, "")}
    assert load.acknowledged <= found.keys()
    assert not load.deleted & found.keys()
    for path, info in found.items():
        if path not in load.attempted:
            continue
        assert info.etag == hashlib.md5(content(path)).hexdigest()
        assert read(pfs, FileRef(HEAD, path)) == content(path)


def kill_a_server(home: Path, prefix: str, rng: random.Random, bug: str = "") -> Load:
    """Kill a gateway under load, look at what is left, and return what it was asked to do."""
    with running_gateway(home, bug=bug) as server:
        load = Load(server, prefix)
        workers = [threading.Thread(target=load.run, args=(n,)) for n in range(4)]
        for worker in workers:
            worker.start()
        time.sleep(rng.uniform(0.05, 0.8))
        server.kill()
        for worker in workers:
            worker.join()
    with open_store(StoreConfig(home)) as pfs:
        verify(pfs, load)
        check_structure(pfs)
    return load


def empty_store(home: Path) -> None:
    with open_store(StoreConfig(home)) as pfs:
        pfs.create_branch(parse_branch("r@master"), create_repo=True)


def test_a_killed_server_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    empty_store(tmp_path / "store")
    rng = random.Random(1)
    loads = [
        kill_a_server(tmp_path / "store", f"round{number}", rng) for number in range(SERVER_ROUNDS)
    ]
    assert all(not load.refused for load in loads)
    assert sum(len(load.acknowledged) for load in loads) > SERVER_ROUNDS


def test_an_answer_before_the_commit_would_be_noticed(tmp_path: Path) -> None:
    empty_store(tmp_path / "store")
    rng = random.Random(1)
    with pytest.raises(AssertionError):
        for number in range(20):
            kill_a_server(tmp_path / "store", f"round{number}", rng, bug="answer-early")


def test_a_killed_put_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    home, rng = tmp_path / "store", random.Random(2)
    tree = tmp_path / "tree"
    sizes = {f"d{n % 7}/f{n}": rng.choice([0, 100, 20_000]) for n in range(1500)} | {
        "big": 30_000_000
    }
    for name, size in sizes.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(rng.randbytes(size))
    empty_store(home)
    whole, killed = 0, 0
    for number in range(CLI_ROUNDS):
        target = f"r@master:/round{number}/"
        process = subprocess.Popen(
            program("pachlite", "put", "file", target, "-r", "-f", str(tree)),
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(timeout=rng.uniform(0.3, 3.5))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        with open_store(StoreConfig(home)) as pfs:
            found = {i.path: i.size_bytes for i in pfs.walk_file(HEAD, f"round{number}")}
            expected = {f"round{number}/{name}": size for name, size in sizes.items()}
            assert found in ({}, expected)
            assert found or process.returncode != 0
            info = pfs.inspect_commit(HEAD)
            whole += bool(found)
            assert info.file_count == whole * len(sizes)
            check_structure(pfs)
    assert killed
    with open_store(StoreConfig(home)) as pfs:
        commits = list(pfs.list_commit(parse_repo("r")))
        assert len(commits) == whole + 1
