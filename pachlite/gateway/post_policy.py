"""The policy of a form: what its author lets others upload. Parsed and applied; pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pachlite.gateway.errors import ENTITY_TOO_LARGE, S3Code, S3Refusal
from pachlite.gateway.signature_errors import denied

ENTITY_TOO_SMALL: Final = S3Code("EntityTooSmall", 400)
INVALID_POLICY_DOCUMENT: Final = S3Code("InvalidPolicyDocument", 400)

MAX_POST_BYTES: Final = 5 * 1024**3
"""What a form may bring, whatever its policy says."""

_EXPIRATION: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z"
)
_MEMBERS: Final = ("expiration", "conditions")
_NOT_JSON: Final = "Invalid JSON."
_SIZE_RANGE: Final = "content-length-range"
_OPERATORS: Final[dict[str, Callable[[str, str], bool]]] = {
    "eq": lambda value, wanted: value == wanted,
    "starts-with": lambda value, wanted: value.startswith(wanted),
}
_CONDITION_PARTS: Final = 3

# Fields that no condition has to name: what carries the policy, what clients want ignored, and
# checksums, which can only make an upload fail.
_EXEMPT: Final = frozenset({"policy", "signature", "awsaccesskeyid", "x-amz-signature", "file"})
_IGNORED: Final = ("x-ignore-", "x-amz-checksum-")


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field must be; `field` is its name as the policy writes it."""

    operator: str
    field: str
    wanted: str

    @property
    def name(self) -> str:
        """The field as forms are searched for it; a policy that lacks the `$` names none."""
        return self.field.removeprefix("$").lower() if self.field.startswith("$") else ""

    def holds_for(self, value: str) -> bool:
        """Say whether a value is allowed."""
        return _OPERATORS[self.operator](value, self.wanted)

    def __str__(self) -> str:
        return json.dumps([self.operator, self.field, self.wanted], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """What an author allows, and until when. Sizes are of the file."""

    expires_at: datetime
    conditions: tuple[Condition, ...] = ()
    min_bytes: int = 0
    max_bytes: int = MAX_POST_BYTES

    def check_fields(self, fields: Mapping[str, str], now: datetime) -> None:
        """Raise AccessDenied unless the fields are what the author allows."""
        if now > self.expires_at:
            raise _violated("Policy expired.")
        for condition in self.conditions:
            if not condition.name or not condition.holds_for(fields.get(condition.name, "")):
                raise _violated(f"Policy Condition failed: {condition}")
        named = {condition.name for condition in self.conditions}
        for name in fields:
            if name not in named and name not in _EXEMPT and not name.startswith(_IGNORED):
                raise _violated(f"Extra input fields: {name[:80]}")

    def check_most(self, size_bytes: int) -> None:
        """Raise EntityTooLarge for a file that has already too many bytes."""
        if size_bytes > self.max_bytes:
            raise S3Refusal(
                ENTITY_TOO_LARGE,
                "Your proposed upload exceeds the maximum allowed size",
                details=(
                    ("ProposedSize", str(size_bytes)),
                    ("MaxSizeAllowed", str(self.max_bytes)),
                ),
            )

    def check_least(self, size_bytes: int) -> None:
        """Raise EntityTooSmall for a file that has ended too early."""
        if size_bytes < self.min_bytes:
            raise S3Refusal(
                ENTITY_TOO_SMALL,
                "Your proposed upload is smaller than the minimum allowed size",
                details=(
                    ("ProposedSize", str(size_bytes)),
                    ("MinSizeAllowed", str(self.min_bytes)),
                ),
            )


def parse_policy(text: str) -> Policy:
    """Parse a policy as a form carries it: JSON in base64.

    Raises:
        S3Refusal: InvalidPolicyDocument, and what is wrong with it.
    """
    document = _decode(text)
    for name in document:
        if name not in _MEMBERS:
            raise _invalid(f'Unexpected: "{name[:80]}"')
    for name in _MEMBERS:
        if name not in document:
            raise _invalid(f"Policy missing {name}.")
    conditions = document["conditions"]
    if not isinstance(conditions, list):
        raise _invalid("Invalid 'conditions' value: must be a List.")
    ranges = [each for each in conditions if _is_size_range(each)]
    least, most = _parse_range(ranges) if ranges else (0, MAX_POST_BYTES)
    return Policy(
        _parse_expiration(document["expiration"]),
        tuple(_parse_condition(each) for each in conditions if not _is_size_range(each)),
        least,
        most,
    )


def _decode(text: str) -> dict[str, object]:
    if not text:
        raise _invalid("Expecting '{' but found End-of-Input")
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _invalid("invalid Base64 encoding.") from error
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _invalid(_NOT_JSON) from error
    if not isinstance(document, dict):
        raise _invalid(_NOT_JSON)
    return document


def _parse_expiration(value: object) -> datetime:
    if not isinstance(value, str):
        raise _invalid(_NOT_JSON)
    if not _EXPIRATION.fullmatch(value):
        raise _bad_expiration(value)
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _bad_expiration(value) from error


def _bad_expiration(value: str) -> S3Refusal:
    return _invalid(f"Invalid 'expiration' value: '{value[:80]}'")


def _is_size_range(condition: object) -> bool:
    return (
        isinstance(condition, list)
        and bool(condition)
        and isinstance(condition[0], str)
        and condition[0].lower() == _SIZE_RANGE
    )


def _parse_range(ranges: list[list[object]]) -> tuple[int, int]:
    """Return what all the ranges allow."""
    bounds = []
    for each in ranges:
        numbers = [_parse_size(value) for value in each[1:]]
        if len(numbers) != _CONDITION_PARTS - 1:
            raise _invalid(_wrong_count(_SIZE_RANGE))
        bounds.append(numbers)
    return max(low for low, _ in bounds), min(MAX_POST_BYTES, *(high for _, high in bounds))


def _parse_size(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:  # noqa: PLR2004
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _invalid(_NOT_JSON)


def _parse_condition(condition: object) -> Condition:
    if isinstance(condition, dict):
        return _parse_simple(condition)
    if not isinstance(condition, list):
        raise _invalid("Invalid condition test: must be a List or Object.")
    if not condition:
        raise _invalid("Invalid Condition: missing operation identifier.")
    operator, *operands = condition
    if not isinstance(operator, str) or operator.lower() not in _OPERATORS:
        raise _invalid(f"Invalid Condition: unknown operation '{str(operator)[:40]}'.")
    if len(operands) != _CONDITION_PARTS - 1:
        raise _invalid(_wrong_count(operator.lower()))
    name, wanted = operands
    if not (isinstance(name, str) and isinstance(wanted, str)):
        raise _invalid(_NOT_JSON)
    return Condition(operator.lower(), name, wanted)


def _parse_simple(condition: dict[str, object]) -> Condition:
    if len(condition) != 1:
        raise _invalid(
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
        )
    [(name, wanted)] = condition.items()
    if not isinstance(wanted, str):
        raise _invalid("Invalid Simple-Condition: value must be a string.")
    return Condition("eq", f"${name}", wanted)


def _wrong_count(operator: str) -> str:
    return f"Invalid {operator}: wrong number of arguments."


def _violated(what: str) -> S3Refusal:
    return denied(f"Invalid according to Policy: {what}")


def _invalid(what: str) -> S3Refusal:
    return S3Refusal(INVALID_POLICY_DOCUMENT, f"Invalid Policy: {what}")
