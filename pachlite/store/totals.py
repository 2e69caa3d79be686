"""How many files and bytes a commit shows. Kept with each commit; computed where it is not yet.

A write that touches few files updates the totals of its commit. A large one is published without
them, so that nobody waits, and they follow afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from pachlite.metadata.api import Reader, Transaction
from pachlite.store import lines
from pachlite.store.deltas import paths_between, rows_below
from pachlite.store.engine import Engine
from pachlite.store.lines import Snapshot
from pachlite.store.lookup import CommitRow, parent_of


@dataclass(frozen=True, slots=True)
class Totals:
    """Number of files and their bytes."""

    files: int
    size: int

    def plus(self, other: Totals) -> Totals:
        """Return the sum."""
        return Totals(self.files + other.files, self.size + other.size)

    def minus(self, other: Totals) -> Totals:
        """Return the difference."""
        return Totals(self.files - other.files, self.size - other.size)


EMPTY = Totals(0, 0)


def of_commit(q: Reader, commit: CommitRow) -> Totals:
    """Return the totals of a commit: stored, or from the nearest ancestor that has them."""
    pending: list[CommitRow] = []
    known: Totals | None = _stored(commit)
    at: CommitRow | None = commit
    while known is None and at is not None:
        pending.append(at)
        at = parent_of(q, at.at)
        known = EMPTY if at is None else _stored(at)
    total = known or EMPTY
    for row in reversed(pending):
        total = _after(q, total, at, row)
        at = row
    return total


def settle(engine: Engine, commit: CommitRow) -> None:
    """Store the totals of a commit that was published without them, and of those built on it."""
    if _stored(commit) is not None:
        return
    total = of_commit(engine.reader, commit)

    def store(tx: Transaction) -> None:
        _store(tx, commit, total)
        rows = tx.all(
            "SELECT cid, line, seq FROM commits WHERE files IS NULL AND line = ? AND seq > ? "
            "AND finished IS NOT NULL ORDER BY seq LIMIT 100",
            commit.line,
            commit.seq,
        )
        running, low = total, commit.seq
        for cid, line, seq in rows:
            running = running.plus(_between(tx, Snapshot(line, low), Snapshot(line, seq)))
            tx.execute(
                "UPDATE commits SET files = ?, size = ? WHERE cid = ?",
                running.files,
                running.size,
                cid,
            )
            low = seq

    engine.writer.run(store)


def _stored(commit: CommitRow) -> Totals | None:
    if commit.files is None or commit.size is None:
        return None
    return Totals(commit.files, commit.size)


def _store(tx: Transaction, commit: CommitRow, total: Totals) -> None:
    tx.execute(
        "UPDATE commits SET files = ?, size = ? WHERE cid = ? AND files IS NULL",
        total.files,
        total.size,
        commit.cid,
    )


def _after(q: Reader, total: Totals, parent: CommitRow | None, commit: CommitRow) -> Totals:
    """Return the totals of a commit, from those of its parent."""
    if parent is None:
        return _count(q, commit.at)
    if lines.read_chain(q, commit.at)[1:2] == [parent.at] and commit.seq == lines.FIRST_SEQ:
        own = Totals(*lines.count_stage(q, commit.line))
        return total.plus(own).minus(_replaced(q, total, parent.at, commit.at))
    return total.plus(_between(q, parent.at, commit.at))


def _replaced(q: Reader, total: Totals, old: Snapshot, new: Snapshot) -> Totals:
    """Return what of `old` the first commit of a line replaces; looks through the smaller side."""
    files = size = 0
    if total.files < lines.count_stage(q, new.line)[0]:
        rows = (r for r in rows_below(q, old, "") if _is_own(q, new, r.path))
    else:
        found = (lines.get(q, old, path) for path in paths_between(q, old, new))
        rows = (row for row in found if row is not None)
    for row in rows:
        files += 1
        size += row.value.size
    return Totals(files, size)


def _is_own(q: Reader, at: Snapshot, path: str) -> bool:
    row = lines.find(q, at, path)
    return row is not None and row.at.line == at.line


def _between(q: Reader, old: Snapshot, new: Snapshot) -> Totals:
    files = size = 0
    for path in paths_between(q, old, new):
        after, before = lines.get(q, new, path), lines.get(q, old, path)
        files += (after is not None) - (before is not None)
        size += (after.value.size if after else 0) - (before.value.size if before else 0)
    return Totals(files, size)


def _count(q: Reader, at: Snapshot) -> Totals:
    files = size = 0
    for row in rows_below(q, at, ""):
        files += 1
        size += row.value.size
    return Totals(files, size)
