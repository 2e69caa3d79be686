"""What a subject may do, answered fast. Answers are kept until anything about auth changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pachlite.errors import NotAuthorized
from pachlite.metadata.api import Reader
from pachlite.pfs.permissions import Permission, Resource, allowed_by
from pachlite.store.roles import held_roles, target_id

_MAX_KEPT: Final = 10_000
_STATE: Final = "SELECT is_active, generation FROM auth WHERE id = 1"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was found out while the generation was this."""

    generation: int
    allowed: dict[tuple[str, Resource], frozenset[Permission]] = field(default_factory=dict)


class AccessCheck:
    """Answers for one open store, from any thread, right across processes.

    A change of roles raises the generation in its own transaction. Each question reads the
    generation first, so that what is kept for it is never older than that.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._kept = _Kept(-1)

    def __repr__(self) -> str:
        kept = self._kept
        return f"<AccessCheck generation {kept.generation}, {len(kept.allowed)} kept>"

    def is_active(self) -> bool:
        """Say whether callers are asked who they are."""
        row = self._reader.one(_STATE)
        return row is not None and bool(row[0])

    def allows(self, subject: str, permission: Permission, resource: Resource) -> bool:
        """Say whether a subject has a permission, or auth is off."""
        row = self._reader.one(_STATE)
        assert row is not None
        if not row[0]:
            return True
        kept = self._kept
        if kept.generation != row[1] or len(kept.allowed) > _MAX_KEPT:
            kept = self._kept = _Kept(row[1])
        key = (subject, resource)
        allowed = kept.allowed.get(key)
        if allowed is None:
            allowed = allowed_by(held_roles(self._reader, subject, resource))
            kept.allowed[key] = allowed
        return permission in allowed

    def require(self, subject: str, permission: Permission, resource: Resource) -> None:
        """Raise `NotAuthorized`, or what says that the resource does not exist."""
        if not self.allows(subject, permission, resource):
            target_id(self._reader, resource)
            raise NotAuthorized(subject, permission, str(resource))
