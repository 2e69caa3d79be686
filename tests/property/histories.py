"""Random histories of commits, made on lines and on the model, and compared after every step.

`History` plays the part of the store: it decides on which line a commit goes, keeps the rows of
`commits`, and calls the functions of `lines` as the store does.
"""

from __future__ import annotations

from random import Random
from types import ModuleType
from typing import Any

from tests.property.model import Commit
from tests.property.rows import Rows

# Byte order, prefixes of one another, and what sorts around the separator.
PATHS = ("a", "a!b", "a/b", "a/b/c", "a/c", "aa", "b", "b/", "b/a", "c", "é", "\U0001f600")
BOUNDS = ("", "a", "a/", "a0", "b", "c", "z", "é", "\U0010ffff")


class History:
    """A history in the making.

    Attributes:
        lines: The module under test.
        commits: All that were finished, or are open, and are not erased.
        branches: Heads.
        stages: Staging lines, with what is staged on each.
        paths: What it writes to: fewer paths meet more often, more fill pages.
        weights: How often it does what. Every history has its own leaning, so that what seldom
            happens together sometimes does.
        forks: How often it makes a line that it need not make, so that lines get deep.
        trace: What was done, to be read when a comparison fails.
    """

    def __init__(self, lines: ModuleType, rng: Random) -> None:
        self.lines = lines
        self.rng = rng
        self.db = Rows()
        self.commits: list[Commit] = []
        self.branches: list[Commit] = []
        self.stages: dict[int, dict[str, int | None]] = {}
        self.content = 0
        self.paths = sorted(rng.sample(PATHS, rng.choice([2, 3, 5, 12])))
        self.weights = [weight * rng.choice([0.2, 1, 1, 4]) for weight in WEIGHTS]
        self.forks = rng.choice([0, 0, 0.2, 0.6])
        self.trace = ["begin: "]
        root = Commit(None, lines.Snapshot(lines.create_line(self.db, 1, None, 0), 1))
        first = self._next(self._commit(root, is_open=False))
        for path in self.paths:
            self._set(first, path, self._content())
        self.branches.append(self._commit(first, is_open=False))

    def step(self) -> None:
        """Do one random thing that there is something to do for."""
        self.trace.append("")
        while not self.trace[-1]:
            self.rng.choices(ACTIONS, self.weights)[0](self)

    def note(self, *words: object) -> None:
        self.trace[-1] += " ".join(str(word) for word in words) + "; "

    # What a user does.

    def _write(self) -> None:
        """Change some paths of a branch: in its open commit, or in a commit of its own."""
        self._write_to(self._branch())

    def _write_to(self, branch: int) -> None:
        head = self.branches[branch]
        if head.is_open:
            self._change(head)
            return
        commit = self._next(head)
        self._change(commit)  # before its row is there, as when the store makes a commit
        self.branches[branch] = self._commit(commit, is_open=False)

    def _start(self) -> None:
        branch = self._branch()
        head = self.branches[branch]
        if not head.is_open:
            commit = self._commit(self._next(head), is_open=True)
            self.branches[branch] = commit
            self.note("start", commit)

    def _finish(self) -> None:
        head = self.branches[self._branch()]
        if head.is_open:
            self.db.execute("UPDATE commits SET finished = 1 WHERE cid = ?", head.cid)
            head.is_open = False
            self.note("finish", head)

    def _abort(self) -> None:
        head = self.branches[self._branch()]
        if not head.is_open:
            return
        self.note("abort", head)
        parent = self._kept_parent(head)
        self.branches = [parent if b is head else b for b in self.branches]
        self.db.execute("DELETE FROM commits WHERE cid = ?", head.cid)
        self.lines.undo(self.db, head.at.line, 0)
        self._forget(head)

    def _branch_off(self) -> None:
        if len(self.branches) < 4:
            commit = self._any_kept()
            self.branches.append(commit)
            self.note("branch off", commit)

    def _move_head(self) -> None:
        branch = self._branch()
        if not self.branches[branch].is_open:
            self.branches[branch] = self._any_kept()
            self.note("move", branch, "to", self.branches[branch])

    def _drop(self) -> None:
        """Drop a head that nothing was made on top of."""
        head = self.branches[self._branch()]
        if head.is_open or head.parent is None or self._has_children(head):
            return
        parent = self._kept_parent(head)
        self.note("drop", head, "to", parent)
        self._delete(head)
        self.branches = [parent if b is head else b for b in self.branches]

    def _squash(self) -> None:
        near = self.branches[self._branch()].ancestry[1:5]
        candidates = [c for c in near if c.is_kept and c.parent and c not in self.branches]
        if candidates:
            commit = self.rng.choice(candidates)
            self._delete(commit)
            self.note("squash", commit)

    def _undelete(self) -> None:
        deleted = [c for c in self.commits if not c.is_kept and not c.is_erased]
        if deleted:
            commit = self.rng.choice(deleted)
            commit.is_kept = True
            self.db.execute("UPDATE commits SET deleted = NULL WHERE cid = ?", commit.cid)
            self.note("undelete", commit)

    def _stage(self) -> None:
        """Stage changes on a line of its own."""
        if not self.stages or (len(self.stages) < 2 and self.rng.random() < 0.3):
            self.stages[self.lines.create_line(self.db, 1, None, 0, staging=True)] = {}
        line = self.rng.choice(list(self.stages))
        paths = self.rng.choices(self.paths, k=3)
        changes = {path: self.rng.choice([None, self._content()]) for path in paths}
        self.stages[line] |= changes
        values = [(path, self._value(content)) for path, content in changes.items()]
        if self.rng.random() < 0.5:
            self.lines.stage_many(self.db, line, values)
        for path, value in values:
            self.lines.stage(self.db, line, path, value)
        self.note("stage", line, changes)

    def _publish(self) -> None:
        """Put a staging line on a head, which may have moved since, or into its open commit."""
        if not self.stages:
            return
        line = self.rng.choice(list(self.stages))
        changes = self.stages.pop(line)
        if self.rng.random() < 0.2:
            self.lines.discard_stage(self.db, line)
            return
        branch = self._branch()
        head = self.branches[branch]
        files = [content for content in changes.values() if content is not None]
        assert self.lines.count_stage(self.db, line) == (len(files), sum(files))
        self.lines.publish_stage(self.db, line, head.at)
        at = self.lines.Snapshot(line, 1)
        self.note("publish", line, "on", head)
        if head.is_open:
            self._take_over(head, at)
        else:
            head = self.branches[branch] = self._commit(Commit(head, at), is_open=False)
        for path, content in changes.items():
            head.delete(path) if content is None else head.put(path, content)
        self._change(head, edit=True)

    def _delete_versions(self) -> None:
        """Delete versions of paths, and maybe change some, in one commit."""
        branch = self._branch()
        head = self.branches[branch]
        commit = head if head.is_open else self._next(head)
        view = head
        for _ in range(self.rng.choice([1, 1, 2, 3])):
            if self._delete_version(commit, view):
                view = commit
            if self.rng.random() < 0.2:
                self._change(commit)
                view = commit
        if view is commit and commit is not head:
            self.branches[branch] = self._commit(commit, is_open=False)

    def _delete_version(self, commit: Commit, view: Commit) -> bool:
        path = max(self.rng.sample(self.paths, 2), key=lambda path: len(view.versions(path)))
        shown = view.versions(path)
        if not shown:
            return False
        picked = shown[0] if self.rng.random() < 0.6 else self.rng.choice(shown)
        position = self.rng.choice([picked.version.at, picked.writer.at])
        self.lines.delete_version(self.db, commit.at, view.at, path, position)
        commit.delete_version(path, picked.version, view)
        self.note("delete version", path, picked.version, "in", commit)
        return True

    # What the store does in the background.

    def _expire(self) -> None:
        """Erase what was dropped at the end of a line, or the commit rows of what was squashed."""
        deleted = [c for c in self.commits if not c.is_kept and not c.is_erased]
        if not deleted:
            return
        commit = self.rng.choice(deleted)
        self.db.execute("DELETE FROM commits WHERE cid = ?", commit.cid)
        self.lines.undo(self.db, commit.at.line, 0)
        commit.is_erased = True
        self.note("expire", commit)

    def _prune(self) -> None:
        for (line,) in self.db.all("SELECT id FROM line"):
            count = self.lines.prune(self.db, line)
            if count:
                self.note("prune", line, count)

    def _flatten(self) -> None:
        """Do a step of flattening a line that has ancestors or is being flattened."""
        line = self._deep_line()
        if line is not None:
            levels = self.rng.choice([None, 1, 1, 2, 3])
            limit = self.rng.choice([1, 1, 2, 3, 100])
            done = self.lines.flatten(self.db, line, limit_rows=limit, levels=levels)
            self.note("flatten", line, "levels", levels, "limit", limit, "done", done)

    def _flatten_wholly(self) -> None:
        line = self._deep_line()
        if line is not None:
            self._absorb_all(line)

    def _flatten_among_writes(self) -> None:
        """Flatten the line of a branch while it is written, and maybe an ancestor of it."""
        chains = [self.lines.read_chain(self.db, head.at) for head in self.branches]
        branch = max(range(len(chains)), key=lambda branch: len(chains[branch]))
        (line, _), *ancestors = chains[branch]
        levels, forks, self.forks = self.rng.choice([1, 2]), self.forks, 0
        for _ in range(8 if ancestors else 0):
            done = self.lines.flatten(self.db, line, limit_rows=1, levels=levels)
            self.note("flatten", line, "levels", levels, "done", done)
            if self.rng.random() < 0.2:
                self._absorb_all(self.rng.choice(ancestors).line)
            self._write_to(branch)
        self.forks = forks

    # Parts.

    def _absorb_all(self, line: int) -> None:
        for _ in range(100):
            if not self._is_deep(line):
                return
            self.lines.flatten(self.db, line, limit_rows=2, levels=9)
            self.note("flatten", line)
        raise AssertionError("there is no end of flattening")

    def _change(self, commit: Commit, *, edit: bool = False) -> None:
        """Write a few random paths in a commit."""
        for _ in range(self.rng.choice([0, 1] if edit else [1, 1, 2, 3])):
            content = None if self.rng.random() < 0.35 else self._content()
            self._set(commit, self.rng.choice(self.paths), content)

    def _set(self, commit: Commit, path: str, content: int | None) -> None:
        before = commit.files.get(path)
        old = self.lines.write(self.db, commit.at, path, self._value(content))
        assert (old and old.value.size) == (before and before.content)
        assert old is None or old.origin == before.at
        commit.delete(path) if content is None else commit.put(path, content)
        self.note("set", commit, path, content)

    def _next(self, head: Commit) -> Commit:
        """Return the commit that follows a head: on its line, or on a new one."""
        tip, seq = self.db.one("SELECT tip, next_seq FROM line WHERE id = ?", head.at.line)
        if tip == head.at.seq and self.rng.random() >= self.forks:
            return Commit(head, self.lines.Snapshot(head.at.line, seq))
        line = self.lines.create_line(self.db, 1, head.at, 0)
        return Commit(head, self.lines.Snapshot(line, 1))

    def _commit(self, commit: Commit, *, is_open: bool) -> Commit:
        commit.id = self._content().to_bytes(16, "big")
        commit.is_open = is_open
        commit.cid = self.db.insert(
            "INSERT INTO commits (id, repo, line, seq, branch, origin, started, finished) "
            "VALUES (?, 1, ?, ?, '', 0, 0, ?)",
            *(commit.id, *commit.at, None if is_open else 0),
        )
        line, seq = commit.at
        self.db.execute("UPDATE line SET tip = ?, next_seq = ? WHERE id = ?", seq, seq + 1, line)
        self.commits.append(commit)
        return commit

    def _take_over(self, commit: Commit, at: Any) -> None:
        """Move an open commit to another line; what it holds so far is the line's parent."""
        left = Commit(commit.parent, commit.at, changes=commit.changes, hidden=commit.hidden)
        left.is_kept, left.is_erased, left.is_open = False, True, False
        for version in left.changes.values():
            if version is not None and version.maker is commit:
                version.maker = left
        commit.parent, commit.at, commit.changes, commit.hidden = left, at, {}, set()
        self.db.execute("UPDATE commits SET line = ?, seq = ? WHERE cid = ?", *at, commit.cid)

    def _delete(self, commit: Commit) -> None:
        commit.is_kept = False
        self.db.execute("UPDATE commits SET deleted = 1 WHERE cid = ?", commit.cid)

    def _forget(self, commit: Commit) -> None:
        commit.is_kept, commit.is_erased = False, True
        self.commits.remove(commit)

    def _kept_parent(self, commit: Commit) -> Commit:
        return next(c for c in commit.ancestry[1:] if c.is_kept)

    def _has_children(self, commit: Commit) -> bool:
        return any(c is not commit and c.is_kept and commit in c.ancestry for c in self.commits)

    def _branch(self) -> int:
        return self.rng.randrange(len(self.branches))

    def _any_kept(self) -> Commit:
        """Return a kept commit; rather one on top of which a new line is made."""
        kept = [commit for commit in self.commits if commit.is_kept and not commit.is_open]
        tips = dict(self.db.all("SELECT id, tip FROM line"))
        inner = [commit for commit in kept if tips[commit.at.line] != commit.at.seq]
        return self.rng.choice(inner if inner and self.rng.random() < 0.7 else kept)

    def _deep_line(self) -> int | None:
        """Return a line that can be flattened: mostly that of a head."""
        lines = [line for (line,) in self.db.all("SELECT id FROM line") if self._is_deep(line)]
        heads = [head.at.line for head in self.branches if head.at.line in lines]
        if heads and self.rng.random() < 0.7:
            return self.rng.choice(heads)
        return self.rng.choice(lines) if lines else None

    def _is_deep(self, line: int) -> bool:
        links = self.db.one("SELECT parent, flatten FROM line WHERE id = ?", line)
        return links != (None, None)

    def _content(self) -> int:
        self.content += 1
        return self.content

    def _value(self, content: int | None) -> Any:
        if content is None:
            return None
        return self.lines.Value(self.lines.FILE, content, sums=f"sums {content}")


_WEIGHTED = (
    (History._write, 10),
    (History._start, 4),
    (History._finish, 2),
    (History._abort, 1),
    (History._branch_off, 1),
    (History._move_head, 4),
    (History._drop, 1),
    (History._squash, 4),
    (History._undelete, 1),
    (History._stage, 1),
    (History._publish, 1),
    (History._delete_versions, 4),
    (History._expire, 2),
    (History._prune, 1),
    (History._flatten, 4),
    (History._flatten_wholly, 0.2),
    (History._flatten_among_writes, 2),
)
ACTIONS, WEIGHTS = zip(*_WEIGHTED, strict=True)
