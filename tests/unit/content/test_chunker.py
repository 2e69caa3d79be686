import hashlib
import random

import pytest
from pyfastcdc import FastCDC
from pyfastcdc.py import FastCDC as PlainFastCDC

from pachlite.content.chunker import (
    AVERAGE_CHUNK_BYTES,
    MAX_CHUNK_BYTES,
    MIN_CHUNK_BYTES,
    Chunker,
)

MiB = 1 << 20
EXPECTED = [1485223, 1970498, 1101056, 1521188, 1109494, 1279227, 1034158, 393590, 2688478]
SIZES = {"min_size": MIN_CHUNK_BYTES, "max_size": MAX_CHUNK_BYTES}


def cut(data, blocks):
    chunker = Chunker()
    chunks, at = [], 0
    for size in blocks:
        chunks += [bytes(chunk) for chunk in chunker.cut(data[at : at + size])]
        at += size
    chunks += [bytes(chunk) for chunk in chunker.cut(data[at:])]
    chunks += [bytes(chunk) for chunk in chunker.end()]
    single = chunker.take_single()
    assert chunker.size == len(data)
    return chunks if single is None else [single]


@pytest.mark.parametrize("size", [0, 1, MiB, MAX_CHUNK_BYTES])
def test_up_to_four_mebibytes_are_one_chunk(size):
    data = random.Random(1).randbytes(size)
    assert cut(data, [1000, size // 2]) == [data]


@pytest.mark.parametrize("size", [MAX_CHUNK_BYTES + 1, 8 * MiB, 8 * MiB + 1, 21 * MiB])
def test_a_longer_stream_is_cut_as_fastcdc_cuts_the_whole(size):
    data = random.Random(size).randbytes(size)
    whole = FastCDC(AVERAGE_CHUNK_BYTES, **SIZES).cut_buf(data)
    assert cut(data, [MiB] * 30) == [bytes(chunk.data) for chunk in whole]


@pytest.mark.parametrize("seed", range(4))
def test_the_sizes_of_blocks_do_not_matter(seed):
    rng = random.Random(seed)
    data = rng.randbytes(13 * MiB) + bytes(9 * MiB) + rng.randbytes(rng.randrange(3 * MiB))
    largest = 10 ** rng.randint(4, 8)
    blocks = [rng.randint(1, largest) for _ in range(3000)]
    assert cut(data, blocks) == cut(data, [len(data)])


def test_chunks_keep_to_the_limits():
    sizes = [len(chunk) for chunk in cut(random.Random(2).randbytes(40 * MiB), [])]
    assert all(MIN_CHUNK_BYTES <= size <= MAX_CHUNK_BYTES for size in sizes[:-1])
    assert AVERAGE_CHUNK_BYTES / 2 < sum(sizes) / len(sizes) < AVERAGE_CHUNK_BYTES * 2


def test_an_insertion_changes_the_chunks_around_it_only():
    data = random.Random(3).randbytes(24 * MiB)
    before, after = cut(data, []), cut(data[:5_000_000] + b"inserted" + data[5_000_000:], [])
    assert len(set(before) - set(after)) <= 2


def test_the_bytes_of_a_block_may_be_changed_after_the_call():
    data = random.Random(4).randbytes(9 * MiB)
    chunker, chunks = Chunker(), []
    for at in range(0, len(data), MiB):
        block = bytearray(data[at : at + MiB])
        chunks += [bytes(chunk) for chunk in chunker.cut(block)]
        block[:] = bytes(len(block))
    chunks += [bytes(chunk) for chunk in chunker.end()]
    assert b"".join(chunks) == data


def test_cuts_are_what_they_have_always_been():
    # Stores share chunks only while this stays so.
    data = hashlib.shake_128(b"pachlite").digest(12 * MiB)
    assert [len(chunk) for chunk in cut(data, [])] == EXPECTED


def test_the_plain_python_of_the_library_cuts_the_same():
    data = random.Random(6).randbytes(2 * MiB)
    cuts = [
        [chunk.length for chunk in kind(4096, min_size=1024, max_size=16384).cut_buf(data)]
        for kind in (FastCDC, PlainFastCDC)
    ]
    assert cuts[0] == cuts[1]
