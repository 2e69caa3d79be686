"""Listing by common prefix, in one statement: one seek on each line for each entry.

It answers where a path is looked up on a few lines, which is where most listings look; elsewhere it
leaves the work to `scan` and `seek`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from pachlite.metadata.api import Reader
from pachlite.pfs.paths import after_prefix
from pachlite.store.line_reads import just_after, seek
from pachlite.store.line_values import END_OF_PATHS, FILE, Row, Snapshot, Value, row_of, sql

MOST_LINES: Final = 6  # from here on, flattening is near

_LAST_CODE_POINT: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)
_NUMBER: Final = itemgetter(0)
_REST: Final = ", ".join(["NULL"] * (len(Value._fields) - 2))  # what fills a row about a line


class Span(NamedTuple):
    """What to list: entries from `lower` on, below `upper` (empty: no bound).

    Paths that share the text from `prefix` up to the next delimiter are one entry.
    """

    prefix: str
    delimiter: str
    lower: str
    upper: str


class _Arm(NamedTuple):
    """One of the lines on which a path is looked up, with what leads to the next.

    `is_past` says that it is looked at as it was: what was replaced since is in `hist`.
    """

    line: int
    seq: int
    is_past: bool
    parent: int | None
    fork: int | None


_ARMS: Final = """
    WITH RECURSIVE walk (depth, line, seq) AS (
        SELECT 0, CAST(? AS BIGINT), CAST(? AS BIGINT)
        UNION ALL
        SELECT w.depth + 1, l.parent, l.fork
        FROM walk w JOIN line l ON l.id = w.line WHERE l.parent IS NOT NULL
    )
    SELECT w.line, w.seq, l.tip > w.seq, l.parent, l.fork
    FROM walk w JOIN line l ON l.id = w.line ORDER BY w.depth LIMIT ?"""

# From one entry, the next begins behind the path, or behind all that share its common prefix: that
# is the prefix with the last character of the delimiter replaced by the one that follows it.
_NEXT_LOW: Final = """CASE
    WHEN instr(substr(s.path, w.prefix_length + 1), w.delimiter) = 0 THEN s.path || char(1)
    ELSE substr(s.path, 1, w.prefix_length - 1
        + instr(substr(s.path, w.prefix_length + 1), w.delimiter)) || w.next_delimiter
    END"""
_FIRST: Final = f"""coalesce((
    SELECT e.path FROM $table e WHERE e.line = w.line$arm AND e.path >= $low AND e.path < w.high
    AND e.kind = {FILE} AND e.seq <= w.seq$arm $past ORDER BY e.path LIMIT 1), w.high)"""  # noqa: S608
_PAST: Final = "AND e.to_seq > w.seq$arm"
_ENTRIES: Final = """
    SELECT s.n, $arm, e.path, e.line, e.seq, $brief
    FROM skim s CROSS JOIN wanted w CROSS JOIN $table e
    WHERE s.path < w.high
    AND e.line = w.line$arm AND e.path = s.path AND e.seq <= w.seq$arm $past"""
_STATE: Final = """
    SELECT 0, $arm, '', l.id, l.tip, l.parent, l.fork, $rest
    FROM wanted w JOIN line l ON l.id = w.line$arm"""
_WHOLE: Final = """
    WITH RECURSIVE
    wanted (low, high, prefix_length, delimiter, next_delimiter, most, $columns) AS (
        SELECT ?, ?, CAST(? AS BIGINT), ?, ?, CAST(? AS BIGINT), $marks
    ),
    skim (path, n) AS (
        SELECT $first, 1 FROM wanted w
        UNION ALL
        SELECT $next, s.n + 1 FROM skim s, wanted w WHERE s.path < w.high AND s.n < w.most
    )
    $parts ORDER BY 1, 2"""


def skim(q: Reader, at: Snapshot, span: Span, *, limit: int) -> list[Row] | None:
    """Return the first row of each of the first `limit` entries; None where it cannot tell."""
    following = _following(span.delimiter)
    arms = [_Arm(*found) for found in q.all(_ARMS, *at, MOST_LINES + 1)]
    if following is None or not 0 < len(arms) <= MOST_LINES:
        return None
    statement = _statement(tuple(bool(arm.is_past) for arm in arms))
    positions = [number for arm in arms for number in arm[:2]]
    rows: list[Row] = []
    lower = span.lower
    while True:
        wanted = (lower, span.upper or END_OF_PATHS, len(span.prefix), span.delimiter, following)
        found = q.all(statement, *wanted, limit, *positions)
        state = [columns for columns in found if columns[0] == 0]
        if not _is_unchanged(arms, state):
            return None  # what was replaced in between is not where it was looked for
        tops = [next(group) for _, group in groupby(found[len(state) :], key=_NUMBER)]
        rows += _shown(q, at, span, [row_of(columns[2:]) for columns in tops])
        if len(tops) < limit or len(rows) >= limit:
            return rows[:limit]
        lower = _behind(tops[-1][2], span)
        if not lower:
            return rows


def _shown(q: Reader, at: Snapshot, span: Span, tops: list[Row]) -> list[Row]:
    """Return the first row of each entry; a marker of a line above may hide the one found."""
    shown: list[Row] = []
    for row in tops:
        first: Row | None = row
        if not row.is_live:
            first, rest = None, just_after(row.path)
            if (end := _behind(row.path, span)) != rest:  # others share its common prefix
                first = seek(q, at, rest, end or span.upper)
        if first is not None:
            shown.append(first)
    return shown


def _behind(path: str, span: Span) -> str:
    """Return the lower bound that leaves out the entry of a path and nothing else."""
    found = path.find(span.delimiter, len(span.prefix))
    if found < 0:
        return just_after(path)
    return after_prefix(path[: found + len(span.delimiter)])


def _is_unchanged(arms: list[_Arm], state: list[tuple[Any, ...]]) -> bool:
    """Say whether the lines still were, in the statement, as they had been found before."""
    return arms == [
        _Arm(arm.line, arm.seq, now[4] > arm.seq, now[5], now[6])
        for arm, now in zip(arms, state, strict=False)
    ]


@lru_cache
def _statement(is_past: tuple[bool, ...]) -> str:
    """Return the statement for lines of which some are looked at as they were."""
    sources = [(str(i), "ent", "") for i in range(len(is_past))]
    sources += [(str(i), "hist", _PAST) for i, past in enumerate(is_past) if past]
    words = [{"$table": table, "$past": past, "$arm": arm} for arm, table, past in sources]
    firsts = [_filled(_FIRST, {"$low": "w.low", **each}) for each in words]
    nexts = [_filled(_FIRST, {"$low": _NEXT_LOW, **each}) for each in words]
    parts = [_filled(_STATE, {"$arm": str(i)}) for i in range(len(is_past))]
    parts += [_filled(_ENTRIES, each) for each in words]
    columns = [f"{name}{i}" for i in range(len(is_past)) for name in ("line", "seq")]
    return sql(
        _filled(
            _WHOLE,
            {
                "$columns": ", ".join(columns),
                "$marks": ", ".join(["CAST(? AS BIGINT)"] * len(columns)),
                "$first": _least(firsts),
                "$next": _least(nexts),
                "$parts": " UNION ALL ".join(parts),
            },
        )
    ).replace("$rest", _REST)


def _least(terms: list[str]) -> str:
    return f"min({', '.join(terms)})" if len(terms) > 1 else terms[0]


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _following(delimiter: str) -> str | None:
    """Return the delimiter with its last character replaced by the one that follows it."""
    code = ord(delimiter[-1])
    if code == _LAST_CODE_POINT:
        return None
    code = _SURROGATES.stop if code + 1 in _SURROGATES else code + 1
    return delimiter[:-1] + chr(code)
