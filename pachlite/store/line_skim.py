"""Listing by common prefix at the tip of a line, in one statement: one seek for each entry.

It answers only for the tip of a line that lies on top of nothing, where most listings look;
elsewhere it leaves the work to `scan` and `seek`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pachlite.metadata.api import Reader
from pachlite.store.line_values import END_OF_PATHS, FILE, Row, Snapshot, rows_of, sql

_LAST_CODE_POINT: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)


class Span(NamedTuple):
    """What to list: entries from `lower` on, below `upper` (empty: no bound).

    Paths that share the text from `prefix` up to the next delimiter are one entry.
    """

    prefix: str
    delimiter: str
    lower: str
    upper: str


# From one entry, the next begins behind the path, or behind all that share its common prefix: that
# is the prefix with the last character of the delimiter replaced by the one that follows it.
_SKIM: Final = sql(f"""
    WITH RECURSIVE
    wanted (line, low, high, prefix_length, delimiter, next_delimiter, most) AS (
        SELECT CAST(? AS BIGINT), ?, ?, CAST(? AS BIGINT), ?, ?, CAST(? AS BIGINT)
    ),
    skim (path, n) AS (
        SELECT (SELECT e.path FROM ent e WHERE e.line = w.line AND e.path >= w.low
                AND e.path < w.high AND e.kind = {FILE} ORDER BY e.path LIMIT 1), 1
        FROM wanted w
        UNION ALL
        SELECT (SELECT e.path FROM ent e WHERE e.line = w.line AND e.path < w.high
                AND e.kind = {FILE} AND e.path >= CASE
                    WHEN instr(substr(s.path, w.prefix_length + 1), w.delimiter) = 0
                    THEN s.path || char(1)
                    ELSE substr(s.path, 1, w.prefix_length - 1
                        + instr(substr(s.path, w.prefix_length + 1), w.delimiter))
                        || w.next_delimiter
                    END
                ORDER BY e.path LIMIT 1), s.n + 1
        FROM skim s, wanted w WHERE s.path IS NOT NULL AND s.n < w.most
    )
    SELECT e.path, e.line, e.seq, $brief, (SELECT tip FROM line WHERE id = e.line)
    FROM skim s CROSS JOIN wanted w CROSS JOIN ent e WHERE e.line = w.line AND e.path = s.path
    ORDER BY s.n""")  # noqa: S608 - constants


def skim(q: Reader, at: Snapshot, span: Span, *, limit: int) -> list[Row] | None:
    """Return the first row of each of the first `limit` entries; None where it cannot tell."""
    following = _following(span.delimiter)
    if following is None or not _is_tip_of_root(q, at):
        return None
    found = q.all(
        _SKIM,
        at.line,
        span.lower,
        span.upper or END_OF_PATHS,
        len(span.prefix),
        span.delimiter,
        following,
        limit,
    )
    if found[0][-1] != at.seq if found else not _is_tip_of_root(q, at):
        return None  # a commit came in between, and what it replaced is not in `ent` any more
    return rows_of(found)


def _is_tip_of_root(q: Reader, at: Snapshot) -> bool:
    found = q.one("SELECT tip, parent FROM line WHERE id = ?", at.line)
    return found == (at.seq, None)


def _following(delimiter: str) -> str | None:
    """Return the delimiter with its last character replaced by the one that follows it."""
    code = ord(delimiter[-1])
    if code == _LAST_CODE_POINT:
        return None
    code = _SURROGATES.stop if code + 1 in _SURROGATES else code + 1
    return delimiter[:-1] + chr(code)
