"""Several processes use one store at once: none waits for ever, and no write is lost."""

import os
import subprocess
import sys
from pathlib import Path

from pachlite.config import StoreConfig
from pachlite.pfs.refs import parse_branch, parse_commit, parse_repo
from pachlite.wiring import open_store
from tests.contract.drive import tree
from tests.faults.structure import check_structure
from tests.gateway_process import GatewayProcess, environment

WRITES = 400 if os.environ.get("PACHLITE_SOAK") else 60
WRITER = """
import sys
from pathlib import Path
from pachlite.config import StoreConfig
from pachlite.pfs.infos import PutOptions
from pachlite.pfs.refs import parse_commit, parse_file
from pachlite.wiring import open_store

home, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open_store(StoreConfig(Path(home))) as pfs:
    for number in range(count):
        for path, is_append in ((f"{name}/{number}", False), ("shared", True)):
            file, options = parse_file(f"r@master:/{path}"), PutOptions(is_append=is_append)
            with pfs.put_file(file, options) as writer:
                writer.write(f"{name} {number}\\n".encode())
        list(pfs.list_file(parse_commit("r@master")).files)
"""


def test_writers_of_many_processes_lose_nothing(tmp_path: Path) -> None:
    home = tmp_path / "store"
    with open_store(StoreConfig(home)) as pfs:
        pfs.create_branch(parse_branch("r@master"), create_repo=True)
    names = ["a", "b", "c"]
    with GatewayProcess(home) as server:
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(home), name, str(WRITES)],
                env=environment(home),
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in names
        ]
        connection = server.connect()
        for number in range(WRITES):
            connection.request("PUT", f"/master.r/s3/{number}", f"s3 {number}\n")
            response = connection.getresponse()
            response.read()
            assert response.status == 200
        connection.close()
        for writer in writers:
            _, error = writer.communicate(timeout=240)
            assert writer.returncode == 0, error
    with open_store(StoreConfig(home)) as pfs:
        files = tree(pfs, "r@master")
        shared = files.pop("shared").decode().splitlines()
        assert sorted(shared) == sorted(f"{name} {n}" for name in names for n in range(WRITES))
        assert files == {
            f"{name}/{n}": f"{name} {n}\n".encode()
            for name in [*names, "s3"]
            for n in range(WRITES)
        }
        commits = list(pfs.list_commit(parse_repo("r"), start=parse_commit("r@master")))
        assert len(commits) == 1 + WRITES * (2 * len(names) + 1)
        check_structure(pfs)


def test_a_new_store_may_be_opened_by_several_processes_at_once(tmp_path: Path) -> None:
    home = tmp_path / "store"
    openers = [
        subprocess.Popen(
            [sys.executable, "-m", "pachlite", "create", "repo", f"r{number}"],
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
