"""Making lines, and writing what a path holds at the tip of one."""

from __future__ import annotations

from typing import Final, NamedTuple

from pachlite.metadata.api import Reader, Transaction
from pachlite.store.line_hidden import is_hidden
from pachlite.store.line_kept import newest
from pachlite.store.line_reads import ancestry, find, get
from pachlite.store.line_values import (
    FILE,
    LIVE,
    MARKER,
    OPEN_END,
    STAGING,
    Row,
    Snapshot,
    Value,
    sql,
)

STAGED_SEQ: Final = 1

_LINE: Final = "SELECT id, tip, next_seq, state, parent, fork, flatten FROM line WHERE id = ?"
_CREATE_LINE: Final = """
    INSERT INTO line (repo, parent, fork, vparent, vfork, tip, next_seq, state, created)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_TOP: Final = sql("""
    SELECT 1, seq, $value FROM ent WHERE line = ? AND path = ?
    UNION ALL
    SELECT 0, seq, $value FROM hist WHERE line = ? AND path = ? AND to_seq = $open_end
    LIMIT 1""")
_KEEP: Final = sql("""
    INSERT INTO hist (line, path, seq, to_seq, $value)
    SELECT line, path, seq, ?, $value FROM ent WHERE line = ? AND path = ?""")
_SET: Final = sql("""
    INSERT INTO ent (line, path, seq, $value) VALUES (?, ?, ?, $marks)
    ON CONFLICT (line, path) DO UPDATE SET seq = excluded.seq, $updates""")
_SET_ASIDE: Final = sql("""
    INSERT INTO hist (line, path, seq, to_seq, $value) VALUES (?, ?, ?, $open_end, $marks)""")
_UNSET: Final = "DELETE FROM ent WHERE line = ? AND path = ?"
_END: Final = "UPDATE hist SET to_seq = ? WHERE line = ? AND path = ? AND seq = ?"
_REMOVE: Final = "DELETE FROM hist WHERE line = ? AND path = ? AND seq = ?"
_COVERING: Final = sql("""
    SELECT seq, $value FROM hist
    WHERE line = ? AND path = ? AND seq <= ? AND to_seq > ? AND to_seq < $open_end""")


class Line(NamedTuple):
    """What writing needs to know of a line."""

    id: int
    tip: int
    next_seq: int
    state: int
    parent: int | None
    fork: int | None
    flatten: str | None

    @property
    def below(self) -> Snapshot | None:
        """Where a path is looked up that has no row on the line."""
        if self.parent is None or self.fork is None:
            return None
        return Snapshot(self.parent, self.fork)


class Top(NamedTuple):
    """The newest row of a path on a line, when it has no end yet."""

    is_current: bool  # in `ent`
    seq: int
    value: Value

    def row(self, line: Line, path: str) -> Row:
        """Return it as a row of its line."""
        return Row(path, Snapshot(line.id, self.seq), self.value)


def create_line(
    tx: Transaction, repo: int, parent: Snapshot | None, created: int, *, staging: bool = False
) -> int:
    """Make a line on top of `parent` (None: of nothing); its first commit gets seq 1."""
    line, seq = parent or (None, None)
    tip = STAGED_SEQ if staging else 0
    state = STAGING if staging else LIVE
    return tx.insert(_CREATE_LINE, repo, line, seq, line, seq, tip, tip + 1, state, created)


def load_line(q: Reader, line: int) -> Line:
    """Return a line that is known to exist."""
    found = q.one(_LINE, line)
    assert found is not None, f"line {line} does not exist"
    return Line(*found)


def write(
    tx: Transaction, at: Snapshot, path: str, value: Value | None, *, line: Line | None = None
) -> Row | None:
    """Make `path` hold a value, or (None) nothing, from `at` on; return the live row before.

    `at` is the open commit at the tip of its line, or the next one to be. Deleting a path that
    holds nothing writes nothing, nor does an open commit that puts and deletes a new path. A `line`
    is given by who has read it in this transaction and not changed it since.
    """
    line = line or load_line(tx, at.line)
    assert at.seq >= line.tip, f"{at} is behind the tip of its line, {line.tip}"
    top = find_top(tx, line, path)
    before = top.row(line, path) if top else find(tx, line.below, path) if line.below else None
    if before is not None and not before.is_live:
        before = None
    if value is not None:
        place(tx, line, at.seq, path, value, top)
    elif before is not None:
        _delete(tx, line, at.seq, path, top)
    return before


def find_top(q: Reader, line: Line, path: str) -> Top | None:
    """Return what the line itself says at its tip about a path."""
    found = q.one(_TOP, line.id, path, line.id, path)
    return None if found is None else Top(bool(found[0]), found[1], Value(*found[2:]))


def place(tx: Transaction, line: Line, seq: int, path: str, value: Value, top: Top | None) -> None:
    """Write a row for the tip of a line, ending the one before it (`top`).

    A row without a file goes to `hist`, so that reading the tip never meets it; unless it masks a
    file of an ancestor.
    """
    is_current = value.kind == FILE or _masks(tx, line, path)
    if top is not None:
        _end(tx, line, seq, path, top)
    if is_current:
        tx.execute(_SET, line.id, path, seq, *value)
        return
    tx.execute(_UNSET, line.id, path)
    tx.execute(_SET_ASIDE, line.id, path, seq, *value)


def retract(tx: Transaction, line: Line, seq: int, path: str) -> None:
    """Take back what the commit at the tip wrote to a path, as if it had never been written."""
    tx.execute(f"{_UNSET} AND seq = ?", line.id, path, seq)
    tx.execute(_REMOVE, line.id, path, seq)
    reopen(tx, line, seq - 1, path)


def reopen(tx: Transaction, line: Line, seq: int, path: str) -> None:
    """Make the row of a path that held at `seq` its newest; what came later is gone already."""
    found = tx.one(_COVERING, line.id, path, seq, seq)
    if found is None:
        return
    since, value = found[0], Value(*found[1:])
    if value.kind == FILE or _masks(tx, line, path):
        tx.execute(_REMOVE, line.id, path, since)
        tx.execute(_SET, line.id, path, since, *value)
    else:
        tx.execute(_END, OPEN_END, line.id, path, since)


def _delete(tx: Transaction, line: Line, seq: int, path: str, top: Top | None) -> None:
    if top is None or top.seq < seq or _was_there_before(tx, Snapshot(line.id, seq), path):
        place(tx, line, seq, path, MARKER, top)
    else:
        retract(tx, line, seq, path)


def _was_there_before(q: Reader, at: Snapshot, path: str) -> bool:
    """Say whether a path held something before the commit at `at`.

    A version that this very commit has hidden counts: taking the commit's row back would show it.
    """
    before = Snapshot(at.line, at.seq - 1)
    if get(q, before, path) is not None:
        return True
    row = newest(q, ancestry(q, before), path)
    return row is not None and is_hidden(q, at, path, row.origin)


def _end(tx: Transaction, line: Line, seq: int, path: str, top: Top) -> None:
    if top.is_current and top.seq < seq:
        tx.execute(_KEEP, seq, line.id, path)
    elif not top.is_current and top.seq < seq:
        tx.execute(_END, seq, line.id, path, top.seq)
    elif not top.is_current:
        tx.execute(_REMOVE, line.id, path, seq)


def _masks(q: Reader, line: Line, path: str) -> bool:
    """Say whether a row without a file hides a file of an ancestor.

    While the line is being flattened that is assumed, as the line will get another parent.
    """
    if line.below is None:
        return False
    return line.flatten is not None or get(q, line.below, path) is not None
