"""Taking rows away: of commits that were dropped, of versions nobody can name, of whole lines."""

from __future__ import annotations

from typing import Final

from pachlite.metadata.api import Reader, Transaction
from pachlite.store.line_values import OPEN_END
from pachlite.store.line_writes import load_line, reopen

_TOUCHED: Final = """
    SELECT path FROM ent WHERE line = ? AND seq > ?
    UNION
    SELECT path FROM hist WHERE line = ? AND seq > ?"""
# Wherever a line reads on from, some line has its history: `vparent` never changes.
_LAST_KEPT: Final = """
    SELECT max(seq) FROM (
        SELECT max(seq) AS seq FROM commits WHERE line = ?
        UNION ALL
        SELECT max(vfork) FROM line WHERE vparent = ?) AS needed"""
# Deleted commits count as long as their rows are there: until then they can be brought back. What
# an open commit has replaced counts, too, since the commit may take its change back.
_PRUNE: Final = """
    DELETE FROM hist WHERE line = ? AND to_seq < ? AND NOT EXISTS (
        SELECT 1 FROM commits c
        WHERE c.line = hist.line AND c.seq >= hist.seq AND c.seq <= hist.to_seq
        AND (c.seq < hist.to_seq OR c.finished IS NULL)
    ) AND NOT EXISTS (
        SELECT 1 FROM line l
        WHERE l.vparent = hist.line AND l.vfork >= hist.seq AND l.vfork < hist.to_seq
    )"""
_ERASE: Final = (
    "DELETE FROM ent WHERE (line, path) IN (SELECT line, path FROM ent WHERE line = ? LIMIT ?)",
    "DELETE FROM hist WHERE (line, path, seq) IN "
    "(SELECT line, path, seq FROM hist WHERE line = ? LIMIT ?)",
    "DELETE FROM hidden WHERE (line, path, vline, vseq) IN "
    "(SELECT line, path, vline, vseq FROM hidden WHERE line = ? LIMIT ?)",
)


def undo(tx: Transaction, line: int, keep_seq: int) -> None:
    """Forget everything after `keep_seq` on a line; its seqs are not used again.

    What commits or other lines need is kept all the same: first remove the rows of the commits.
    """
    keep = max(keep_seq, last_kept(tx, line))
    known = load_line(tx, line)
    if keep >= known.tip:
        return
    touched = tx.all(_TOUCHED, line, keep, line, keep)
    for table in ("ent", "hist"):
        tx.execute(f"DELETE FROM {table} WHERE line = ? AND seq > ?", line, keep)  # noqa: S608 - constants
    for (path,) in touched:
        reopen(tx, known, keep, path)
    tx.execute("DELETE FROM hidden WHERE line = ? AND since > ?", line, keep)
    tx.execute("UPDATE line SET tip = ? WHERE id = ?", keep, line)


def last_kept(q: Reader, line: int) -> int:
    """Return the last seq of a line that has a commit, deleted or not, or another line on top."""
    found = q.one(_LAST_KEPT, line, line)
    return found[0] or 0 if found else 0


def prune(tx: Transaction, line: int) -> int:
    """Remove what no commit shows, not even a deleted one that is still there; return how much."""
    return tx.execute(_PRUNE, line, OPEN_END)


def erase(tx: Transaction, line: int, *, limit_rows: int) -> bool:
    """Remove up to `limit_rows` rows of a line that nobody needs; True when it is gone."""
    left = limit_rows
    for statement in _ERASE:
        left -= tx.execute(statement, line, left)
    if left <= 0:
        return False
    tx.execute("DELETE FROM line WHERE id = ?", line)
    return True
