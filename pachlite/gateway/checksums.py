"""Checksums as S3's headers name them: which are valid, and which go with which kind of upload."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Final

from pachlite.errors import DigestMismatch
from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal
from pachlite.pfs.infos import Checksum, SumType
from pachlite.pfs.sums import ALGORITHMS

HEADER_PREFIX: Final = "x-amz-checksum-"
TYPE_HEADER: Final = "x-amz-checksum-type"
SDK_HEADER: Final = "x-amz-sdk-checksum-algorithm"
NOT_ALGORITHMS: Final = frozenset({"type", "mode", "algorithm"})
"""What may follow the prefix of the headers without naming an algorithm."""

_FULL_OBJECT: Final = frozenset({SumType.FULL_OBJECT})
_COMPOSITE: Final = frozenset({SumType.COMPOSITE})
_ALLOWED_TYPES: Final = {
    "CRC32": frozenset(SumType),
    "CRC32C": frozenset(SumType),
    "CRC64NVME": _FULL_OBJECT,
}


class ChecksumMismatch(DigestMismatch):
    """The body does not have the checksum that a header or a trailer declared."""

    @property
    def sentence(self) -> str:
        """What S3 says of it."""
        return f"The {self.algorithm} you specified did not match the calculated checksum."


def header_name(algorithm: str) -> str:
    """Return the header that carries checksums of an algorithm."""
    return HEADER_PREFIX + algorithm.lower()


def find_algorithm(name: str) -> str:
    """Return the algorithm's name in upper case; raise InvalidRequest for one that is unknown."""
    if name.upper() not in ALGORITHMS:
        raise S3Refusal(
            INVALID_REQUEST,
            "Checksum algorithm provided is unsupported. Please try again with any of the valid "
            f"types: [{', '.join(sorted(ALGORITHMS))}]",
        )
    return name.upper()


def is_value(algorithm: str, value: str) -> bool:
    """Say whether a text can be a checksum of an algorithm."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == ALGORITHMS[algorithm].width_bytes


def check_value(algorithm: str, value: str, *, place: str = "header") -> str:
    """Return `value` if it can be a checksum of that algorithm; raise InvalidRequest otherwise."""
    if not is_value(algorithm, value):
        raise invalid_header(header_name(algorithm), place=place)
    return value


def invalid_header(name: str, *, place: str = "header") -> S3Refusal:
    """Return the error for a header or a trailer whose value cannot be."""
    shown = name if place == "header" else f"{name} trailing"
    return S3Refusal(INVALID_REQUEST, f"Value for {shown} header is invalid.")


def header_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums that headers declare, by algorithm: one or none.

    The values are not looked at.
    """
    found = {}
    for name, value in headers.items():
        tail = name.removeprefix(HEADER_PREFIX)
        if tail != name and tail not in NOT_ALGORITHMS:
            if tail.upper() not in ALGORITHMS:
                raise S3Refusal(
                    INVALID_REQUEST,
                    "The algorithm type you specified in x-amz-checksum- header is invalid.",
                )
            found[tail.upper()] = value
    check_single(found)
    return found


def check_single(names: Sequence[str] | Mapping[str, str]) -> None:
    """Raise InvalidRequest when there is more than one checksum."""
    if len(names) > 1:
        raise S3Refusal(
            INVALID_REQUEST,
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        )


def parse_sum_type(declared: str) -> SumType | None:
    """Return the type that a header names; None when there is no such header."""
    if not declared:
        return None
    try:
        return SumType(declared.upper())
    except ValueError as error:
        raise invalid_header(TYPE_HEADER) from error


def upload_sum_type(algorithm: str, declared: str) -> SumType:
    """Return how parts of an upload are summed up; raise InvalidRequest where that cannot be."""
    allowed = _ALLOWED_TYPES.get(algorithm, _COMPOSITE)
    kind = parse_sum_type(declared)
    if kind is None:
        return SumType.FULL_OBJECT if allowed == _FULL_OBJECT else SumType.COMPOSITE
    if kind not in allowed:
        raise S3Refusal(
            INVALID_REQUEST,
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} "
            "checksum algorithm.",
        )
    return kind


def find_checksum(checksums: Sequence[Checksum], algorithm: str) -> Checksum | None:
    """Return the checksum of one algorithm among several."""
    return next((each for each in checksums if each.algorithm == algorithm), None)
