"""What every object store must do, wherever the bytes are."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pachlite.errors import ContentCorrupt, DiskFull, Retry, StoreNotWritable
from pachlite.objects.local import LocalObjects
from pachlite.objects.memory import MemoryObjects
from tests.failing import FailingDisk

KEY = "0123456789abcdef"
OTHER = "fedcba9876543210"


@pytest.fixture(params=["local", "memory"])
def objects(request, tmp_path):
    made = LocalObjects(tmp_path / "packs") if request.param == "local" else MemoryObjects()
    yield made
    made.close()


@pytest.fixture
def on_disk(tmp_path):
    made = LocalObjects(tmp_path / "packs", max_open_files=2)
    yield made
    made.close()


def test_a_new_object_is_there_and_empty(objects):
    with objects.create(KEY):
        assert objects.keys() == [KEY]
        assert objects.size(KEY) == 0


def test_what_was_appended_is_read_at_its_offset(objects):
    with objects.create(KEY) as appender:
        assert appender.append(b"head", memoryview(b"body")) == 0
        assert appender.append(b"tail") == 8
        appender.sync()
        assert objects.read(KEY, 4, 6) == b"bodyta"
    assert objects.read(KEY, 0, 12) == b"headbodytail"
    assert objects.size(KEY) == 12


def test_an_object_is_created_only_once(objects):
    with objects.create(KEY) as appender:
        appender.append(b"first")
    with pytest.raises(Retry):
        objects.create(KEY)
    assert objects.read(KEY, 0, 5) == b"first"


def test_a_sealed_object_takes_no_more_data(objects):
    appender = objects.create(KEY)
    appender.append(b"all")
    appender.seal()
    for operation in (lambda: appender.append(b"more"), appender.sync, appender.seal):
        with pytest.raises(Retry):
            operation()
    appender.close()
    assert objects.read(KEY, 0, 3) == b"all"


def test_whether_an_object_is_being_written_is_known(objects):
    appender = objects.create(KEY)
    assert objects.is_being_written(KEY)
    appender.close()
    assert not objects.is_being_written(KEY)
    assert not objects.is_being_written(OTHER)


def test_an_error_in_the_block_closes_the_object(objects):
    with pytest.raises(ValueError), objects.create(KEY) as appender:
        raise ValueError
    assert not objects.is_being_written(KEY)
    with pytest.raises(Retry):
        appender.append(b"late")


def test_reading_beyond_the_end_is_corrupt_content(objects):
    with objects.create(KEY) as appender:
        appender.append(b"short")
    with pytest.raises(ContentCorrupt):
        objects.read(KEY, 2, 4)


def test_a_missing_object_is_corrupt_content(objects):
    for operation in (lambda: objects.read(KEY, 0, 1), lambda: objects.size(KEY)):
        with pytest.raises(ContentCorrupt):
            operation()


def test_delete_removes_and_is_harmless_twice(objects):
    with objects.create(KEY) as appender:
        appender.append(b"x")
    with objects.create(OTHER):
        pass
    assert objects.read(KEY, 0, 1) == b"x"
    objects.delete(KEY)
    objects.delete(KEY)
    assert objects.keys() == [OTHER]
    with pytest.raises(ContentCorrupt):
        objects.read(KEY, 0, 1)


def test_many_threads_read_more_objects_than_stay_open(on_disk):
    keys = [f"{number:016x}" for number in range(12)]
    for key in keys:
        with on_disk.create(key) as appender:
            appender.append(key.encode() * 100)

    def read(number):
        key = keys[number % len(keys)]
        return on_disk.read(key, 16 * (number % 100), 16) == key.encode()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(600)))
    assert len(on_disk._files._files) == 2


@pytest.fixture
def disk():
    return FailingDisk()


@pytest.fixture
def failing(tmp_path, disk):
    made = LocalObjects(tmp_path / "packs", disk=disk)
    yield made
    made.close()


@pytest.mark.parametrize(("code", "error"), [(errno.EIO, Retry), (errno.ENOSPC, DiskFull)])
def test_a_failed_sync_poisons_the_object(failing, disk, code, error):
    appender = failing.create(KEY)
    appender.append(b"lost")
    disk.sync_error = code
    with pytest.raises(error):
        appender.sync()
    disk.sync_error = None
    for operation in (appender.sync, appender.seal, lambda: appender.append(b"x")):
        with pytest.raises(error):
            operation()
    assert disk.syncs == 1
    assert "poisoned" in repr(appender)
    appender.close()


def test_a_full_disk_leaves_no_half_block_behind(failing, disk):
    with failing.create(KEY) as appender:
        appender.append(b"before")
        disk.room_bytes = 3
        with pytest.raises(DiskFull):
            appender.append(b"too", b"much")
        assert failing.size(KEY) == 6
        disk.room_bytes = None
        assert appender.append(b"after") == 6
    assert failing.read(KEY, 0, 11) == b"beforeafter"


def test_a_short_write_is_continued(failing, disk):
    disk.is_stuttering = True
    with failing.create(KEY) as appender:
        assert appender.append(b"one", b"two") == 0
        assert appender.append(b"three") == 6
    assert failing.read(KEY, 0, 11) == b"onetwothree"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_is_not_writable_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreNotWritable, match=str(tmp_path)):
        LocalObjects(tmp_path / "packs").create(KEY)


def test_files_are_spread_over_directories(on_disk, tmp_path):
    with on_disk.create(KEY):
        pass
    assert Path(tmp_path / "packs" / "01" / f"{KEY}.pack").is_file()


def test_states_are_shown(on_disk):
    appender = on_disk.create(KEY)
    appender.append(b"abc")
    assert repr(appender) == f"<LocalAppender {KEY}.pack 3 bytes open>"
    appender.close()
    assert "closed" in repr(appender)
    assert "packs" in repr(on_disk)
    assert repr(MemoryObjects()) == "<MemoryObjects 0 objects>"
