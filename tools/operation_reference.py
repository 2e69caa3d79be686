"""The reference of S3's operations: what the routes of the gateway do with each of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from pachlite.gateway.errors import NOT_IMPLEMENTED, S3Refusal
from pachlite.gateway.messages import S3Request
from pachlite.gateway.routing import find_operation
from tools.operation_notes import NOTES, POLITE, REASONS
from tools.s3_model import ModelOperation, load_model

_HEAD: Final = """<!-- Written by tools/generate.py; do not edit. -->

# S3 operations

Every operation that botocore knows of S3, and what the gateway does with it.

- **supported**: it does what S3 does.
- **polite**: there is nothing behind it, and the answer says so as S3 would, so that clients go on.
- **501**: `NotImplemented`; nothing is touched.

| operation | answer | |
|---|---|---|
"""
_FOOT: Final = """
Requests that belong to no operation of S3 are `NotImplemented` as well, or `MethodNotAllowed`. A
parameter that an operation does not have is never ignored, except names that begin with `x-`.
"""


class Answer(Enum):
    """What the gateway does with an operation."""

    SUPPORTED = "supported"
    POLITE = "polite"
    REFUSED = "501"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gateway does with an operation, and what there is to say about it."""

    answer: Answer
    note: str = ""


def operation_reference() -> str:
    """Return the page."""
    rows = [
        f"| {name} | {outcome.answer.value} | {outcome.note} |"
        for name, outcome in sorted(outcomes().items())
    ]
    return _HEAD + "\n".join(rows) + "\n" + _FOOT


def outcomes() -> dict[str, Outcome]:
    """Return what becomes of every operation, as the routes have it."""
    return {name: _outcome(name, each) for name, each in load_model().items()}


def request_of(operation: ModelOperation) -> S3Request:
    """Return the least request of an operation."""
    bucket, _, key = operation.path.strip("/").partition("/")
    headers = dict.fromkeys(operation.headers, "bucket/key")
    return S3Request(operation.method, bucket, key, operation.query, headers, operation.path)


def _outcome(name: str, operation: ModelOperation) -> Outcome:
    try:
        find_operation(request_of(operation))
    except S3Refusal as refusal:
        if refusal.s3 != NOT_IMPLEMENTED:
            raise
        return Outcome(Answer.REFUSED, _reason(operation))
    if name in POLITE:
        return Outcome(Answer.POLITE, POLITE[name])
    return Outcome(Answer.SUPPORTED, NOTES.get(name, ""))


def _reason(operation: ModelOperation) -> str:
    chosen = (REASONS[name] for name in (*operation.query, *operation.headers) if name in REASONS)
    return next(chosen)
