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
        def put(tx: Transaction) -> None:
            row = find_branch(tx, branch)
            tx.execute("DELETE FROM bucket_config WHERE branch = ? AND kind = ?", row.id, name)
            if value:
                tx.execute(
                    "INSERT INTO bucket_config (branch, kind, value) VALUES (?, ?, ?)",
                    row.id,
                    name,
                    value,
                )

        self._engine.writer.run(put)
