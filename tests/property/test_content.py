"""Whatever is written, however it is cut into blocks: every range reads as written."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from pachlite.content.blobs import Piece
from pachlite.pfs.infos import EtagKind
from tests.content_store import ContentStore

KiB, MiB = 1 << 10, 1 << 20

sizes = st.one_of(st.integers(0, 40 * KiB), st.integers(0, 5 * MiB), st.integers(4 * MiB, 14 * MiB))
sources = st.builds(lambda seed, size: (seed, size), st.integers(0, 3), sizes)


def bytes_of(source):
    """A few long streams of bytes: sources of one seed have a beginning in common."""
    seed, size = source
    return random.Random(seed).randbytes(14 * MiB)[:size]


def ranges_of(data, rng):
    for _ in range(8):
        offset = rng.randint(0, len(data))
        yield offset, rng.randint(0, len(data) - offset)


@settings(max_examples=settings.default.max_examples // 4)
@given(
    files=st.lists(st.tuples(sources, st.integers(1, 200)), min_size=1, max_size=4),
    rng=st.randoms(use_true_random=False),
)
def test_every_range_of_every_file_reads_as_written(files, rng):
    with ContentStore() as store:
        pieces = []
        for source, count in files:
            data = bytes_of(source)
            blob = store.take(data, block=len(data) // count + 1, kind=rng.choice(list(EtagKind)))
            pieces.append((Piece(store.attach(blob), blob.size, blob.chash), data))
        whole = store.run(lambda tx: store.blobs.concat(tx, [piece for piece, _ in pieces]))
        pieces.append((whole, b"".join(data for _, data in pieces)))
        for piece, data in pieces:
            assert piece.size == len(data)
            assert store.get(piece.content, piece.size) == data
            for offset, length in ranges_of(data, rng):
                assert store.get(piece.content, length, offset) == data[offset : offset + length]
        digests = store.database.reader.all("SELECT hash FROM chunk")
        assert len(digests) == len(set(digests))
