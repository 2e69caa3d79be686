"""Walks over commits: of a repo, along an ancestry, by commit set. Reads a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pachlite.metadata.api import Reader
from pachlite.store import lines
from pachlite.store.lookup import COMMIT_COLUMNS, CommitRow

_PAGE: Final = 200
_FOREVER: Final = 2**63 - 1


def commits_of_repo(q: Reader, repo: int) -> Iterator[CommitRow]:
    """Yield every commit of a repo, newest first."""
    started, cid = _FOREVER, _FOREVER
    while True:
        rows = q.all(
            f"SELECT {COMMIT_COLUMNS} FROM commits c WHERE repo = ? AND deleted IS NULL "  # noqa: S608
            "AND (started, cid) < (?, ?) ORDER BY started DESC, cid DESC LIMIT ?",
            repo,
            started,
            cid,
            _PAGE,
        )
        yield from (CommitRow(*row) for row in rows)
        if len(rows) < _PAGE:
            return
        last = CommitRow(*rows[-1])
        started, cid = last.started, last.cid


def walk_back(q: Reader, start: CommitRow, *, stop: CommitRow | None) -> Iterator[CommitRow]:
    """Yield a commit and its ancestors, ending before `stop`."""
    for bound in lines.ancestry(q, start.at):
        for row in _down_line(q, bound):
            if stop is not None and row.cid == stop.cid:
                return
            yield row


def commits_of_sets(q: Reader, project: str | None) -> Iterator[bytes]:
    """Yield the ids of commit sets that touch a project (None: any), newest first."""
    below = b"\xff" * 17
    while True:
        rows = q.all(
            "SELECT DISTINCT c.id FROM commits c "
            "JOIN repo r ON r.id = c.repo AND r.deleted IS NULL "
            "JOIN project p ON p.id = r.project WHERE c.deleted IS NULL AND c.id < ? "
            "AND (? IS NULL OR p.name = ?) ORDER BY c.id DESC LIMIT ?",
            below,
            project,
            project,
            _PAGE,
        )
        yield from (row[0] for row in rows)
        if len(rows) < _PAGE:
            return
        below = rows[-1][0]


def _down_line(q: Reader, bound: lines.Snapshot) -> Iterator[CommitRow]:
    seq = bound.seq
    while True:
        rows = q.all(
            f"SELECT {COMMIT_COLUMNS} FROM commits c WHERE line = ? AND seq <= ? "  # noqa: S608
            "AND deleted IS NULL ORDER BY seq DESC LIMIT ?",
            bound.line,
            seq,
            _PAGE,
        )
        yield from (CommitRow(*row) for row in rows)
        if len(rows) < _PAGE:
            return
        seq = CommitRow(*rows[-1]).seq - 1
