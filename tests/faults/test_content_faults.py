"""Content survives killed writers, failing disks and disks that are full."""

import errno
import os
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pachlite.errors import DiskFull, Retry
from tests.content_store import ContentStore
from tests.failing import FailingDisk
from tests.faults.content_load import content_of

ROUNDS = 200 if os.environ.get("PACHLITE_SOAK") else 8
KiB, MiB = 1 << 10, 1 << 20


def run_until_killed(home, seed):
    """Let a process write for a random while, kill it; return what it acknowledged."""
    command = [sys.executable, "-m", "tests.faults.content_load", str(home), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        killer = threading.Timer(random.Random(seed).uniform(0.01, 0.4), process.kill)
        killer.start()
        lines = process.stdout.read().splitlines(keepends=True)
        killer.join()
    return {int(line) for line in lines if line.endswith("\n")}


def check(home, acknowledged, *, only=None):
    """Check the rows of a store, and the bytes of all files or of those of one round only."""
    with ContentStore(home) as store:
        q = store.database.reader
        assert q.one("PRAGMA quick_check") == ("ok",)
        rows = {number: (content, size) for number, content, size in q.all("SELECT * FROM file")}
        assert acknowledged <= rows.keys()
        for number, (content, size) in rows.items():
            if only is not None and number // 1_000_000 != only:
                continue
            data = content_of(number)
            assert size == len(data)
            assert store.get(content, size) == data, number
        assert q.all("SELECT id FROM chunk WHERE id NOT IN (SELECT chunk FROM dd)") == []
        assert (
            q.all("SELECT pack FROM chunk WHERE pack AND pack NOT IN (SELECT id FROM pack)") == []
        )
        keys = [key for (key,) in q.all("SELECT key FROM pack")]
        assert not any(store.objects.is_being_written(key) for key in keys)
        assert set(store.objects.keys()) <= set(keys)
        return len(rows)


def test_what_was_acknowledged_survives_kill_9_at_any_moment(tmp_path):
    acknowledged = set()
    for seed in range(ROUNDS):
        acknowledged |= run_until_killed(tmp_path, seed)
        check(tmp_path, acknowledged, only=seed)
    rows = check(tmp_path, acknowledged)
    assert rows >= len(acknowledged) > 10 * ROUNDS


@pytest.fixture
def disk():
    return FailingDisk()


@pytest.fixture
def store(tmp_path, disk):
    with ContentStore(tmp_path, disk=disk) as made:
        yield made


def bytes_of(size, seed=0):
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize(("code", "error"), [(errno.EIO, Retry), (errno.ENOSPC, DiskFull)])
@pytest.mark.parametrize("size", [100 * KiB, 6 * MiB])
def test_content_on_a_disk_that_cannot_sync_is_never_acknowledged(store, disk, size, code, error):
    store.put(bytes_of(size, 1))
    disk.sync_error = code
    with pytest.raises(error):
        store.put(bytes_of(size, 2))
    disk.sync_error = None
    content = store.put(bytes_of(size, 2))
    assert store.get(content, size) == bytes_of(size, 2)
    assert store.count("pack") == 2  # what the disk failed on is not used again


def test_content_that_was_in_a_pack_when_it_failed_is_refused_later(store, disk):
    late = store.take(bytes_of(100 * KiB, 1))
    disk.sync_error = errno.EIO
    with pytest.raises(Retry):
        store.put(bytes_of(100 * KiB, 2))
    disk.sync_error = None
    with pytest.raises(Retry):
        store.attach(late)
    assert store.count("chunk") == 0


def test_rows_without_content_do_not_suffer_from_a_failing_disk(store, disk):
    store.take(bytes_of(100 * KiB))
    disk.sync_error = errno.EIO
    assert store.get(store.put(b"small enough"), 12) == b"small enough"


@pytest.mark.parametrize("room", [0, 50, 60 * KiB])
@pytest.mark.parametrize("size", [100 * KiB, 6 * MiB])
def test_a_disk_that_is_full_for_packs_keeps_nothing_and_works_later(store, disk, size, room):
    before = store.put(bytes_of(size, 1))
    disk.room_bytes = room
    with pytest.raises(DiskFull):
        store.put(bytes_of(size, 2))
    assert store.get(before, size) == bytes_of(size, 1)
    disk.room_bytes = None
    content = store.put(bytes_of(size, 2))
    assert store.get(content, size) == bytes_of(size, 2)
    assert store.count("pack") == 1


def test_a_disk_that_is_full_for_rows_keeps_nothing_and_works_later(store):
    before = store.put(bytes_of(9 * KiB, 1))
    store.run(lambda tx: tx.one(f"PRAGMA max_page_count = {tx.one('PRAGMA page_count')[0] + 1}"))
    with pytest.raises(DiskFull):
        store.put(bytes_of(15 * KiB, 2))
    assert store.get(before, 9 * KiB) == bytes_of(9 * KiB, 1)
    store.run(lambda tx: tx.one("PRAGMA max_page_count = 1000000"))
    assert store.get(store.put(bytes_of(15 * KiB, 2)), 15 * KiB) == bytes_of(15 * KiB, 2)


def test_threads_that_meet_a_full_disk_each_learn_the_truth(store, disk):
    disk.room_bytes = 2 * MiB

    def put(number):
        try:
            return number, store.put(bytes_of(100 * KiB, number))
        except DiskFull:
            return number, None

    with ThreadPoolExecutor(8) as pool:
        results = dict(pool.map(put, range(40)))
    assert None in results.values()
    stored = {number: content for number, content in results.items() if content}
    assert len(stored) >= 15
    for number, content in stored.items():
        assert store.get(content, 100 * KiB) == bytes_of(100 * KiB, number)
