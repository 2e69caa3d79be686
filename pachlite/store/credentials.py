"""Make, list and revoke tokens and S3 keys. What they look like in rows is in `tokens.py`."""

from __future__ import annotations

from pachlite.errors import AccessKeyNotFound, InvalidOption, InvalidSubject
from pachlite.metadata.api import Transaction
from pachlite.pfs.credentials import Revocation, S3KeyInfo, S3KeyPair, TokenInfo
from pachlite.pfs.permissions import ROOT, check_individual
from pachlite.store import audit, tokens
from pachlite.store.auth import require_active
from pachlite.store.engine import Engine, as_datetime

_ID_DIGITS = 12
_SECOND_US = 1_000_000


class Credentials:
    """The part of `pfs.api.Auth` about tokens and keys."""

    _engine: Engine

    def create_token(self, subject: str, *, ttl_s: float | None = None) -> str:
        engine, token = self._engine, tokens.new_token()
        if check_individual(subject) == ROOT:
            raise InvalidSubject(subject, "its token is made by rotating it")

        def create(tx: Transaction) -> None:
            require_active(tx)
            now = engine.clock()
            tokens.insert_token(tx, subject, token, now, _expiry(now, ttl_s))
            audit.note(tx, engine, "create token", subject, _limit(ttl_s))

        engine.writer.run(create)
        engine.request_expiry()
        return token

    def list_token(self) -> list[TokenInfo]:
        q = self._engine.reader
        require_active(q)
        rows = q.all(
            "SELECT digest, subject, created, expires FROM token "
            "WHERE expires IS NULL OR expires > ? ORDER BY subject, created, digest",
            self._engine.clock(),
        )
        return [
            TokenInfo(
                digest.hex()[:_ID_DIGITS],
                subject,
                as_datetime(created),
                None if expires is None else as_datetime(expires),
            )
            for digest, subject, created, expires in rows
        ]

    def revoke_token(self, token: str) -> int:
        digest = tokens.digest_of(token)

        def revoke(tx: Transaction) -> int:
            require_active(tx)
            row = tx.one("SELECT subject FROM token WHERE digest = ?", digest)
            if row is None:
                return 0
            tx.execute("DELETE FROM token WHERE digest = ?", digest)
            audit.note(tx, self._engine, "revoke token", row[0], digest.hex()[:_ID_DIGITS])
            return 1

        return self._engine.writer.run(revoke)

    def revoke_subject(self, subject: str) -> Revocation:
        if check_individual(subject) == ROOT:
            raise InvalidSubject(subject, "the token of root is replaced, not revoked")

        def revoke(tx: Transaction) -> Revocation:
            require_active(tx)
            revoked = Revocation(
                tx.execute("DELETE FROM token WHERE subject = ?", subject),
                tx.execute("DELETE FROM s3_key WHERE subject = ?", subject),
            )
            detail = f"{revoked.tokens} tokens, {revoked.s3_keys} S3 keys"
            audit.note(tx, self._engine, "revoke all", subject, detail)
            return revoked

        return self._engine.writer.run(revoke)

    def create_s3_key(self, subject: str = "", *, ttl_s: float | None = None) -> S3KeyPair:
        engine, access_key = self._engine, tokens.new_access_key()
        owner = check_individual(subject or engine.subject or ROOT)

        def create(tx: Transaction) -> S3KeyPair:
            require_active(tx)
            now = engine.clock()
            expires = _expiry(now, ttl_s)
            tx.execute(
                "INSERT INTO s3_key (access_key, subject, created, expires) VALUES (?, ?, ?, ?)",
                access_key,
                owner,
                now,
                expires,
            )
            audit.note(tx, engine, "create s3 key", owner, f"{access_key} {_limit(ttl_s)}".rstrip())
            row = tx.one("SELECT server_key FROM auth WHERE id = 1")
            assert row is not None
            secret = tokens.secret_of(row[0], access_key)
            return S3KeyPair(
                access_key, secret, owner, None if expires is None else as_datetime(expires)
            )

        made = engine.writer.run(create)
        engine.request_expiry()
        return made

    def list_s3_key(self, subject: str = "") -> list[S3KeyInfo]:
        q = self._engine.reader
        require_active(q)
        rows = q.all(
            "SELECT access_key, subject, created, expires FROM s3_key "
            "WHERE (? = '' OR subject = ?) AND (expires IS NULL OR expires > ?) "
            "ORDER BY subject, created, access_key",
            subject,
            subject,
            self._engine.clock(),
        )
        return [
            S3KeyInfo(
                access_key,
                owner,
                as_datetime(created),
                None if expires is None else as_datetime(expires),
            )
            for access_key, owner, created, expires in rows
        ]

    def revoke_s3_key(self, access_key: str) -> None:
        def revoke(tx: Transaction) -> None:
            require_active(tx)
            row = tx.one("SELECT subject FROM s3_key WHERE access_key = ?", access_key)
            if row is None:
                raise AccessKeyNotFound(access_key)
            tx.execute("DELETE FROM s3_key WHERE access_key = ?", access_key)
            audit.note(tx, self._engine, "revoke s3 key", row[0], access_key)

        self._engine.writer.run(revoke)


def _expiry(now: int, ttl_s: float | None) -> int | None:
    if ttl_s is None:
        return None
    if ttl_s <= 0:
        raise InvalidOption("the time until it expires must be more than nothing")
    return now + round(ttl_s * _SECOND_US)


def _limit(ttl_s: float | None) -> str:
    return "" if ttl_s is None else f"for {ttl_s:g} s"
