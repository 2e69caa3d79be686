"""Which versions were deleted by their id, on a line and what continues it."""

from __future__ import annotations

from typing import Final

from pachlite.metadata.api import Reader, Transaction
from pachlite.store.line_values import Snapshot

_HIDE: Final = """
    INSERT INTO hidden (line, path, vline, vseq, since) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (line, path, vline, vseq) DO NOTHING"""
_HIDDEN: Final = """
    WITH RECURSIVE ancestry (line, seq) AS (
        SELECT CAST(? AS BIGINT), CAST(? AS BIGINT)
        UNION ALL
        SELECT l.vparent, l.vfork FROM ancestry a JOIN line l ON l.id = a.line
        WHERE l.vparent IS NOT NULL
    )
    SELECT h.path, h.vline, h.vseq FROM ancestry a CROSS JOIN hidden h
    WHERE h.line = a.line AND h.since <= a.seq AND h.path >= ? AND h.path <= ?"""


def hide(tx: Transaction, at: Snapshot, path: str, origin: Snapshot) -> None:
    """Hide the version of a path that was made at `origin`, from the commit `at` on."""
    tx.execute(_HIDE, at.line, path, *origin, at.seq)


def is_hidden(q: Reader, view: Snapshot, path: str, origin: Snapshot) -> bool:
    """Say whether the version of a path made at `origin` is hidden when looked at from `view`."""
    return (path, origin) in hidden_between(q, view, path, path)


def hidden_between(q: Reader, view: Snapshot, first: str, last: str) -> set[tuple[str, Snapshot]]:
    """Return the path and origin of what is hidden, for first <= path <= last."""
    found = q.all(_HIDDEN, *view, first, last)
    return {(path, Snapshot(line, seq)) for path, line, seq in found}
