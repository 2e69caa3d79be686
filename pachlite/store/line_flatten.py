"""Flattening: rows of ancestors are copied down to a line, so that reads look at fewer lines.

It goes in bounded steps, in path order, between which the line is written and read as ever. First
the rows visible through the nearest ancestors are copied as rows of seq 0; then the line leaves
these ancestors for the one below them, the target, or for none. Delete markers are copied too where
they mask a file of the target. Without a target, a last pass takes the markers out of `ent` that
mask nothing any more. `line.flatten` says how far it has come.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pachlite.metadata.api import Reader, Transaction
from pachlite.store.line_reads import get, just_after, read_chain, visible
from pachlite.store.line_values import (
    COPIED,
    DELETED,
    END_OF_PATHS,
    Row,
    Snapshot,
    row_of,
    sql,
)

SHALLOW: Final = 4  # lines that a read may look at before flattening is worth its while
GROWTH: Final = 4  # absorb an ancestor with at most this many times the rows above it

_NO_TARGET: Final = Snapshot(0, 0)
_TIDYING: Final = Snapshot(-1, 0)  # in place of a target, in the last pass

_FIRST_SEQ: Final = """
    SELECT min(seq) FROM (
        SELECT seq FROM ent WHERE line = ? AND path = ?
        UNION ALL
        SELECT min(seq) FROM hist WHERE line = ? AND path = ?) AS own"""
_COPY_CURRENT: Final = sql("INSERT INTO ent (line, path, seq, $value) VALUES (?, ?, ?, $marks)")
_COPY_PAST: Final = sql(
    "INSERT INTO hist (line, path, seq, to_seq, $value) VALUES (?, ?, ?, ?, $marks)"
)
_MOVE_TO_ENT: Final = sql("""
    INSERT INTO ent (line, path, seq, $value)
    SELECT line, path, seq, $value FROM hist WHERE line = ? AND path = ? AND to_seq = $open_end""")
_LEAVE_HIST: Final = sql("DELETE FROM hist WHERE line = ? AND path = ? AND to_seq = $open_end")
_MOVE_TO_HIST: Final = sql("""
    INSERT INTO hist (line, path, seq, to_seq, $value)
    SELECT line, path, seq, $open_end, $value FROM ent
    WHERE line = ? AND path > ? AND path <= ? AND kind = ? AND seq > ?""")
_LEAVE_ENT: Final = "DELETE FROM ent WHERE line = ? AND path > ? AND path <= ? AND kind = ?"
_NTH_PATH: Final = "SELECT path FROM ent WHERE line = ? AND path > ? ORDER BY path LIMIT 1 OFFSET ?"


class _Progress(NamedTuple):
    """How far flattening a line has come: all paths up to `cursor` are done."""

    target: Snapshot
    cursor: str

    def __str__(self) -> str:
        return f"{self.target.line} {self.target.seq} {self.cursor}"


def flatten_plan(q: Reader, line: int) -> int:
    """Return how many ancestors a line should absorb; 0 for none.

    An ancestor that has far more rows than all above it is left where it is, and so is what lies
    below: lines then grow by a factor from one to the next, so that there are few of them, and a
    row is copied few times in its life.
    """
    chain = read_chain(q, Snapshot(line, COPIED))
    progress = _load(q, line)
    if progress is not None and progress.target == _TIDYING:
        return 1
    if progress is not None and (levels := _levels(chain, progress.target)):
        return levels
    if len(chain) <= SHALLOW:
        return 0
    above, levels = max(_count(q, line, -1), 1), 0
    for ancestor in chain[1:]:
        rows = _count(q, ancestor.line, GROWTH * above + 1)
        if rows > GROWTH * above:
            break
        above, levels = above + rows, levels + 1
    return levels


def flatten(tx: Transaction, line: int, *, limit_rows: int, levels: int | None = None) -> bool:
    """Do one step of flattening a line; return True when nothing is left to do.

    Args:
        limit_rows: How many rows of ancestors are read at most.
        levels: How many ancestors to absorb, when none is being absorbed as yet; by default what
            `flatten_plan` says.
    """
    chain = read_chain(tx, Snapshot(line, COPIED))
    progress = _load(tx, line)
    if progress is not None and progress.target == _TIDYING:
        return _tidy(tx, line, progress.cursor, limit_rows)
    if progress is None or not _levels(chain, progress.target):
        # An ancestor may have been flattened meanwhile, and the target be out of sight.
        planned = levels if progress is None and levels is not None else flatten_plan(tx, line)
        progress = _begin(chain, planned)
    if progress is None:
        _save(tx, line, None)
        return True
    return _copy(tx, chain, progress, limit_rows)


def _begin(chain: list[Snapshot], levels: int) -> _Progress | None:
    if levels == 0 or len(chain) == 1:
        return None
    return _Progress(chain[levels + 1] if levels + 1 < len(chain) else _NO_TARGET, "")


def _levels(chain: list[Snapshot], target: Snapshot) -> int:
    """Return how many ancestors lie above a target; 0 when there are none."""
    if target == _NO_TARGET:
        return len(chain) - 1
    return chain.index(target) - 1 if target in chain else 0


def _copy(tx: Transaction, chain: list[Snapshot], progress: _Progress, limit: int) -> bool:
    line, target = chain[0].line, progress.target
    is_partial = target != _NO_TARGET
    found = visible(
        tx,
        chain[1 : 1 + _levels(chain, target)],
        lower=just_after(progress.cursor),
        upper=END_OF_PATHS,
        limit=limit,
        full=True,
        markers=is_partial,
    )
    rows = [row_of(columns) for columns in found]
    for row in rows:
        if row.is_live:
            _copy_row(tx, line, row)
        elif get(tx, target, row.path) is not None:
            _copy_row(tx, line, row)
            _move_to_ent(tx, line, row.path)
    if len(rows) == limit:
        _save(tx, line, progress._replace(cursor=rows[-1].path))
        return False
    parent, fork = target if is_partial else (None, None)
    tx.execute("UPDATE line SET parent = ?, fork = ? WHERE id = ?", parent, fork, line)
    _save(tx, line, None if is_partial else _Progress(_TIDYING, ""))
    return is_partial


def _copy_row(tx: Transaction, line: int, row: Row) -> None:
    """Make a row of an ancestor what the line itself says up to its own first row of that path."""
    value = row.value._replace(vline=row.origin.line, vseq=row.origin.seq)
    found = tx.one(_FIRST_SEQ, line, row.path, line, row.path)
    first = found[0] if found else None
    if first is None:
        tx.execute(_COPY_CURRENT, line, row.path, COPIED, *value)
    elif first != COPIED:
        tx.execute(_COPY_PAST, line, row.path, COPIED, first, *value)


def _move_to_ent(tx: Transaction, line: int, path: str) -> None:
    """Let an own delete marker mask the target; so far it had nothing to mask."""
    tx.execute(_MOVE_TO_ENT, line, path)
    tx.execute(_LEAVE_HIST, line, path)


def _tidy(tx: Transaction, line: int, cursor: str, limit: int) -> bool:
    """Take delete markers out of `ent`, now that there is no ancestor."""
    found = tx.one(_NTH_PATH, line, cursor, limit - 1)
    last = found[0] if found else END_OF_PATHS
    tx.execute(_MOVE_TO_HIST, line, cursor, last, DELETED, COPIED)
    tx.execute(_LEAVE_ENT, line, cursor, last, DELETED)
    _save(tx, line, _Progress(_TIDYING, last) if found else None)
    return found is None


def _load(q: Reader, line: int) -> _Progress | None:
    found = q.one("SELECT flatten FROM line WHERE id = ?", line)
    if found is None or found[0] is None:
        return None
    target, seq, cursor = found[0].split(" ", 2)
    return _Progress(Snapshot(int(target), int(seq)), cursor)


def _save(tx: Transaction, line: int, progress: _Progress | None) -> None:
    tx.execute(
        "UPDATE line SET flatten = ? WHERE id = ?",
        None if progress is None else str(progress),
        line,
    )


def _count(q: Reader, line: int, limit: int) -> int:
    found = q.one(
        "SELECT count(*) FROM (SELECT 1 FROM ent WHERE line = ? LIMIT ?) AS rows_there", line, limit
    )
    return int(found[0]) if found else 0
