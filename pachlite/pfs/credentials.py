"""What proves who somebody is, as values. It knows no secret but those it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pachlite.pfs.permissions import Permission


@dataclass(frozen=True, slots=True)
class S3Credential:
    """What requests of an access key are signed with.

    Attributes:
        subject: Whom the key belongs to, such as `user:alice`.
        may_presign: Whether the access key may be shown to others, as presigned URLs and forms
            do. It may not when it is a token, which is its own secret.
    """

    access_key: str = field(repr=False)
    secret: str = field(repr=False)
    subject: str
    may_presign: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, and until when; None: for ever."""

    subject: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token that exists. The token itself is not known; `id` begins its SHA-256."""

    id: str
    subject: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class S3KeyInfo:
    """An S3 key that exists, without its secret."""

    access_key: str
    subject: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class S3KeyPair:
    """A new S3 key with its secret, which is shown once."""

    access_key: str
    secret_key: str = field(repr=False)
    subject: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Revocation:
    """How much was revoked."""

    tokens: int
    s3_keys: int


@dataclass(frozen=True, slots=True)
class Binding:
    """The roles of one subject on one resource, sorted."""

    subject: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """What a subject may do with a resource: its roles there and above, and what they grant."""

    subject: str
    roles: tuple[str, ...]
    permissions: tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change of who may do what: when, by whom, to whom or what."""

    at: datetime
    subject: str
    operation: str
    target: str
    detail: str
