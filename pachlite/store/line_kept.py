"""Which commit a version belongs to, as seen from a snapshot.

A version is known by its origin: the position of the row that made it. It belongs to the first kept
commit at or after that position, on the way to where it is looked at from. When commits have been
squashed, several rows of a path may belong to one commit; then only the newest of them is shown.

A row that restores a version names its origin. It is no version of its own, unless the row at the
origin is no longer shown; then the oldest one that is shown stands for the version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from pachlite.metadata.api import Reader
from pachlite.store.line_hidden import hidden_between
from pachlite.store.line_reads import ancestry
from pachlite.store.line_values import Row, Snapshot, row_of, sql

_COMMIT: Final = "SELECT cid, id FROM commits WHERE line = ? AND seq = ? AND deleted IS NULL"
_NEXT_COMMIT: Final = """
    SELECT cid, id, seq FROM commits
    WHERE line = ? AND seq >= ? AND seq <= ? AND deleted IS NULL ORDER BY seq LIMIT 1"""
_ROWS: Final = sql("""
    SELECT path, line, seq, $value, $commit_id FROM ent e
    WHERE line = ? AND path = ? AND seq > 0 AND seq <= ?
    UNION ALL
    SELECT path, line, seq, $value, $commit_id FROM hist e
    WHERE line = ? AND path = ? AND seq > 0 AND seq <= ?
    ORDER BY seq DESC LIMIT ?""")
_BEARERS: Final = """
    SELECT seq FROM ent WHERE line = ? AND path = ? AND seq > 0 AND seq <= ?
    AND (vline = ? AND vseq = ? OR vline IS NULL AND line = ? AND seq = ?)
    UNION ALL
    SELECT seq FROM hist WHERE line = ? AND path = ? AND seq > 0 AND seq <= ?
    AND (vline = ? AND vseq = ? OR vline IS NULL AND line = ? AND seq = ?)
    ORDER BY seq"""


class Kept(NamedTuple):
    """A kept commit."""

    cid: int
    id: bytes
    at: Snapshot


def kept_commit(q: Reader, position: Snapshot, view: Snapshot) -> tuple[int, bytes] | None:
    """Return the cid and id of the commit to which a row at `position` belongs, seen from `view`.

    None when `view` does not descend from `position`, or nothing has been kept between them.
    """
    if position.line == view.line and position.seq <= view.seq:
        found = q.one(_COMMIT, *position)
        if found is not None:
            return found[0], found[1]
    kept = find_kept(q, ancestry(q, view), position)
    return (kept.cid, kept.id) if kept is not None and kept.cid else None


def version_commit(q: Reader, row: Row, view: Snapshot) -> tuple[int, bytes] | None:
    """Return the cid and id of the commit that names the version which a visible row shows."""
    position = row.origin
    if position != row.at and hidden_between(q, view, row.path, row.path):
        position = shown_at(q, ancestry(q, view), row.path, position) or position
    return kept_commit(q, position, view)


def ancestry_of(chain: Sequence[Snapshot], position: Snapshot) -> list[Snapshot]:
    """Return the ancestry of a position on an ancestry."""
    return [position, *chain[len(_part(chain, position)) :]]


def find_kept(q: Reader, chain: Sequence[Snapshot], position: Snapshot) -> Kept | None:
    """Return the commit to which a row at `position` belongs; `chain` is the view's ancestry.

    What no commit follows yet belongs to the one in the making, at the view; it has no id.
    """
    low = position.seq
    part = _part(chain, position)
    for at in reversed(part):
        found = q.one(_NEXT_COMMIT, at.line, low, at.seq)
        if found is not None:
            return Kept(found[0], found[1], Snapshot(at.line, found[2]))
        low = 0
    return Kept(0, b"", chain[0]) if part else None


def shown_at(q: Reader, chain: Sequence[Snapshot], path: str, made_at: Snapshot) -> Snapshot | None:
    """Return the position of the row that stands for the version made at `made_at`, if any does."""
    return next(
        (p for p in _bearers(q, chain, path, made_at) if _is_shown(q, chain, p, path)), None
    )


def rows_of_path(
    q: Reader, chain: Sequence[Snapshot], path: str, *, batch: int
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield all rows written to a path, newest first, a batch at a time.

    Behind the columns of `row_of` they have the id of the commit that wrote them, if it is kept.
    """
    for line, bound in chain:
        seq = bound
        while rows := q.all(_ROWS, line, path, seq, line, path, seq, batch):
            yield rows
            if len(rows) < batch:
                break
            seq = rows[-1][2] - 1


def newest(q: Reader, chain: Sequence[Snapshot], path: str) -> Row | None:
    """Return the newest row written to a path along an ancestry."""
    rows = next(rows_of_path(q, chain, path, batch=1), None)
    return None if rows is None else row_of(rows[0])


def row_at(q: Reader, position: Snapshot, path: str) -> Row | None:
    """Return what was written to a path at just this position."""
    row = newest(q, [position], path)
    return row if row is not None and row.at == position else None


def _is_shown(q: Reader, chain: Sequence[Snapshot], position: Snapshot, path: str) -> bool:
    kept = find_kept(q, chain, position)
    if kept is None:
        return False
    seen = newest(q, ancestry_of(chain, kept.at), path)
    return seen is not None and seen.at == position


def _bearers(
    q: Reader, chain: Sequence[Snapshot], path: str, made_at: Snapshot
) -> Iterator[Snapshot]:
    """Yield the positions of the rows of a path that make or restore a version, oldest first."""
    for at in reversed(chain):
        arm = (at.line, path, at.seq, *made_at, *made_at)
        for (seq,) in q.all(_BEARERS, *arm, *arm):
            yield Snapshot(at.line, seq)


def _part(chain: Sequence[Snapshot], position: Snapshot) -> Sequence[Snapshot]:
    """Return the part of an ancestry from its view back to `position`; empty when not on it."""
    for index, at in enumerate(chain):
        if at.line == position.line and position.seq <= at.seq:
            return chain[: index + 1]
    return ()
