"""What must hold between the rows of a line. It finds, and repairs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pachlite.metadata.api import Reader
from pachlite.store.line_reads import get
from pachlite.store.line_values import FILE, sql
from pachlite.store.line_writes import load_line

_OVERLAPS: Final = sql("""
    SELECT path, seq, to_seq, following FROM (
        SELECT path, seq, to_seq,
            lead(seq) OVER (PARTITION BY path ORDER BY seq, to_seq) AS following
        FROM (
            SELECT path, seq, $open_end AS to_seq FROM ent WHERE line = ?
            UNION ALL
            SELECT path, seq, to_seq FROM hist WHERE line = ?) AS own) AS pairs
    WHERE to_seq <= seq OR to_seq > following
    ORDER BY path, seq""")
_BEYOND: Final = sql("""
    SELECT path, seq FROM ent WHERE line = ? AND seq > ?
    UNION
    SELECT path, seq FROM hist WHERE line = ? AND (seq > ? OR to_seq > ? AND to_seq < $open_end)
    ORDER BY path""")
_OPEN_PAST: Final = sql(
    "SELECT path, kind FROM hist WHERE line = ? AND to_seq = $open_end ORDER BY path"
)


def check_line(q: Reader, line: int) -> list[str]:
    """Return what is wrong with the rows of a line, a sentence for each problem."""
    checks = (_check_intervals, _check_tip, _check_open_past)
    return [f"line {line}: {problem}" for check in checks for problem in check(q, line)]


def _check_intervals(q: Reader, line: int) -> Iterator[str]:
    """Yield where intervals of a path overlap; so at most one of them has no end."""
    for path, seq, to_seq, following in q.all(_OVERLAPS, line, line):
        yield f"{path!r} holds during [{seq}, {to_seq}), but again from {following} on"


def _check_tip(q: Reader, line: int) -> Iterator[str]:
    tip = load_line(q, line).tip
    for path, seq in q.all(_BEYOND, line, tip, line, tip, tip):
        yield f"{path!r} was written at {seq} or ended later, but the tip is {tip}"


def _check_open_past(q: Reader, line: int) -> Iterator[str]:
    """Yield rows that hold at the tip but stand in `hist`, where reads of the tip do not look."""
    below = load_line(q, line).below
    for path, kind in q.all(_OPEN_PAST, line):
        if kind == FILE:
            yield f"{path!r} is a file without an end among the past rows"
        elif below is not None and get(q, below, path) is not None:
            yield f"{path!r} is deleted, but the file of an ancestor shows through"
