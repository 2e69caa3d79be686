"""The whole embedded file system against a model that keeps a dictionary for every commit."""

import os
import random
from dataclasses import dataclass, field

import pytest

from pachlite.errors import VersionIsDeleteMarker
from pachlite.pfs.infos import CopyOptions, Deletion
from pachlite.pfs.refs import BranchRef, CommitRef, FileRef, parse_repo
from pachlite.wiring import open_memory_store

SEEDS = 400 if os.environ.get("PACHLITE_SOAK") else 12
STEPS = 60
REPO = parse_repo("r")
PATHS = ["a", "a/", "a/b", "a/b/c", "a-b", "b", "é", "d/x", "d/y"]


@dataclass
class Commit:
    """A commit of the model: its tree, and which paths it put (bytes) or deleted (None)."""

    id: str
    parent: "Commit | None"
    tree: dict[str, bytes]
    events: dict[str, bytes | None] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    is_open: bool = False
    is_gone: bool = False  # squashed or dropped
    fleeting: set[str] = field(default_factory=set)  # put and deleted here: may show a marker

    def chain(self) -> "list[Commit]":
        found, at = [], self
        while at is not None:
            found.append(at)
            at = at.parent
        return found

    def kept_parent(self) -> "Commit | None":
        return next((c for c in self.chain()[1:] if not c.is_gone), None)

    def apply(self, path: str, data: bytes | None) -> None:
        """Put or delete a path, as the last word of this commit on it."""
        before = self.parent.tree if self.parent else {}
        if data is not None:
            self.tree[path], self.events[path] = data, data
            self.fleeting.discard(path)
        elif path in self.tree:
            del self.tree[path]
            self.events.pop(path, None)
            self.fleeting.add(path)
            if path in before:
                self.events[path] = None
                self.fleeting.discard(path)

    def uncertain(self) -> set[str]:
        """Return the paths whose versions may have a marker that a single commit explains."""
        return {path for commit in self.chain() for path in commit.fleeting}

    def versions(self) -> list[tuple[str, str, bytes | None]]:
        """Return (path, commit id, data) as a version listing shows them."""
        found = []
        for path in sorted({p for c in self.chain() for p in c.events}, key=str.encode):
            bearer, seen = self, set()
            for commit in self.chain():
                bearer = bearer if commit.is_gone else commit
                if path in commit.events and bearer.id not in seen:
                    seen.add(bearer.id)
                    if (path, commit.id) not in self.hidden:
                        found.append((path, bearer.id, commit.events[path], commit.id))
        return found


class Pair:
    """A store and its model, taken through the same history."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.pfs = open_memory_store(max_direct_changes=4)
        self.pfs.create_repo(REPO)
        self.commits: dict[str, Commit] = {}
        self.branches: dict[str, Commit] = {}
        self.counter = 0

    # What the steps share

    def branch(self) -> str | None:
        return self.rng.choice(sorted(self.branches)) if self.branches else None

    def finished(self) -> Commit | None:
        choice = [c for c in self.commits.values() if not c.is_open and not c.is_gone]
        return self.rng.choice(choice) if choice else None

    def data(self) -> bytes:
        self.counter += 1
        return b"%d" % self.counter * self.rng.choice([0, 1, 1, 3])

    def ref(self, base: str) -> CommitRef:
        return CommitRef(REPO, base)

    def target(self, name: str, commit_id: str) -> Commit:
        """Return the model's commit for a write to a branch that answered with `commit_id`."""
        head = self.branches.get(name)
        if head is not None and head.is_open:
            assert commit_id == head.id
            return head
        made = Commit(
            commit_id,
            head,
            dict(head.tree) if head else {},
            hidden=set(head.hidden) if head else set(),
        )
        self.commits[commit_id] = self.branches[name] = made
        return made

    # Steps

    def put(self) -> None:
        name, path, data = self.rng.choice("mxyz"), self.rng.choice(PATHS), self.data()
        with self.pfs.put_file(FileRef(self.ref(name), path)) as writer:
            writer.write(data)
            info = writer.complete()
        self.target(name, info.version_id).apply(path, data)

    def delete(self) -> None:
        name, path = self.branch(), self.rng.choice(PATHS)
        if name is None:
            return
        done = self.pfs.delete_file(self.ref(name), [Deletion(path)])
        assert bool(done.commit_id) == (path in self.branches[name].tree)
        if done.commit_id:
            self.target(name, done.commit_id).apply(path, None)

    def file_set(self) -> None:
        name = self.rng.choice("mxyz")
        changes: list[tuple[str, bytes | None]] = []
        with self.pfs.open_file_set(self.ref(name)) as staged:
            for _ in range(self.rng.choice([1, 3, 9, 14])):
                path = self.rng.choice([*PATHS, f"n/{self.rng.randrange(20)}"])
                data = self.data() if self.rng.random() < 0.75 else None
                changes.append((path, data))
                if data is None:
                    staged.delete_file(path)
                    continue
                with staged.put_file(path) as writer:
                    writer.write(data)
            if self.rng.random() < 0.3:
                self.put()  # somebody else is quicker
            if self.rng.random() < 0.1:
                staged.abort()
                return
            info = staged.complete()
        commit = self.target(name, info.id)
        final = dict(changes)
        for path, data in final.items():
            commit.apply(path, data)

    def start(self) -> None:
        name = self.branch()
        if name is None or self.branches[name].is_open:
            return
        head = self.branches[name]
        info = self.pfs.start_commit(BranchRef(REPO, name))
        opened = Commit(info.id, head, dict(head.tree), hidden=set(head.hidden), is_open=True)
        self.commits[info.id] = self.branches[name] = opened

    def finish(self) -> None:
        for name, head in self.branches.items():
            if head.is_open:
                self.pfs.finish_commit(self.ref(name))
                head.is_open = False
                return

    def create_branch(self) -> None:
        name, head = self.rng.choice("mxyz"), self.finished()
        if head is None or (name in self.branches and self.branches[name].is_open):
            return
        self.pfs.create_branch(BranchRef(REPO, name), head=self.ref(head.id))
        self.branches[name] = head

    def delete_branch(self) -> None:
        name = self.branch()
        if name is None or self.branches[name].is_open or self.rng.random() < 0.5:
            return
        self.pfs.delete_branch(BranchRef(REPO, name))
        del self.branches[name]

    def children(self, commit: Commit) -> list[Commit]:
        return [c for c in self.commits.values() if not c.is_gone and c.kept_parent() is commit]

    def squash(self) -> None:
        commit = self.finished()
        if commit is None or any(head is commit for head in self.branches.values()):
            return
        children = self.children(commit)
        if children and not any(child.is_open for child in children):
            self.pfs.squash_commit(commit.id)
            commit.is_gone = True

    def drop(self) -> None:
        choice = [c for c in self.commits.values() if not c.is_gone and not self.children(c)]
        if not choice:
            return
        commit = self.rng.choice(choice)
        parent = commit.kept_parent()
        if parent is None and any(head is commit for head in self.branches.values()):
            return  # falls back to an empty commit: has a test of its own
        self.pfs.delete_commit(commit.id)
        commit.is_gone = True
        for name, head in self.branches.items():
            if head is commit:
                self.branches[name] = parent

    def delete_version(self) -> None:
        name = self.branch()
        listed = self.branches[name].versions() if name else []
        if not listed:
            return
        path, version, _, origin = self.rng.choice(listed)
        if path in self.branches[name].uncertain():
            return
        done = self.pfs.delete_file(self.ref(name), [Deletion(path, version=version)])
        assert done.results[0].error is None
        commit = self.target(name, done.commit_id)
        was_latest = next(row for row in listed if row[0] == path)[3] == origin
        if origin == commit.id:
            commit.events.pop(path)
        else:
            commit.hidden.add((path, origin))
        if was_latest:
            latest = next((row[2] for row in commit.versions() if row[0] == path), None)
            commit.tree.pop(path, None)
            if latest is not None:
                commit.tree[path] = latest

    def copy(self) -> None:
        source, name, path = self.finished(), self.branch(), self.rng.choice(PATHS)
        if source is None or name is None or not source.tree:
            return
        origin = self.rng.choice(sorted(source.tree))
        info = self.pfs.copy_file(
            FileRef(self.ref(source.id), origin), FileRef(self.ref(name), path), CopyOptions()
        )
        self.target(name, info.version_id).apply(path, source.tree[origin])

    STEPS = (put, put, put, delete, file_set, file_set, start, finish, finish, create_branch,
             delete_branch, squash, drop, delete_version, delete_version, copy)  # fmt: skip

    # Comparing

    def check(self) -> None:
        for name, head in self.branches.items():
            assert self.pfs.inspect_branch(BranchRef(REPO, name)).head_id == head.id
            self.check_commit(name, head)
            self.check_versions(name, head)
        live = [c for c in self.commits.values() if not c.is_gone]
        for commit in self.rng.sample(live, min(4, len(live))):
            self.check_commit(commit.id, commit)

    def check_commit(self, base: str, commit: Commit) -> None:
        ref = self.ref(base)
        info = self.pfs.inspect_commit(ref)
        parent = commit.kept_parent()
        assert (info.id, info.parent_id) == (commit.id, parent.id if parent else "")
        assert info.is_open == commit.is_open
        sizes = sum(map(len, commit.tree.values()))
        assert (info.file_count, info.size_bytes) == (len(commit.tree), sizes)
        assert sorted(info.child_ids) == sorted(c.id for c in self.children(commit))
        assert self.listing(ref) == sorted(commit.tree, key=str.encode)
        for path in PATHS:
            if path in commit.tree:
                assert self.read(ref, path) == commit.tree[path]
        if parent is not None:
            changed = {c.path for c in self.pfs.diff_file(FileRef(ref, ""))}
            paths = commit.tree.keys() | parent.tree.keys()
            assert changed == {p for p in paths if commit.tree.get(p) != parent.tree.get(p)}

    def listing(self, ref: CommitRef) -> list[str]:
        found, after, limit = [], "", self.rng.choice([1, 2, 5, 1000])
        while True:
            page = self.pfs.list_file(ref, after=after, limit=limit)
            found += [info.path for info in page.files]
            after = page.next_after
            if not after:
                return found

    def check_versions(self, name: str, head: Commit) -> None:
        expected = head.versions()
        found, path, version, limit = [], "", "", self.rng.choice([1, 3, 1000])
        while True:
            page = self.pfs.list_version(
                self.ref(name), after_path=path, after_version=version, limit=limit
            )
            found += [(v.path, v.version_id, v.is_deleted, v.is_latest) for v in page.versions]
            path, version = page.next_path, page.next_version
            if not path:
                break
        seen: set[str] = set()
        shown = []
        for key, commit_id, data, _ in expected:
            shown.append((key, commit_id, data is None, key not in seen))
            seen.add(key)
        unsure = head.uncertain()
        assert [v for v in found if v[0] not in unsure] == [v for v in shown if v[0] not in unsure]
        live = [[v[:3] for v in rows if not v[2]] for rows in (found, shown)]
        assert live[0] == live[1]
        for key, commit_id, data, _ in expected:
            if data is not None:
                assert self.read(self.ref(name), key, commit_id) == data
                continue
            with pytest.raises(VersionIsDeleteMarker):
                self.read(self.ref(name), key, commit_id)

    def read(self, ref: CommitRef, path: str, version: str = "") -> bytes:
        with self.pfs.get_file(FileRef(ref, path), version=version) as reader:
            return b"".join(reader.blocks())


def run_history(seed: int, steps: int = STEPS) -> None:
    """Take a store and its model through a random history, comparing after every step."""
    pair = Pair(seed)
    try:
        for _ in range(steps):
            step = pair.rng.choice(Pair.STEPS)
            step(pair)
            pair.check()
    finally:
        pair.pfs.close()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_history_reads_as_the_model_says(seed: int) -> None:
    run_history(seed)


def test_the_model_test_notices_what_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed three bugs, one after the other; each has to be found."""
    bugs = {
        "pachlite.store.changes.Put.is_append": property(lambda _: True),
        "pachlite.store.tips.Pen.count": lambda *_: None,
        "pachlite.store.publish.lines.publish_stage": lambda tx, line, _head: tx.execute(
            "UPDATE line SET state = 0 WHERE id = ?", line
        ),
    }
    for place, bug in bugs.items():
        with monkeypatch.context() as patch, pytest.raises(Exception):  # noqa: B017
            patch.setattr(place, bug)
            for seed in range(5):
                run_history(seed)
