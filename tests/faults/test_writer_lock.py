"""Processes take turns at writing, whatever becomes of them."""

import itertools
import os
import signal
import subprocess
import sys

import pytest

from pachlite.errors import StoreBusy
from pachlite.metadata.sqlite import SqliteDatabase

WRITES = 2_000 if os.environ.get("PACHLITE_SOAK") else 150

HOLDER = """
import sys, time
from pathlib import Path
from pachlite.metadata.sqlite import SqliteDatabase
database = SqliteDatabase.open(Path(sys.argv[1]), holder="process 7 (pachlite holding on)")
with database.transaction() as tx:
    tx.execute("UPDATE counter SET n = 99")
    print("holding", flush=True)
    time.sleep(600)
"""

COUNTER = """
import sys
from pathlib import Path
from pachlite.metadata.sqlite import SqliteDatabase
database = SqliteDatabase.open(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with database.transaction() as tx:
        n = tx.one("SELECT n FROM counter")[0]
        tx.execute("UPDATE counter SET n = ?", n + 1)
    print(n, flush=True)
database.close()
"""

CREATOR = """
import sys
from pathlib import Path
from pachlite.store.format import open_directory
sys.stdin.readline()
store = open_directory(Path(sys.argv[1]), lambda: 1)
print(store.format.store_id)
store.database.close()
"""


@pytest.fixture
def database(tmp_path):
    made = SqliteDatabase.open(tmp_path)
    with made.transaction() as tx:
        tx.execute("CREATE TABLE counter (n INTEGER)")
        tx.execute("INSERT INTO counter VALUES (0)")
    yield made
    made.close()


def start(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process):
    process.kill()
    process.communicate()


def test_who_waits_in_vain_learns_who_holds_the_lock(database, tmp_path):
    holder = start(HOLDER, tmp_path)
    assert holder.stdout.readline() == "holding\n"
    with (
        pytest.raises(StoreBusy, match=r"process 7 \(pachlite holding on\)"),
        database.transaction(wait_s=0.05),
    ):
        pass
    assert database.reader.one("SELECT n FROM counter") == (0,)
    end(holder)


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM])
def test_the_lock_of_a_killed_process_is_free(database, tmp_path, kind):
    holder = start(HOLDER, tmp_path)
    assert holder.stdout.readline() == "holding\n"
    holder.send_signal(kind)
    holder.communicate()
    with database.transaction(wait_s=10) as tx:
        tx.execute("UPDATE counter SET n = n + 1")
    assert database.reader.one("SELECT n FROM counter") == (1,)


def test_processes_that_write_at_once_lose_nothing_and_take_turns(database, tmp_path):
    processes = [start(COUNTER, tmp_path, WRITES) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=200)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    numbers = [[int(line) for line in output.splitlines()] for output in outputs]
    assert sorted(itertools.chain(*numbers)) == list(range(3 * WRITES))
    # Nobody was kept out: before anybody was done, everybody had done a good part.
    first_done = min(max(own) for own in numbers)
    assert all(sum(number < first_done for number in own) > WRITES // 5 for own in numbers)
    assert database.reader.one("SELECT n FROM counter") == (3 * WRITES,)


def test_processes_that_make_a_store_at_once_make_one(tmp_path):
    processes = [start(CREATOR, tmp_path / "store") for _ in range(4)]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = {process.communicate(timeout=100)[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert len(outputs) == 1
