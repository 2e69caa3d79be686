"""What is visible at a snapshot: one path, or a range of paths in byte order. Reads only.

A statement sees one state of the database, two statements may see two. Therefore the rows of a
line are read in one statement, since a row moves between `ent` and `hist` when it is overwritten;
and the link to the parent is read with them or before them, since it goes when a line is flattened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from pachlite.metadata.api import Reader
from pachlite.store.line_values import (
    DELETED,
    END_OF_PATHS,
    FILE,
    OPEN_END,
    Row,
    Snapshot,
    Value,
    rows_of,
    sql,
)

_LEAST_BATCH: Final = 4  # rows read at once of each of several lines,
_GROWTH: Final = 4  # of which there may be many that hide one another
_MOST_BATCH: Final = 1024
_MANY_CHANGES: Final = 20_000  # from here on, reading in path order beats sorting every page
_PATH: Final = itemgetter(0)

_LINK: Final = "SELECT parent, fork FROM line WHERE id = ?"

_WALK: Final = """
    WITH RECURSIVE walk (depth, line, seq) AS (
        SELECT 0, CAST(? AS BIGINT), CAST(? AS BIGINT)
        UNION ALL
        SELECT w.depth + 1, l.parent, l.fork
        FROM walk w JOIN line l ON l.id = w.line WHERE l.parent IS NOT NULL
    )
    SELECT line, seq FROM walk ORDER BY depth"""
_CHAIN: Final = _WALK
_ANCESTRY: Final = _WALK.replace("l.parent", "l.vparent").replace("l.fork", "l.vfork")

# The row of a path on a line, or where to look next.
_FIND: Final = sql("""
    SELECT line, seq, $value FROM ent WHERE line = ? AND path = ? AND seq <= ?
    UNION ALL
    SELECT line, seq, $value FROM hist WHERE line = ? AND path = ? AND seq <= ? AND to_seq > ?
    UNION ALL
    SELECT parent, fork, $nulls FROM line WHERE id = ?
    LIMIT 1""")
_FIND_KIND: Final = 2  # the column that is NULL in a link

# What a line adds to a range of paths. Nothing of `hist` is visible from the tip on: what it leaves
# open are delete markers under which no ancestor shows anything. Both arms come in path order from
# their primary keys, and are merged as far as the limit asks.
_RANGE: Final = """
    SELECT path, line, seq, $columns FROM ent
    WHERE line = ? AND path >= ? AND path < ? AND seq <= ? AND kind >= ?
    UNION ALL
    SELECT h.path, h.line, h.seq, $columns FROM line l CROSS JOIN hist h
    WHERE l.id = ? AND l.tip > ?
    AND h.line = ? AND h.path >= ? AND h.path < ? AND h.seq <= ? AND h.to_seq > ? AND h.kind >= ?
    ORDER BY path LIMIT ?"""
_BRIEF_RANGE: Final = sql(_RANGE.replace("$columns", "$brief"))
_FULL_RANGE: Final = sql(_RANGE.replace("$columns", "$value"))

# The first path that some line of a chain shows; a marker of a line above may hide it.
_FIRST: Final = _WALK.replace(
    "SELECT line, seq FROM walk ORDER BY depth",
    f"""SELECT min(path) FROM (
        SELECT (
            SELECT e.path FROM ent e WHERE e.line = w.line AND e.path >= ? AND e.path < ?
            AND e.seq <= w.seq AND e.kind = {FILE} ORDER BY e.path LIMIT 1) AS path
        FROM walk w
        UNION ALL
        SELECT (
            SELECT h.path FROM hist h WHERE h.line = w.line AND h.path >= ? AND h.path < ?
            AND h.seq <= w.seq AND h.to_seq > w.seq AND h.kind = {FILE} ORDER BY h.path LIMIT 1)
        FROM walk w JOIN line l ON l.id = w.line AND l.tip > w.seq) AS firsts""",  # noqa: S608 - constants
)
_TRIES: Final = 8  # then it is quicker to read past what is hidden than to skip it

_CHANGED: Final = """
    SELECT DISTINCT path FROM (
        SELECT path FROM ent WHERE line = ? AND seq > ? AND seq <= ?
        UNION ALL
        SELECT path FROM hist WHERE line = ? AND seq > ? AND seq <= ?) AS written
    WHERE path > ? ORDER BY path LIMIT ?"""
# The unary plus keeps the indexes by seq out, so that both arms come in path order.
_CHANGED_MANY: Final = """
    SELECT * FROM (SELECT path FROM ent WHERE line = ? AND +seq > ? AND +seq <= ? AND path > ?
        ORDER BY path LIMIT ?) AS current
    UNION
    SELECT * FROM (SELECT DISTINCT path FROM hist
        WHERE line = ? AND +seq > ? AND +seq <= ? AND path > ? ORDER BY path LIMIT ?) AS past
    ORDER BY path LIMIT ?"""
_COUNT_CHANGED: Final = """
    SELECT count(*) FROM (SELECT 1 FROM ent WHERE line = ? AND seq > ? AND seq <= ? LIMIT ?) AS n"""


def read_chain(q: Reader, at: Snapshot) -> list[Snapshot]:
    """Return the snapshots at which a path is looked up in turn, beginning with `at`."""
    link = q.one(_LINK, at.line)
    if link is None or link[0] is None:
        return [at]
    return [at, *(Snapshot(*found) for found in q.all(_CHAIN, *link))]


def ancestry(q: Reader, at: Snapshot) -> list[Snapshot]:
    """Return `at`, and where its history goes on: up to which seq of which line."""
    return [Snapshot(*found) for found in q.all(_ANCESTRY, at.line, at.seq)]


def find(q: Reader, at: Snapshot, path: str) -> Row | None:
    """Return the row that says what `path` holds at a snapshot; it may be a delete marker."""
    line: int | None = at.line
    seq = at.seq
    while line is not None:
        found = q.one(_FIND, line, path, seq, line, path, seq, seq, line)
        if found is None:
            return None
        if found[_FIND_KIND] is not None:
            return Row(path, Snapshot(*found[:_FIND_KIND]), Value(*found[_FIND_KIND:]))
        line, seq = found[:_FIND_KIND]
    return None


def get(q: Reader, at: Snapshot, path: str) -> Row | None:
    """Return the row of the file that `path` holds at a snapshot, or None."""
    row = find(q, at, path)
    return row if row is not None and row.is_live else None


def scan(
    q: Reader, at: Snapshot, *, lower: str, upper: str, limit: int, after: bool = False
) -> list[Row]:
    """Return the first `limit` live rows with lower <= path < upper, without `parts`.

    Args:
        upper: Empty for no bound.
        after: Leave out `lower` itself.
    """
    lower = just_after(lower) if after else lower
    return rows_of(scan_columns(q, at, lower=lower, upper=upper, limit=limit))


def scan_columns(
    q: Reader, at: Snapshot, *, lower: str, upper: str, limit: int
) -> list[tuple[Any, ...]]:
    """Return what `scan` returns, as path, line, seq and the columns of a value."""
    while True:
        chain = read_chain(q, at)
        found = visible(q, chain, lower=lower, upper=upper or END_OF_PATHS, limit=limit)
        # Markers that hid rows of the parent may go as soon as the line has left it.
        if len(chain) == 1 or read_chain(q, at) == chain:
            return found


def seek(q: Reader, at: Snapshot, lower: str, upper: str) -> Row | None:
    """Return the first live row with lower <= path < upper, or None."""
    bounds = (lower, upper or END_OF_PATHS)
    for _ in range(_TRIES):
        found = q.one(_FIRST, *at, *bounds, *bounds)
        if found is None or found[0] is None:
            return None
        row = get(q, at, found[0])
        if row is not None:
            return row
        bounds = (just_after(found[0]), bounds[1])
    rows = scan(q, at, lower=bounds[0], upper=upper, limit=1)
    return rows[0] if rows else None


def changed(
    q: Reader, line: int, low: int, high: int, *, after: str = "", limit: int | None = None
) -> list[str]:
    """Return the paths greater than `after` that were written on a line at a seq in (low, high]."""
    span, size = (line, low, high), OPEN_END if limit is None else limit
    count = q.one(_COUNT_CHANGED, *span, _MANY_CHANGES)
    if limit is None or count is None or count[0] < _MANY_CHANGES:
        return [path for (path,) in q.all(_CHANGED, *span, *span, after, size)]
    arm = (*span, after, limit)
    return [path for (path,) in q.all(_CHANGED_MANY, *arm, *arm, limit)]


def just_after(path: str) -> str:
    """Return the lower bound that leaves out `path` and nothing else, as no path has a NUL."""
    return path + "\x01"


def visible(
    q: Reader,
    chain: Sequence[Snapshot],
    *,
    lower: str,
    upper: str,
    limit: int,
    full: bool = False,
    markers: bool = False,
) -> list[tuple[Any, ...]]:
    """Return the columns of the first `limit` rows visible through a chain, in byte order.

    Args:
        full: Read `parts` too.
        markers: Return delete markers too.
    """
    statement = _FULL_RANGE if full else _BRIEF_RANGE
    least = DELETED if markers else FILE
    if len(chain) == 1:
        return _read_arm(q, statement, chain[0], (lower, upper), least, limit)[0]
    batch = max(limit, _LEAST_BATCH)
    found: list[tuple[Any, ...]] = []
    while len(found) < limit:
        arms: list[list[tuple[Any, ...]]] = []
        horizon = END_OF_PATHS
        for at in chain:
            kind = least if at is chain[-1] else DELETED
            arm, reached = _read_arm(q, statement, at, (lower, upper), kind, batch)
            if arm:
                arms.append(arm)
            horizon = min(horizon, reached)
        found += _topmost(arms, horizon, least)
        if horizon == END_OF_PATHS:
            break
        lower = just_after(horizon)
        batch = max(batch, min(batch * _GROWTH, _MOST_BATCH))
    return found[:limit]


def _read_arm(
    q: Reader, statement: str, at: Snapshot, bounds: tuple[str, str], kind: int, limit: int
) -> tuple[list[tuple[Any, ...]], str]:
    """Return what a line adds to a range, and up to which path that is complete."""
    line, seq = at
    rows = q.all(
        statement,
        *(line, *bounds, seq, kind),
        *(line, seq, line, *bounds, seq, seq, kind, limit),
    )
    return rows, END_OF_PATHS if len(rows) < limit else rows[-1][0]


def _topmost(arms: list[list[tuple[Any, ...]]], horizon: str, least: int) -> list[tuple[Any, ...]]:
    """Return the first row of each path up to the horizon; arms come line by line."""
    rows: Iterable[tuple[Any, ...]] = [row for arm in arms for row in arm]
    if len(arms) > 1:
        merged = sorted(rows, key=_PATH)  # stable: the nearest line stays in front
        rows = (next(group) for _, group in groupby(merged, key=_PATH))
    return [row for row in rows if row[0] <= horizon and row[3] >= least]
