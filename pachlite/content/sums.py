"""The checksum of a file that was put together from parts, from the checksums of the parts.

COMPOSITE is the checksum of the parts' checksums with `-N` behind; FULL_OBJECT is that of the whole
bytes, which can be had from CRCs without reading them. Values are base64, as S3 has them.

A CRC is a polynomial over GF(2) modulo another one, bits reflected. Appending n bytes multiplies
the CRC of what stands before them by x^8n.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pachlite.pfs.sums import digest_of, encode


@dataclass(frozen=True, slots=True)
class PartSum:
    """The checksum of one part and how many bytes it is over."""

    value: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Field:
    """Polynomials modulo that of a CRC; the highest bit stands for x^0."""

    modulus: int
    bits: int

    def multiply(self, a: int, b: int) -> int:
        """Return the product of two polynomials."""
        product, bit = 0, 1 << (self.bits - 1)
        while bit:
            if a & bit:
                product ^= b
            b = (b >> 1) ^ self.modulus if b & 1 else b >> 1
            bit >>= 1
        return product


_FIELDS: Final = {
    "CRC32": _Field(0xEDB88320, 32),
    "CRC32C": _Field(0x82F63B78, 32),
    "CRC64NVME": _Field(0x9A6C9329AC4BC9B5, 64),
}


def composite(algorithm: str, parts: Sequence[PartSum]) -> str:
    """Return the checksum of the parts' checksums, with the number of parts."""
    joined = b"".join(base64.b64decode(part.value) for part in parts)
    return f"{encode(digest_of(algorithm, joined))}-{len(parts)}"


def full_object(algorithm: str, parts: Sequence[PartSum]) -> str:
    """Return the CRC of all parts one after the other."""
    field = _FIELDS[algorithm]
    total = 0
    for part in parts:
        value = int.from_bytes(base64.b64decode(part.value), "big")
        total = field.multiply(_shift(field, part.size_bytes), total) ^ value
    return encode(total.to_bytes(field.bits // 8, "big"))


@lru_cache(maxsize=64)  # the parts of a file mostly have one size
def _shift(field: _Field, size_bytes: int) -> int:
    """Return x^8n for n bytes, by squaring."""
    result, power, exponent = 1 << (field.bits - 1), 1 << (field.bits - 2), 8 * size_bytes
    while exponent:
        if exponent & 1:
            result = field.multiply(result, power)
        power = field.multiply(power, power)
        exponent >>= 1
    return result
