"""Settings of branches: small texts that other protocols keep there. What they say is theirs."""

from __future__ import annotations

from pachlite.metadata.api import Transaction
from pachlite.pfs.refs import BranchRef
from pachlite.store.engine import Engine
from pachlite.store.lookup import find_branch


class Settings:
    """See `pfs.api.Settings`."""

    _engine: Engine

    def get_setting(self, branch: BranchRef, name: str) -> str:
        q = self._engine.reader
        found = q.one(
            "SELECT value FROM bucket_config WHERE branch = ? AND kind = ?",
            find_branch(q, branch).id,
            name,
        )
        return found[0] if found else ""

    def put_setting(self, branch: BranchRef, name: str, value: str) -> None:
        self._engine.writer.run(lambda tx: set_setting(tx, find_branch(tx, branch).id, name, value))


def set_setting(tx: Transaction, branch: int, name: str, value: str) -> None:
    """Replace a setting of a branch; an empty value deletes it."""
    tx.execute("DELETE FROM bucket_config WHERE branch = ? AND kind = ?", branch, name)
    if value:
        tx.execute(
            "INSERT INTO bucket_config (branch, kind, value) VALUES (?, ?, ?)", branch, name, value
        )
