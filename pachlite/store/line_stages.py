"""Staging lines: changes gathered out of sight over many transactions, and published in one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pachlite.metadata.api import Reader, Transaction
from pachlite.store.line_reads import get
from pachlite.store.line_values import FILE, LIVE, MARKER, Snapshot, Value, sql

FIRST_SEQ: Final = 1
_DELETE_SEQ: Final = 0  # in no history as yet: whether it deletes anything, publishing finds out

_COUNT: Final = f"""
    SELECT count(*), coalesce(sum(size), 0) FROM (
        SELECT size FROM ent WHERE line = ? AND seq = {FIRST_SEQ} AND kind = {FILE}
        UNION ALL
        SELECT size FROM hist WHERE line = ? AND seq = {FIRST_SEQ} AND kind = {FILE}
    ) AS staged"""  # noqa: S608 - constants
_SET: Final = sql("""
    INSERT INTO ent (line, path, seq, $value) VALUES (?, ?, ?, $marks)
    ON CONFLICT (line, path) DO UPDATE SET seq = excluded.seq, $updates""")


def stage(tx: Transaction, line: int, path: str, value: Value | None) -> None:
    """Stage a value for `path`, or (None) its deletion, in place of what was staged before."""
    tx.execute(_SET, *_columns(line, path, value))


def stage_many(tx: Transaction, line: int, changes: Iterable[tuple[str, Value | None]]) -> None:
    """Stage many changes; sorted by path they are fastest."""
    tx.many(_SET, (_columns(line, path, value) for path, value in changes))


def count_stage(q: Reader, line: int) -> tuple[int, int]:
    """Return how many files are staged on a line, or were when it was published, and their size."""
    found = q.one(_COUNT, line, line)
    assert found is not None
    return found[0], found[1]


def discard_stage(tx: Transaction, line: int) -> None:
    """Forget a staging line that is not going to be published."""
    tx.execute("DELETE FROM ent WHERE line = ?", line)
    tx.execute("DELETE FROM line WHERE id = ?", line)


def publish_stage(tx: Transaction, line: int, head: Snapshot | None) -> None:
    """Put a staging line on top of `head`; its changes are the commit at seq 1."""
    for (path,) in tx.all("SELECT path FROM ent WHERE line = ? AND seq = ?", line, _DELETE_SEQ):
        _publish_delete(tx, line, head, path)
    parent, fork = head or (None, None)
    tx.execute(
        "UPDATE line SET parent = ?, fork = ?, vparent = ?, vfork = ?, state = ? WHERE id = ?",
        *(parent, fork, parent, fork, LIVE, line),
    )


def _publish_delete(tx: Transaction, line: int, head: Snapshot | None, path: str) -> None:
    if head is not None and get(tx, head, path) is not None:
        tx.execute("UPDATE ent SET seq = ? WHERE line = ? AND path = ?", FIRST_SEQ, line, path)
    else:
        tx.execute("DELETE FROM ent WHERE line = ? AND path = ?", line, path)


def _columns(line: int, path: str, value: Value | None) -> tuple[int | str | bytes | None, ...]:
    return (line, path, FIRST_SEQ, *value) if value else (line, path, _DELETE_SEQ, *MARKER)
