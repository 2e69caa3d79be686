"""Who has which roles on what, in rows. What a role grants is decided in `pfs/permissions.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pachlite.errors import NotAuthorized
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.permissions import (
    ALL_USERS,
    ROOT,
    Permission,
    Resource,
    ResourceKind,
    allowed_by,
)
from pachlite.pfs.refs import RepoRef
from pachlite.store import audit
from pachlite.store.engine import Engine
from pachlite.store.lookup import find_project, find_repo

_CLUSTER_ID: Final = 0
_HELD: Final = """
    SELECT role FROM role WHERE subject IN (?, ?) AND (
        (kind = 'cluster' AND target = 0)
        OR (kind = 'project' AND target = (SELECT id FROM project WHERE name = ?))
        OR (kind = 'repo' AND target = (
            SELECT r.id FROM project p JOIN repo r ON r.project = p.id AND r.name = ?
            AND r.type = 'user' AND r.deleted IS NULL WHERE p.name = ?)))"""


def target_id(q: Reader, resource: Resource) -> int:
    """Return the id under which roles on a resource are kept; raise what is not found."""
    if resource.kind is ResourceKind.CLUSTER:
        return _CLUSTER_ID
    if resource.kind is ResourceKind.PROJECT:
        return find_project(q, resource.project)
    return find_repo(q, RepoRef(resource.project, resource.repo))


def held_roles(q: Reader, subject: str, resource: Resource) -> frozenset[str]:
    """Return the roles that count on a resource: given on it or above it, to one or to all."""
    rows = q.all(_HELD, subject, ALL_USERS, resource.project, resource.repo, resource.project)
    return frozenset(role for (role,) in rows)


def is_active(q: Reader) -> bool:
    """Say whether callers are asked who they are."""
    return q.one("SELECT 1 FROM auth WHERE id = 1 AND is_active = 1") is not None


def may(q: Reader, subject: str, permission: Permission, resource: Resource) -> bool:
    """Say whether a subject has a permission, or auth is off."""
    return not is_active(q) or permission in allowed_by(held_roles(q, subject, resource))


def bump(tx: Transaction) -> None:
    """Make every process look anew at what somebody may do."""
    tx.execute("UPDATE auth SET generation = generation + 1 WHERE id = 1")


def bind(tx: Transaction, kind: ResourceKind, target: int, subject: str, role: str) -> None:
    """Give a role."""
    tx.execute(
        "INSERT INTO role (kind, target, subject, role) VALUES (?, ?, ?, ?)",
        str(kind),
        target,
        subject,
        role,
    )
    bump(tx)


def replace_roles(tx: Transaction, resource: Resource, subject: str, roles: Iterable[str]) -> None:
    """Make `roles` all that a subject has on a resource."""
    target = target_id(tx, resource)
    tx.execute(
        "DELETE FROM role WHERE kind = ? AND target = ? AND subject = ?",
        str(resource.kind),
        target,
        subject,
    )
    for role in roles:
        bind(tx, resource.kind, target, subject, role)
    bump(tx)


def forget_roles(tx: Transaction, kind: ResourceKind, target: int) -> None:
    """Forget all roles on something that is gone."""
    tx.execute("DELETE FROM role WHERE kind = ? AND target = ?", str(kind), target)
    bump(tx)


def may_within(tx: Transaction, engine: Engine, need: Permission, resource: Resource) -> bool:
    """Say whether whom the engine acts for has a permission at this moment."""
    return not engine.subject or may(tx, engine.subject, need, resource)


def require_within(tx: Transaction, engine: Engine, need: Permission, resource: Resource) -> None:
    """Raise `NotAuthorized` unless whom the engine acts for has a permission at this moment."""
    if not may_within(tx, engine, need, resource):
        raise NotAuthorized(engine.subject, need, str(resource))


def make_owner(tx: Transaction, engine: Engine, resource: Resource, target: int) -> None:
    """Give whoever creates something the ownership of it, in the transaction that creates it.

    Root needs no role, and whoever opened the store by its directory is root.
    """
    bump(tx)  # also for root: there may have been another one of that name
    if engine.subject in {"", ROOT} or not is_active(tx):
        return
    role = "repoOwner" if resource.kind is ResourceKind.REPO else "projectOwner"
    bind(tx, resource.kind, target, engine.subject, role)
    audit.note(tx, engine, "set roles", str(resource), f"{engine.subject} {role}")
