"""The rows of auth: what is erased when, what an older store gets, how much is read."""

import sqlite3
from pathlib import Path

import pytest

from pachlite.config import StoreConfig
from pachlite.errors import NotAuthorized
from pachlite.pfs.permissions import Permission, repo_resource
from pachlite.pfs.refs import RepoRef, parse_branch, parse_repo
from pachlite.store import access, expiry
from pachlite.store.expiry import DAY_US
from pachlite.wiring import open_memory_store, open_store

HOUR_S = 3600


class CountingReader:
    """Reads through another reader, and counts."""

    def __init__(self, reader) -> None:
        self.reader = reader
        self.calls = 0

    def one(self, sql, *params):
        self.calls += 1
        return self.reader.one(sql, *params)

    def all(self, sql, *params):
        self.calls += 1
        return self.reader.all(sql, *params)


def count(pfs, table):
    return pfs._engine.reader.one(f"SELECT count(*) FROM {table}")[0]


def erase(pfs, now):
    while not pfs._engine.writer.run(lambda tx: expiry.step(tx, now)):
        pass


def test_tokens_and_keys_are_erased_when_their_time_is_over():
    now = [DAY_US]
    with open_memory_store(clock=lambda: now[0]) as root:
        root.activate_auth()
        for ttl_s in (HOUR_S, None):
            root.create_token("robot:ci", ttl_s=ttl_s)
            root.create_s3_key("robot:ci", ttl_s=ttl_s)
        erase(root, now[0])
        assert (count(root, "token"), count(root, "s3_key")) == (3, 2)
        erase(root, now[0] + HOUR_S * 1_000_000)
        assert (count(root, "token"), count(root, "s3_key")) == (2, 1)


def test_roles_on_a_repo_are_erased_with_it():
    with open_memory_store(clock=lambda: DAY_US) as root:
        root.activate_auth()
        before = count(root, "role")
        root.acting_as("user:alice").create_repo(parse_repo("images"))
        root.delete_repo(parse_repo("images"))
        assert count(root, "role") == before + 1
        erase(root, 40 * DAY_US)
        assert count(root, "role") == before


def test_a_repo_that_somebody_made_meanwhile_gets_no_branch_of_another():
    with open_memory_store() as root:
        root.activate_auth()
        root.acting_as("user:alice").create_repo(parse_repo("images"))
        # What bob's view does after it has found no such repo, and has asked the project.
        bob = root.acting_as("user:bob").pfs
        with pytest.raises(NotAuthorized):
            bob.create_branch(parse_branch("images@dev"), create_repo=True)
        assert root.list_branch(parse_repo("images")) == []


def test_a_store_made_before_there_was_auth_is_brought_up_to_date(tmp_path: Path):
    home = tmp_path / "store"
    with open_store(StoreConfig(home)) as store:
        store.create_repo(parse_repo("images"))
    with sqlite3.connect(home / "metadata.db") as older:
        older.executescript("DROP TABLE auth; DROP INDEX s3_key_subject; PRAGMA user_version = 1;")
    older.close()
    with open_store(StoreConfig(home)) as store:
        assert not store.is_auth_active()
        store.activate_auth()
        assert [info.repo.name for info in store.list_repo()] == ["images"]


def test_a_repeated_check_costs_one_point_read():
    with open_memory_store() as root:
        root.activate_auth()
        alice = root.acting_as("user:alice")
        alice.create_repo(parse_repo("images"))
        reader = CountingReader(root._engine.reader)
        check = access.AccessCheck(reader)
        images = repo_resource(parse_repo("images"))
        assert check.allows("user:alice", Permission.REPO_READ, images)
        reader.calls = 0
        for _ in range(10):
            assert check.allows("user:alice", Permission.REPO_READ, images)
            assert not check.allows("user:bob", Permission.REPO_READ, images)
        assert reader.calls == 10 + 10 + 1  # one more to find out about bob
        reader.calls = 0
        assert check.is_active()
        assert reader.calls == 1


def test_answers_that_are_kept_have_a_bound(monkeypatch):
    monkeypatch.setattr(access, "_MAX_KEPT", 10)
    with open_memory_store() as root:
        root.activate_auth()
        check = access.AccessCheck(root._engine.reader)
        for number in range(50):
            resource = repo_resource(RepoRef("default", f"r{number}"))
            assert not check.allows("user:alice", Permission.REPO_READ, resource)
        assert int(repr(check).split()[-2]) <= 11
