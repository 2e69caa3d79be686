"""Random histories of commits, made on lines and on the model, and compared after every step.

`History` plays the part of the store: it decides on which line a commit goes, keeps the rows of
`commits`, and calls the functions of `lines` as the store does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from importlib import resources
from random import Random
from types import ModuleType
from typing import Any

from tests.property.model import Commit, Version

_SCHEMA = (resources.files("pachlite.metadata") / "migrations" / "0001_store.sql").read_text(
    encoding="utf-8"
)

# Byte order, prefixes of one another, and what sorts around the separator.
PATHS = ("a", "a!b", "a/b", "a/b/c", "b", "é", "\U0001f600")
BOUNDS = ("", "a", "a/", "a0", "b", "c", "z", "é", "\U0010ffff")


class Rows:
    """A database in memory: all that lines ask of one."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:", isolation_level=None)
        self._db.executescript(_SCHEMA)

    def one(self, sql: str, *params: Any) -> tuple[Any, ...] | None:
        return self._db.execute(sql, params).fetchone()

    def all(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, params).fetchall()

    def execute(self, sql: str, *params: Any) -> int:
        return self._db.execute(sql, params).rowcount

    def insert(self, sql: str, *params: Any) -> int:
        return self._db.execute(sql, params).lastrowid or 0

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._db.executemany(sql, rows)

    def close(self) -> None:
        self._db.close()


class History:
    """A history in the making.

    Attributes:
        lines: The module under test.
        commits: All that were finished, or are open, and are not erased.
        branches: Heads.
        stages: Staging lines, with what is staged on each.
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
        self.trace: list[str] = []
        line = lines.create_line(self.db, 1, None, 0)
        self.branches.append(self._commit(Commit(None, lines.Snapshot(line, 1)), is_open=False))

    def step(self) -> None:
        """Do one random thing, and compare."""
        action = self.rng.choices(ACTIONS, WEIGHTS)[0]
        self.trace.append(action.__name__.lstrip("_"))
        action(self)

    def note(self, *words: object) -> None:
        self.trace[-1] += " " + " ".join(str(word) for word in words)

    # What a user does.

    def _write(self) -> None:
        """Change some paths of a branch: in its open commit, or in a commit of its own."""
        branch = self._branch()
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
            self.note(commit)

    def _finish(self) -> None:
        head = self.branches[self._branch()]
        if head.is_open:
            self.db.execute("UPDATE commits SET finished = 1 WHERE cid = ?", head.cid)
            head.is_open = False
            self.note(head)

    def _abort(self) -> None:
        head = self.branches[self._branch()]
        if not head.is_open:
            return
        self.note(head)
        parent = self._kept_parent(head)
        self.branches = [parent if b is head else b for b in self.branches]
        self.db.execute("DELETE FROM commits WHERE cid = ?", head.cid)
        self.lines.undo(self.db, head.at.line, 0)
        self._forget(head)

    def _branch_off(self) -> None:
        if len(self.branches) < 4:
            commit = self.rng.choice(self._kept())
            self.branches.append(commit)
            self.note(commit)

    def _move_head(self) -> None:
        branch = self._branch()
        if not self.branches[branch].is_open:
            self.branches[branch] = self.rng.choice(self._kept())
            self.note(branch, self.branches[branch])

    def _drop(self) -> None:
        """Drop a head that nothing was made on top of."""
        head = self.branches[self._branch()]
        if head.is_open or head.parent is None or self._has_children(head):
            return
        parent = self._kept_parent(head)
        self.note(head, "to", parent)
        self._delete(head)
        self.branches = [parent if b is head else b for b in self.branches]

    def _squash(self) -> None:
        candidates = [c for c in self._kept() if c not in self.branches and c.parent]
        if candidates:
            commit = self.rng.choice(candidates)
            self._delete(commit)
            self.note(commit)

    def _undelete(self) -> None:
        deleted = [c for c in self.commits if not c.is_kept and not c.is_erased]
        if deleted:
            commit = self.rng.choice(deleted)
            commit.is_kept = True
            self.db.execute("UPDATE commits SET deleted = NULL WHERE cid = ?", commit.cid)
            self.note(commit)

    def _stage(self) -> None:
        """Stage changes on a line of its own."""
        if not self.stages or (len(self.stages) < 2 and self.rng.random() < 0.3):
            self.stages[self.lines.create_line(self.db, 1, None, 0, staging=True)] = {}
        line = self.rng.choice(list(self.stages))
        changes = {self.rng.choice(PATHS): self._content_or_delete() for _ in range(3)}
        self.stages[line] |= changes
        values = [(path, self._value(content)) for path, content in changes.items()]
        if self.rng.random() < 0.5:
            self.lines.stage_many(self.db, line, values)
        for path, value in values:
            self.lines.stage(self.db, line, path, value)
        self.note(line, changes)

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
        self.note(line, "on", head)
        if head.is_open:
            self._take_over(head, at)
        else:
            head = self.branches[branch] = self._commit(Commit(head, at), is_open=False)
        for path, content in changes.items():
            head.delete(path) if content is None else head.put(path, content)
        self._change(head, edit=True)

    def _delete_version(self) -> None:
        branch = self._branch()
        head = self.branches[branch]
        path = self.rng.choice(PATHS)
        shown = head.versions(path)
        if not shown:
            return
        picked = shown[0] if self.rng.random() < 0.6 else self.rng.choice(shown)
        view = head
        if not head.is_open:
            head = self._next(head)
        position = self.rng.choice([picked.version.at, picked.writer.at])
        self.lines.delete_version(self.db, head.at, view.at, path, position)
        head.delete_version(path, picked.version, view)
        if not view.is_open:
            self.branches[branch] = self._commit(head, is_open=False)
        self.note(path, picked.version, "in", head)

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
        self.note(commit)

    def _prune(self) -> None:
        line = self._line()
        self.note(line, self.lines.prune(self.db, line))

    def _flatten(self) -> None:
        line = self._line()
        levels = self.rng.choice([None, 1, 1, 2, 3])
        limit = self.rng.choice([1, 2, 3, 100])
        done = self.lines.flatten(self.db, line, limit_rows=limit, levels=levels)
        self.note(line, "levels", levels, "limit", limit, "done", done)

    def _flatten_wholly(self) -> None:
        line = self._line()
        self.note(line)
        steps = 0
        while self.db.one("SELECT parent, flatten FROM line WHERE id = ?", line) != (None, None):
            self.lines.flatten(self.db, line, limit_rows=2, levels=9)
            steps += 1
            assert steps < 100
        assert self.lines.flatten_plan(self.db, line) == 0

    # Parts.

    def _change(self, commit: Commit, *, edit: bool = False) -> None:
        """Write a few random paths in a commit."""
        for _ in range(self.rng.choice([0, 1] if edit else [1, 1, 2, 3])):
            path, content = self.rng.choice(PATHS), self._content_or_delete()
            before = commit.files.get(path)
            old = self.lines.write(self.db, commit.at, path, self._value(content))
            assert (old and old.value.size) == (before and before.content)
            assert old is None or old.origin == before.at
            commit.delete(path) if content is None else commit.put(path, content)
            self.note(commit, path, content)

    def _next(self, head: Commit) -> Commit:
        """Return the commit that follows a head: on its line, or on a new one."""
        tip, seq = self.db.one("SELECT tip, next_seq FROM line WHERE id = ?", head.at.line)
        if tip == head.at.seq:
            return Commit(head, self.lines.Snapshot(head.at.line, seq))
        line = self.lines.create_line(self.db, 1, head.at, 0)
        return Commit(head, self.lines.Snapshot(line, 1))

    def _commit(self, commit: Commit, *, is_open: bool) -> Commit:
        self.content += 1
        commit.id = self.content.to_bytes(16, "big")
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

    def _kept(self) -> list[Commit]:
        return [c for c in self.commits if c.is_kept and not c.is_open]

    def _branch(self) -> int:
        return self.rng.randrange(len(self.branches))

    def _line(self) -> int:
        return self.rng.choice(
            [line for (line,) in self.db.all("SELECT id FROM line WHERE state = 0")]
        )

    def _content_or_delete(self) -> int | None:
        if self.rng.random() < 0.35:
            return None
        self.content += 1
        return self.content

    def _value(self, content: int | None) -> Any:
        if content is None:
            return None
        return self.lines.Value(self.lines.FILE, content, sums=f"sums {content}")


ACTIONS = (
    (History._write, 10),
    (History._start, 3),
    (History._finish, 2),
    (History._abort, 1),
    (History._branch_off, 1),
    (History._move_head, 2),
    (History._drop, 2),
    (History._squash, 2),
    (History._undelete, 1),
    (History._stage, 2),
    (History._publish, 1),
    (History._delete_version, 4),
    (History._expire, 2),
    (History._prune, 2),
    (History._flatten, 4),
    (History._flatten_wholly, 0.5),
)
ACTIONS, WEIGHTS = zip(*ACTIONS, strict=True)
