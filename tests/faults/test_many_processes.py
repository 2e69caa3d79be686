"""Several processes use one store at once: none waits for ever, and no write is lost."""

import os
import subprocess
from pathlib import Path

import pytest

from pachlite.config import StoreConfig
from pachlite.pfs.api import PFS
from pachlite.pfs.refs import parse_branch, parse_commit, parse_repo
from pachlite.wiring import open_store
from tests.contract.drive import tree
from tests.faults.structure import check_structure
from tests.programs import environment, program
from tests.s3.process import Gateway, running_gateway

WRITES = 400 if os.environ.get("PACHLITE_SOAK") else 60
NAMES = ["a", "b", "c"]


def write_at_once(home: Path, bug: str = "") -> None:
    """Let three processes and a gateway write to one branch, and check that all of it is there."""
    with open_store(StoreConfig(home)) as pfs:
        pfs.create_branch(parse_branch("r@master"), create_repo=True)
    with running_gateway(home, bug=bug) as server:
        writers = [
            subprocess.Popen(
                program("tests.faults.writing", str(home), name, str(WRITES), bug=bug),
                env=environment(home),
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in NAMES
        ]
        statuses = put_over_s3(server)
        errors = [writer.communicate(timeout=240)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * len(NAMES), errors
    assert statuses == [200] * WRITES
    with open_store(StoreConfig(home)) as pfs:
        check_all(pfs)


def put_over_s3(server: Gateway) -> list[int]:
    statuses = []
    connection = server.connect()
    for number in range(WRITES):
        connection.request("PUT", f"/master.r/s3/{number}", f"s3 {number}\n")
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    return statuses


def check_all(pfs: PFS) -> None:
    files = tree(pfs, "r@master")
    shared = files.pop("shared").decode().splitlines()
    assert sorted(shared) == sorted(f"{name} {n}" for name in NAMES for n in range(WRITES))
    assert files == {
        f"{name}/{n}": f"{name} {n}\n".encode() for name in [*NAMES, "s3"] for n in range(WRITES)
    }
    commits = list(pfs.list_commit(parse_repo("r"), start=parse_commit("r@master")))
    assert len(commits) == 1 + WRITES * (2 * len(NAMES) + 1)
    check_structure(pfs)


def test_writers_of_many_processes_lose_nothing(tmp_path: Path) -> None:
    write_at_once(tmp_path / "store")


def test_writers_without_the_lock_would_be_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        write_at_once(tmp_path / "store", bug="forget-the-lock")


def test_a_new_store_may_be_opened_by_several_processes_at_once(tmp_path: Path) -> None:
    home = tmp_path / "store"
    openers = [
        subprocess.Popen(
            program("pachlite", "create", "repo", f"r{number}"),
            env=environment(home),
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(6)
    ]
    for opener in openers:
        _, error = opener.communicate(timeout=120)
        assert opener.returncode == 0, error
    with open_store(StoreConfig(home)) as pfs:
        assert {info.repo.name for info in pfs.list_repo()} == {f"r{n}" for n in range(6)}
