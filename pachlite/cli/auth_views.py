"""How tokens, keys, roles and the record of changes are shown."""

from __future__ import annotations

from typing import Final

from pachlite.cli.formats import timestamp
from pachlite.cli.output import NOTHING, Output, Record, View
from pachlite.pfs.credentials import AuditEntry, Binding, S3KeyInfo, S3KeyPair, TokenInfo


def _expiry(info: TokenInfo | S3KeyInfo | S3KeyPair) -> str:
    return timestamp(info.expires_at) if info.expires_at else "never"


def _created(info: TokenInfo | S3KeyInfo, output: Output) -> str:
    return output.time(info.created_at)


def _token_record(info: TokenInfo) -> Record:
    return {
        "id": info.id,
        "subject": info.subject,
        "created_at": timestamp(info.created_at),
        "expires_at": timestamp(info.expires_at) if info.expires_at else None,
    }


def _key_record(info: S3KeyInfo) -> Record:
    return {
        "access_key": info.access_key,
        "subject": info.subject,
        "created_at": timestamp(info.created_at),
        "expires_at": timestamp(info.expires_at) if info.expires_at else None,
    }


def _pair_record(pair: S3KeyPair) -> Record:
    return {
        "access_key": pair.access_key,
        "secret_key": pair.secret_key,
        "subject": pair.subject,
        "expires_at": timestamp(pair.expires_at) if pair.expires_at else None,
    }


def _audit_record(entry: AuditEntry) -> Record:
    return {
        "at": timestamp(entry.at),
        "subject": entry.subject,
        "operation": entry.operation,
        "target": entry.target,
        "detail": entry.detail,
    }


def binding_record(binding: Binding) -> Record:
    """Return the roles of a subject for JSON and YAML."""
    return {"subject": binding.subject, "roles": list(binding.roles)}


TOKEN_VIEW: Final[View[TokenInfo]] = View(
    columns={
        "SUBJECT": lambda info, _: info.subject,
        "ID": lambda info, _: info.id,
        "CREATED": _created,
        "EXPIRES": lambda info, _: _expiry(info),
    },
    details={},
    record=_token_record,
    raw=_token_record,
)

S3_KEY_VIEW: Final[View[S3KeyInfo]] = View(
    columns={
        "SUBJECT": lambda info, _: info.subject,
        "ACCESS KEY": lambda info, _: info.access_key,
        "CREATED": _created,
        "EXPIRES": lambda info, _: _expiry(info),
    },
    details={},
    record=_key_record,
    raw=_key_record,
)

KEY_PAIR_VIEW: Final[View[S3KeyPair]] = View(
    columns={},
    details={
        "access_key": lambda pair, _: pair.access_key,
        "secret_key": lambda pair, _: pair.secret_key,
        "subject": lambda pair, _: pair.subject,
        "expires": lambda pair, _: _expiry(pair),
    },
    record=_pair_record,
    raw=_pair_record,
)

AUDIT_VIEW: Final[View[AuditEntry]] = View(
    columns={
        "WHEN": lambda entry, output: output.time(entry.at),
        "WHO": lambda entry, _: entry.subject,
        "DID": lambda entry, _: entry.operation,
        "TO": lambda entry, _: entry.target,
        "DETAIL": lambda entry, _: entry.detail or NOTHING,
    },
    details={},
    record=_audit_record,
    raw=_audit_record,
)
