"""What is erased after a time: idle uploads, answers kept for retries, staging left by a crash,
deleted repos, dropped and squashed commits, tokens and keys whose time is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pachlite.metadata.api import Transaction
from pachlite.pfs.permissions import ResourceKind
from pachlite.store import lines, tokens
from pachlite.store.roles import forget_roles

DAY_US: Final = 24 * 3600 * 1_000_000
KEEP_RESULTS_US: Final = DAY_US
KEEP_UPLOADS_US: Final = 7 * DAY_US
KEEP_STAGING_US: Final = 7 * DAY_US
KEEP_DELETED_US: Final = 30 * DAY_US
_ROWS: Final = 2000


def step(tx: Transaction, now: int) -> bool:
    """Erase a bounded number of rows; return True when nothing is left to do."""
    return not any(rule(tx, now) for rule in _RULES)


def _uploads(tx: Transaction, now: int) -> bool:
    """Forget uploads that got no part for a week, and those completed a day ago."""
    rows = tx.all(
        "SELECT id FROM upload u WHERE completed < ? OR (completed IS NULL AND created < ? "
        "AND NOT EXISTS (SELECT 1 FROM upload_part p WHERE p.upload = u.id AND p.created >= ?)) "
        "LIMIT 10",
        now - KEEP_RESULTS_US,
        now - KEEP_UPLOADS_US,
        now - KEEP_UPLOADS_US,
    )
    for (upload,) in rows:
        tx.execute("DELETE FROM upload_part WHERE upload = ?", upload)
        tx.execute("DELETE FROM upload WHERE id = ?", upload)
    return bool(rows)


def _operations(tx: Transaction, now: int) -> bool:
    return bool(
        tx.execute(
            "DELETE FROM operation WHERE id IN (SELECT id FROM operation WHERE at < ? LIMIT ?)",
            now - KEEP_RESULTS_US,
            _ROWS,
        )
    )


def _staging(tx: Transaction, now: int) -> bool:
    row = tx.one(
        "SELECT id FROM line WHERE state = ? AND created < ?", lines.STAGING, now - KEEP_STAGING_US
    )
    if row is None:
        return False
    lines.discard_stage(tx, row[0])
    return True


def _dropped(tx: Transaction, now: int) -> bool:
    """Take dropped commits off the end of their line; nothing that is kept can see their rows."""
    row = tx.one(
        "SELECT c.cid, c.line FROM commits c JOIN line l ON l.id = c.line AND l.tip = c.seq "
        "WHERE c.deleted < ? LIMIT 1",
        now - KEEP_DELETED_US,
    )
    if row is None:
        return False
    tx.execute("DELETE FROM commits WHERE cid = ?", row[0])
    lines.undo(tx, row[1], lines.last_kept(tx, row[1]))
    return True


def _squashed(tx: Transaction, now: int) -> bool:
    row = tx.one("SELECT cid, line FROM commits WHERE deleted < ? LIMIT 1", now - KEEP_DELETED_US)
    if row is None:
        return False
    tx.execute("DELETE FROM commits WHERE cid = ?", row[0])
    lines.prune(tx, row[1])
    return True


def _repos(tx: Transaction, now: int) -> bool:
    row = tx.one("SELECT id FROM repo WHERE deleted < ? LIMIT 1", now - KEEP_DELETED_US)
    if row is None:
        return False
    repo = row[0]
    line = tx.one("SELECT id FROM line WHERE repo = ? LIMIT 1", repo)
    if line is not None:
        lines.erase(tx, line[0], limit_rows=_ROWS)
        return True
    tx.execute(
        "DELETE FROM bucket_config WHERE branch IN (SELECT id FROM branch WHERE repo = ?)", repo
    )
    for table in ("commits", "branch", "tag", "reflog", "upload", "repo"):
        column = "id" if table == "repo" else "repo"
        tx.execute(f"DELETE FROM {table} WHERE {column} = ?", repo)  # noqa: S608 - constants
    forget_roles(tx, ResourceKind.REPO, repo)
    return True


_RULES: Final[tuple[Callable[[Transaction, int], bool], ...]] = (
    _uploads,
    _operations,
    _staging,
    _dropped,
    _squashed,
    _repos,
    tokens.forget_expired,
)
