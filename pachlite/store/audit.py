"""The record of every change of who may do what. It only ever grows."""

from __future__ import annotations

from typing import Final

from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.credentials import AuditEntry
from pachlite.pfs.permissions import ROOT
from pachlite.store.engine import Engine, as_datetime

_ALL: Final = 2**63 - 1


def note(tx: Transaction, engine: Engine, operation: str, target: str, detail: str = "") -> None:
    """Record a change in the transaction that makes it."""
    tx.execute(
        "INSERT INTO audit (at, subject, op, target, detail) VALUES (?, ?, ?, ?, ?)",
        engine.clock(),
        engine.subject or _opener(engine),
        operation,
        target,
        detail,
    )


def entries(q: Reader, limit: int | None) -> list[AuditEntry]:
    """Return what was recorded, newest first."""
    rows = q.all(
        "SELECT at, subject, op, target, detail FROM audit ORDER BY id DESC LIMIT ?",
        _ALL if limit is None else limit,
    )
    return [AuditEntry(as_datetime(row[0]), *row[1:]) for row in rows]


def _opener(engine: Engine) -> str:
    """Return root, and who on this machine that was."""
    return f"{ROOT} ({engine.user})" if engine.user else ROOT
