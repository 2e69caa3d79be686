"""What is erased after a time, and what is not before."""

import pytest

from pachlite import errors
from pachlite.pfs.infos import CompletedPart
from pachlite.pfs.refs import parse_branch, parse_commit, parse_file, parse_repo
from pachlite.store import expiry
from pachlite.store.embedded import EmbeddedPFS
from pachlite.store.expiry import DAY_US
from pachlite.wiring import open_memory_store
from tests.contract.drive import commit_files, put, read, tree

TABLES = ("commits", "ent", "hist", "line", "upload", "upload_part", "operation", "repo", "branch")


class Store:
    """A store whose clock stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000_000
        self.pfs: EmbeddedPFS = open_memory_store(max_direct_changes=3, clock=lambda: self.now)

    def later(self, days: float) -> None:
        """Let time pass, and erase what has expired, as the upkeep does."""
        self.now += int(days * DAY_US)
        writer = self.pfs._engine.writer
        for _ in range(1000):
            if writer.run(lambda tx: expiry.step(tx, self.now)):
                return
        pytest.fail("expiry never ends")

    def rows(self, table: str) -> int:
        found = self.pfs._engine.reader.one(f"SELECT count(*) FROM {table}")
        assert found is not None
        return found[0]


@pytest.fixture
def store():
    store = Store()
    yield store
    store.pfs.close()


def test_a_dropped_commit_goes_after_thirty_days(store):
    put(store.pfs, "r@master:/a", b"1")
    dropped = put(store.pfs, "r@master:/a", b"2").version_id
    store.pfs.delete_commit(dropped)
    store.later(29)
    assert store.rows("commits") == 2
    store.later(2)
    assert (store.rows("commits"), store.rows("hist")) == (1, 0)
    assert tree(store.pfs, "r@master") == {"a": b"1"}
    put(store.pfs, "r@master:/a", b"3")
    assert tree(store.pfs, "r@master") == {"a": b"3"}


def test_a_squashed_commit_takes_only_what_nobody_shows(store):
    ids = [put(store.pfs, "r@master:/a", text).version_id for text in (b"1", b"2", b"3")]
    store.pfs.squash_commit(ids[1])
    store.later(31)
    assert (store.rows("commits"), store.rows("hist")) == (2, 1)
    assert read(store.pfs, f"r@{ids[0]}:/a") == b"1"
    assert tree(store.pfs, "r@master") == {"a": b"3"}


def test_a_deleted_repo_goes_with_everything(store):
    put(store.pfs, "kept@master:/a", b"1")
    before = {table: store.rows(table) for table in TABLES}
    commit_files(store.pfs, "gone@master", {f"f{n}": b"x" for n in range(5)})
    put(store.pfs, "gone@dev:/a", b"1")
    store.pfs.create_upload(parse_file("gone@dev:/b"))
    store.pfs.delete_repo(parse_repo("gone"))
    store.later(31)
    assert {table: store.rows(table) for table in TABLES} == before
    assert tree(store.pfs, "kept@master") == {"a": b"1"}


def test_an_idle_upload_is_forgotten_after_a_week(store):
    put(store.pfs, "r@master:/other", b"1")
    file = parse_file("r@master:/a")
    idle, busy = store.pfs.create_upload(file), store.pfs.create_upload(file)
    store.later(6)
    with store.pfs.put_part(file, busy.id, 1) as writer:
        writer.write(b"x")
        part = writer.complete()
    store.later(2)
    assert [u.id for u in store.pfs.list_upload(parse_commit("r@master")).uploads] == [busy.id]
    with pytest.raises(errors.UploadNotFound):
        store.pfs.put_part(file, idle.id, 1)
    named = [CompletedPart(1, part.etag)]
    done = store.pfs.complete_upload(file, busy.id, named)
    assert store.pfs.complete_upload(file, busy.id, named).version_id == done.version_id
    store.later(2)
    with pytest.raises(errors.UploadNotFound):
        store.pfs.complete_upload(file, busy.id, named)


def test_staging_left_by_a_crash_is_swept_up(store):
    put(store.pfs, "r@master:/other", b"1")
    left = store.pfs.open_file_set(parse_commit("r@master"))
    for number in range(9):
        with left.put_file(f"f{number}") as writer:
            writer.write(b"x")
    assert store.rows("line") == 2
    store.later(8)
    assert (store.rows("line"), store.rows("ent")) == (1, 1)


def test_staging_that_cannot_be_published_is_discarded(store):
    put(store.pfs, "r@master:/other", b"1")
    changes = store.pfs.open_file_set(parse_commit("r@master"))
    for number in range(9):
        with changes.put_file(f"f{number}") as writer:
            writer.write(b"x")
    store.pfs.delete_repo(parse_repo("r"))
    with pytest.raises(errors.RepoNotFound), changes:
        pass
    assert (store.rows("line"), store.rows("ent")) == (1, 1)


def test_an_operation_is_remembered_for_a_day(store):
    put(store.pfs, "r@master:/a", b"1")
    changes = store.pfs.open_file_set(parse_commit("r@master"), operation_id="op")
    with changes, changes.put_file("b") as writer:
        writer.write(b"2")
    store.later(2)
    assert store.rows("operation") == 0


def test_nothing_expires_that_is_in_use(store):
    put(store.pfs, "r@master:/a", b"1")
    opened = store.pfs.start_commit(parse_branch("r@master"))
    put(store.pfs, "r@master:/b", b"2")
    store.later(365)
    assert store.pfs.finish_commit(parse_commit("r@master")).id == opened.id
    assert tree(store.pfs, "r@master") == {"a": b"1", "b": b"2"}
