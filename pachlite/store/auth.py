"""Whether callers are asked who they are: turn it on and off, say who somebody is, act for others.

Tokens and keys are in `credentials.py`, roles in `bindings.py`, what a view refuses in `guard.py`.
"""

from __future__ import annotations

import secrets

from pachlite.errors import AuthAlreadyActivated, AuthNotActivated
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.credentials import AuditEntry, Identity, S3Credential
from pachlite.pfs.names import DEFAULT_PROJECT
from pachlite.pfs.permissions import (
    ALL_USERS,
    CLUSTER,
    ROOT,
    project_resource,
)
from pachlite.store import audit, roles, tokens
from pachlite.store.access import AccessCheck
from pachlite.store.engine import Engine, as_datetime

_FIRST_ROLES = (
    (CLUSTER, ROOT, "clusterAdmin"),
    (CLUSTER, ALL_USERS, "projectCreator"),
    (project_resource(DEFAULT_PROJECT), ALL_USERS, "projectWriter"),
)
"""What activation gives: root everything, and everybody a place to begin."""


class Auth:
    """The part of `pfs.api.Auth` that says whether and who."""

    _engine: Engine
    _access: AccessCheck

    def is_auth_active(self) -> bool:
        return self._access.is_active()

    def find_s3_credential(self, access_key: str) -> S3Credential:
        return tokens.find_credential(self._engine.reader, access_key, self._engine.clock())

    def activate_auth(self, *, root_token: str = "") -> str:
        token = tokens.check_token(root_token) if root_token else tokens.new_token()

        def activate(tx: Transaction) -> None:
            if roles.is_active(tx):
                raise AuthAlreadyActivated
            _forget_everything(tx)
            tx.execute(
                "UPDATE auth SET is_active = 1, server_key = ? WHERE id = 1",
                secrets.token_bytes(tokens.SERVER_KEY_BYTES),
            )
            for resource, subject, role in _FIRST_ROLES:
                roles.replace_roles(tx, resource, subject, [role])
            tokens.insert_token(tx, ROOT, token, self._engine.clock(), None)
            audit.note(tx, self._engine, "activate", "auth")

        self._engine.writer.run(activate)
        return token

    def deactivate_auth(self) -> None:
        def deactivate(tx: Transaction) -> None:
            require_active(tx)
            _forget_everything(tx)
            tx.execute("UPDATE auth SET is_active = 0, server_key = x'' WHERE id = 1")
            audit.note(tx, self._engine, "deactivate", "auth")

        self._engine.writer.run(deactivate)

    def rotate_root_token(self, *, root_token: str = "") -> str:
        token = tokens.check_token(root_token) if root_token else tokens.new_token()

        def rotate(tx: Transaction) -> None:
            require_active(tx)
            tx.execute("DELETE FROM token WHERE subject = ?", ROOT)
            tokens.insert_token(tx, ROOT, token, self._engine.clock(), None)
            audit.note(tx, self._engine, "rotate root token", ROOT)

        self._engine.writer.run(rotate)
        return token

    def whoami(self) -> Identity:
        require_active(self._engine.reader)
        return Identity(self._engine.subject or ROOT)

    def identify(self, token: str) -> Identity:
        q = self._engine.reader
        require_active(q)
        subject, expires = tokens.find_token(q, token, self._engine.clock())
        return Identity(subject, None if expires is None else as_datetime(expires))

    def list_audit(self, *, limit: int | None = None) -> list[AuditEntry]:
        return audit.entries(self._engine.reader, limit)


def require_active(q: Reader) -> None:
    """Raise `AuthNotActivated` while auth is off."""
    if not roles.is_active(q):
        raise AuthNotActivated


def _forget_everything(tx: Transaction) -> None:
    for table in ("token", "s3_key", "role"):
        tx.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
    roles.bump(tx)
