"""The checksum of a file that was put together from parts, from the checksums of the parts.

COMPOSITE is the checksum of the parts' checksums with `-N` behind, FULL_OBJECT that of the whole
bytes, which CRCs allow to compute without reading them. Values are base64, as S3 has them.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from awscrt import checksums


@dataclass(frozen=True, slots=True)
class PartSum:
    """The checksum of one part and how many bytes it is over."""

    value: str
    size_bytes: int


_COMBINE: Final[dict[str, Callable[[int, int, int], int]]] = {
    "CRC32": checksums.combine_crc32,
    "CRC32C": checksums.combine_crc32c,
    "CRC64NVME": checksums.combine_crc64nvme,
}
_WIDTH: Final = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8}
_DIGEST: Final[dict[str, Callable[[bytes], bytes]]] = {
    "CRC32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "CRC32C": lambda data: checksums.crc32c(data).to_bytes(4, "big"),
    "SHA1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
}


def composite(algorithm: str, parts: Sequence[PartSum]) -> str:
    """Return the checksum of the parts' checksums, with the number of parts."""
    joined = b"".join(base64.b64decode(part.value) for part in parts)
    return f"{base64.b64encode(_DIGEST[algorithm](joined)).decode()}-{len(parts)}"


def full_object(algorithm: str, parts: Sequence[PartSum]) -> str:
    """Return the CRC of all parts one after the other."""
    width, combine = _WIDTH[algorithm], _COMBINE[algorithm]
    total = 0
    for part in parts:
        value = int.from_bytes(base64.b64decode(part.value), "big")
        total = combine(total, value, part.size_bytes)
    return base64.b64encode(total.to_bytes(width, "big")).decode()
