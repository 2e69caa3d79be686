"""The checksums that S3 has: which there are, and how to compute them. It knows no protocol."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from awscrt import checksums as crt


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


class XxHash:
    """A running XXHash, most significant byte first. Its digest can be taken once."""

    def __init__(self, running: crt.XXHash) -> None:
        self._running = running

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        self._running.update(data)

    def digest(self) -> bytes:
        """Return the hash."""
        digest: bytes = self._running.finalize()
        return digest


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How to compute one kind of checksum."""

    width_bytes: int
    start: Callable[[], RunningSum]


def _md5() -> RunningSum:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> RunningSum:
    return hashlib.sha1(usedforsecurity=False)


ALGORITHMS: Final[dict[str, Algorithm]] = {
    "CRC32": Algorithm(4, lambda: Crc(zlib.crc32, 4)),
    "CRC32C": Algorithm(4, lambda: Crc(crt.crc32c, 4)),
    "CRC64NVME": Algorithm(8, lambda: Crc(crt.crc64nvme, 8)),
    "MD5": Algorithm(16, _md5),
    "SHA1": Algorithm(20, _sha1),
    "SHA256": Algorithm(32, hashlib.sha256),
    "SHA512": Algorithm(64, hashlib.sha512),
    "XXHASH64": Algorithm(8, lambda: XxHash(crt.XXHash.new_xxhash64())),
    "XXHASH3": Algorithm(8, lambda: XxHash(crt.XXHash.new_xxhash3_64())),
    "XXHASH128": Algorithm(16, lambda: XxHash(crt.XXHash.new_xxhash3_128())),
}


def digest_of(algorithm: str, data: bytes) -> bytes:
    """Return the checksum of bytes that are there as a whole."""
    running = ALGORITHMS[algorithm].start()
    running.update(data)
    return running.digest()


def encode(digest: bytes) -> str:
    """Return a checksum as S3 writes it."""
    return base64.b64encode(digest).decode("ascii")
