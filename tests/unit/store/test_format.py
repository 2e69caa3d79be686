import os
from pathlib import Path

import pytest

from pachlite.errors import NetworkFileSystem, StoreNotWritable, StoreTooNew
from pachlite.store import format as module
from pachlite.store.format import file_system_of, open_directory, open_memory

MOUNTS = """\
27 1 254:0 / / rw,relatime - ext4 /dev/root rw
24 27 0:6 / /dev rw,relatime shared:2 - devtmpfs devtmpfs rw
30 27 0:40 / /data rw,relatime shared:9 master:3 - nfs4 server:/export rw,vers=4.2
31 30 254:1 / /data/local rw - xfs /dev/vdb rw
32 27 0:41 / /my\\040share rw - fuse.sshfs me@there:/ rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me", "ext4"),
        ("/data", "nfs4"),
        ("/data/store", "nfs4"),
        ("/database", "ext4"),
        ("/data/local/store", "xfs"),
        ("/my share/store", "fuse.sshfs"),
        ("/dev/shm", "devtmpfs"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_longest_mount_point(path, kind):
    assert file_system_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone"])
def test_network_file_systems_are_refused(kind, tmp_path, monkeypatch):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"27 1 254:0 / / rw,relatime - {kind} there rw\n")
    monkeypatch.setattr(module, "_MOUNTS", mounts)
    with pytest.raises(NetworkFileSystem, match=kind):
        open_directory(tmp_path / "store", lambda: 1)


@pytest.mark.parametrize("kind", ["ext4", "btrfs", "tmpfs", "overlay", "fuse.mergerfs", "virtiofs"])
def test_local_file_systems_are_taken(kind, tmp_path, monkeypatch):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"27 1 254:0 / / rw,relatime - {kind} /dev/x rw\n")
    monkeypatch.setattr(module, "_MOUNTS", mounts)
    open_directory(tmp_path / "store", lambda: 1).database.close()


def test_where_nothing_is_known_of_mounts_every_directory_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOUNTS", tmp_path / "missing")
    open_directory(tmp_path / "store", lambda: 1).database.close()


def test_a_store_keeps_its_id(tmp_path):
    first = open_directory(tmp_path / "a" / "store", lambda: 1_000)
    first.database.close()
    second = open_directory(tmp_path / "a" / "store", lambda: 2_000)
    second.database.close()
    assert first.format == second.format
    assert first.format.created == 1_000


def test_a_new_home_is_for_its_owner_alone_and_one_that_is_there_stays_as_it_is(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o770)
    for home, mode in ((tmp_path / "new", 0o700), (shared, 0o770)):
        open_directory(home, lambda: 1).database.close()
        assert home.stat().st_mode & 0o777 == mode


def test_stores_in_memory_are_apart():
    stores = [open_memory(lambda: 1) for _ in range(2)]
    assert stores[0].format.store_id != stores[1].format.store_id
    for store in stores:
        store.database.close()


def test_a_store_with_other_chunks_is_too_new(tmp_path):
    store = open_directory(tmp_path, lambda: 1)
    with store.database.transaction() as tx:
        tx.execute("UPDATE format SET v = 'other 1 2 3' WHERE k = 'chunker'")
    store.database.close()
    with pytest.raises(StoreTooNew, match="other 1 2 3"):
        open_directory(tmp_path, lambda: 1)


def test_a_file_in_the_way_is_not_writable(tmp_path):
    (tmp_path / "store").write_text("in the way")
    with pytest.raises(StoreNotWritable):
        open_directory(tmp_path / "store", lambda: 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_write_permission_is_not_writable(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreNotWritable, match="permission denied"):
        open_directory(tmp_path, lambda: 1)
