"""The checksums that S3 clients send: which there are, and how to compute them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from awscrt import checksums as crt

from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal, not_implemented
from pachlite.pfs.infos import Checksum, SumType

HEADER_PREFIX: Final = "x-amz-checksum-"
NOT_ALGORITHMS: Final = frozenset({"type", "mode", "algorithm"})
"""What may follow the prefix of the headers without naming an algorithm."""


class RunningSum(Protocol):
    """A checksum of the bytes seen so far."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        ...

    def digest(self) -> bytes:
        """Return the checksum of everything taken."""
        ...


class Crc:
    """A running CRC."""

    def __init__(self, function: Callable[[bytes, int], int], width_bytes: int) -> None:
        self._function = function
        self._width_bytes = width_bytes
        self._value = 0

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        """Return the CRC, most significant byte first."""
        return self._value.to_bytes(self._width_bytes, "big")


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How to compute one kind of checksum."""

    width_bytes: int
    start: Callable[[], RunningSum]


def _sha1() -> RunningSum:
    return hashlib.sha1(usedforsecurity=False)


ALGORITHMS: Final[dict[str, Algorithm]] = {
    "CRC32": Algorithm(4, lambda: Crc(zlib.crc32, 4)),
    "CRC32C": Algorithm(4, lambda: Crc(crt.crc32c, 4)),
    "CRC64NVME": Algorithm(8, lambda: Crc(crt.crc64nvme, 8)),
    "SHA1": Algorithm(20, _sha1),
    "SHA256": Algorithm(32, hashlib.sha256),
}

_DEFAULT_TYPES: Final = {"CRC64NVME": SumType.FULL_OBJECT}
_ALLOWED_TYPES: Final = {
    "CRC32": frozenset(SumType),
    "CRC32C": frozenset(SumType),
    "CRC64NVME": frozenset({SumType.FULL_OBJECT}),
    "SHA1": frozenset({SumType.COMPOSITE}),
    "SHA256": frozenset({SumType.COMPOSITE}),
}


def find_algorithm(name: str) -> str:
    """Return the algorithm's name in upper case; raise 501 for one that is unknown."""
    if name.upper() not in ALGORITHMS:
        raise not_implemented(f"the checksum algorithm {name[:40]}")
    return name.upper()


def check_value(algorithm: str, value: str) -> str:
    """Return `value` if it can be a checksum of that algorithm; raise InvalidRequest otherwise."""
    try:
        raw = base64.b64decode(value, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != ALGORITHMS[algorithm].width_bytes:
        raise S3Refusal(
            INVALID_REQUEST, f"the value of {HEADER_PREFIX}{algorithm.lower()} is invalid"
        )
    return value


def upload_sum_type(algorithm: str, declared: str) -> SumType:
    """Return how parts of an upload are summed up; raise InvalidRequest where that cannot be."""
    if not declared:
        return _DEFAULT_TYPES.get(algorithm, SumType.COMPOSITE)
    try:
        kind = SumType(declared.upper())
    except ValueError:
        kind = None
    if kind is None or kind not in _ALLOWED_TYPES[algorithm]:
        raise S3Refusal(
            INVALID_REQUEST, f"the checksum type {declared[:40]} cannot be used with {algorithm}"
        )
    return kind


def encode(digest: bytes) -> str:
    """Return a checksum as S3 writes it."""
    return base64.b64encode(digest).decode("ascii")


def find_checksum(checksums: Sequence[Checksum], algorithm: str) -> Checksum | None:
    """Return the checksum of one algorithm among several."""
    return next((each for each in checksums if each.algorithm == algorithm), None)
