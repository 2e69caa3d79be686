"""Checksums of files in parts, against the native code that computes them from the bytes."""

import base64
import random

import pytest
from awscrt import checksums

from pachlite.content.sums import PartSum, composite, full_object

NATIVE = {
    "CRC32": (checksums.crc32, 4),
    "CRC32C": (checksums.crc32c, 4),
    "CRC64NVME": (checksums.crc64nvme, 8),
}


def _sum(algorithm: str, data: bytes) -> str:
    function, width = NATIVE[algorithm]
    return base64.b64encode(function(data).to_bytes(width, "big")).decode()


@pytest.mark.parametrize("algorithm", NATIVE)
@pytest.mark.parametrize("sizes", [[0], [1], [5, 7], [100, 0, 3], [70_001, 70_001, 70_001, 1]])
def test_the_crc_of_the_whole_follows_from_those_of_the_parts(
    algorithm: str, sizes: list[int]
) -> None:
    parts = [random.Random(n).randbytes(size) for n, size in enumerate(sizes)]
    sums = [PartSum(_sum(algorithm, part), len(part)) for part in parts]
    assert full_object(algorithm, sums) == _sum(algorithm, b"".join(parts))


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C"])
def test_a_composite_is_the_checksum_of_checksums(algorithm: str) -> None:
    values = [_sum(algorithm, b"one"), _sum(algorithm, b"two")]
    joined = b"".join(map(base64.b64decode, values))
    parts = [PartSum(value, 3) for value in values]
    assert composite(algorithm, parts) == f"{_sum(algorithm, joined)}-2"
