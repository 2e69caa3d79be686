"""Read and change who has which roles. It checks that roles make sense, not who changes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pachlite.errors import InvalidSubject
from pachlite.metadata.api import Transaction
from pachlite.pfs.credentials import Access, Binding
from pachlite.pfs.permissions import (
    CLUSTER,
    ROOT,
    Resource,
    allowed_by,
    check_roles,
    check_subject,
    permissions_about,
)
from pachlite.store import audit
from pachlite.store.auth import require_active
from pachlite.store.engine import Engine
from pachlite.store.roles import held_roles, replace_roles, target_id


class Bindings:
    """The part of `pfs.api.Auth` about roles."""

    _engine: Engine

    def get_roles(self, resource: Resource) -> list[Binding]:
        q = self._engine.reader
        require_active(q)
        rows = q.all(
            "SELECT subject, role FROM role WHERE kind = ? AND target = ? ORDER BY subject, role",
            str(resource.kind),
            target_id(q, resource),
        )
        return [
            Binding(subject, tuple(role for _, role in group))
            for subject, group in groupby(rows, key=lambda row: str(row[0]))
        ]

    def set_roles(self, resource: Resource, subject: str, roles: Sequence[str]) -> None:
        wanted = sorted(check_roles(resource.kind, roles))
        if check_subject(subject) == ROOT and resource == CLUSTER:
            raise InvalidSubject(subject, "its roles on the cluster cannot be changed")

        def change(tx: Transaction) -> None:
            require_active(tx)
            replace_roles(tx, resource, subject, wanted)
            detail = f"{subject} {','.join(wanted) or 'none'}"
            audit.note(tx, self._engine, "set roles", str(resource), detail)

        self._engine.writer.run(change)

    def check_access(self, resource: Resource, subject: str = "") -> Access:
        q = self._engine.reader
        require_active(q)
        who = check_subject(subject or self._engine.subject or ROOT)
        target_id(q, resource)
        held = held_roles(q, who, resource)
        permissions = permissions_about(resource.kind, allowed_by(held))
        return Access(who, tuple(sorted(held)), permissions)
