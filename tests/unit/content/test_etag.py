import hashlib
import random

import pytest

from pachlite.content.etag import PART_BYTES, Etag, EtagHasher
from pachlite.pfs.infos import EtagKind

MiB = 1 << 20
SIZES = [0, 1, MiB, MiB + 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 50 * MiB]


def md5(data):
    return hashlib.md5(data).digest()


def etag_of(data, kind, block):
    hasher = EtagHasher(kind)
    try:
        for at in range(0, len(data), block):
            hasher.update(data[at : at + block])
        return hasher.etag()
    finally:
        hasher.close()


@pytest.fixture(scope="module")
def data():
    return random.Random(1).randbytes(max(SIZES))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("block", [300_000, 5 * MiB, 100 * MiB])
def test_the_plain_etag_is_the_md5(data, size, block):
    assert etag_of(data[:size], EtagKind.MD5, block) == Etag(md5(data[:size]))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("block", [300_000, 5 * MiB, 100 * MiB])
def test_the_etag_of_parts_is_that_of_a_multipart_upload(data, size, block):
    parts = [md5(data[at : min(at + PART_BYTES, size)]) for at in range(0, size, PART_BYTES)]
    expected = Etag(md5(b"".join(parts)), len(parts)) if len(parts) > 1 else Etag(md5(data[:size]))
    assert etag_of(data[:size], EtagKind.PARTS, block) == expected


@pytest.mark.parametrize("kind", EtagKind)
def test_the_bytes_of_a_block_may_be_changed_after_the_call(kind):
    hasher = EtagHasher(kind)
    block = bytearray(3 * MiB)
    for number in range(4):
        block[:] = bytes([number]) * len(block)
        hasher.update(block)
    block[:] = bytes(len(block))
    expected = md5(b"".join(bytes([number]) * len(block) for number in range(4)))
    assert hasher.etag() == Etag(expected)
    hasher.close()


@pytest.mark.parametrize("kind", EtagKind)
def test_a_block_may_be_as_large_as_the_stream(data, kind):
    hasher = EtagHasher(kind)
    hasher.update(bytearray(data))
    assert hasher.etag() == etag_of(data, kind, MiB)
    hasher.close()


def test_what_waits_for_the_threads_is_bounded(data):
    hasher = EtagHasher(EtagKind.PARTS)
    for _ in range(4):
        hasher.update(data)
        assert hasher._waiting_bytes <= 32 * MiB
    hasher.close()


def test_close_twice_is_harmless():
    hasher = EtagHasher(EtagKind.MD5)
    hasher.update(bytes(2 * MiB))
    hasher.close()
    hasher.close()
