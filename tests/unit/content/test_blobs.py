import hashlib
import random
import tracemalloc

import pytest

from pachlite.content import blob_writer, chunks
from pachlite.content.blobs import Piece
from pachlite.content.digest import EMPTY_DIGEST, digest_of
from pachlite.content.reading import BLOCK_BYTES
from pachlite.errors import ContentCorrupt, Retry
from pachlite.pfs.infos import EtagKind
from tests.content_store import ContentStore

KiB, MiB = 1 << 10, 1 << 20
SIZES = [0, 1, 16 * KiB, 16 * KiB + 1, 4 * MiB, 4 * MiB + 1, 11 * MiB]


def bytes_of(size, seed=0):
    return random.Random(seed).randbytes(size)


@pytest.fixture
def store():
    with ContentStore() as made:
        yield made


def begin_epoch(store, epoch):
    store.run(
        lambda tx: tx.execute("INSERT OR REPLACE INTO format VALUES ('gc_epoch', ?)", str(epoch))
    )


def forget(store, content):
    """Do what garbage collection does to a chunk that nothing refers to."""

    def purge(tx):
        tx.execute("DELETE FROM dd WHERE chunk = ?", content)
        tx.execute("DELETE FROM chunk WHERE id = ?", content)

    store.run(purge)


def piece_of(store, data):
    blob = store.take(data)
    return Piece(store.attach(blob), blob.size, blob.chash)


@pytest.mark.parametrize("size", SIZES)
def test_content_comes_back_with_its_size_and_md5(store, size):
    data = bytes_of(size)
    blob = store.take(data)
    assert (blob.size, blob.etag, blob.nparts) == (size, hashlib.md5(data).digest(), 0)
    content = store.attach(blob)
    assert store.get(content, size) == data
    inline = store.blobs.read_inline(store.database.reader, content)
    assert inline == (data if size <= 16 * KiB else None)


def test_where_content_goes_depends_on_its_size(store):
    contents = [store.put(bytes_of(size, size)) for size in SIZES]
    assert contents[0] == 0
    assert [content > 0 for content in contents[1:]] == [True, True, True, True, False, False]
    assert store.count("inline_data") == 2
    assert store.count("pack") == 2  # one for small files, one for the long streams


@pytest.mark.parametrize("size", SIZES[1:])
def test_the_same_content_is_stored_once(store, size):
    first = store.put(bytes_of(size), block=MiB)
    chunk_count, stored = store.count("chunk"), store.stored_bytes()
    second = store.put(bytes_of(size), block=77_777)
    assert store.count("chunk") == store.count("dd") == chunk_count
    assert store.stored_bytes() == stored
    assert (first == second) == (size <= 4 * MiB)
    assert store.get(second, size) == bytes_of(size)


def test_the_same_content_taken_twice_before_it_has_rows_gets_them_once(store):
    blobs = [store.take(bytes_of(size)) for size in SIZES for _ in range(2)]
    contents = [store.attach(blob) for blob in blobs]
    assert store.count("chunk") == store.count("dd")
    digests = store.database.reader.all("SELECT hash FROM chunk")
    assert len(digests) == len(set(digests))
    for blob, content in zip(blobs, contents, strict=True):
        assert store.get(content, blob.size) == bytes_of(blob.size)


def test_a_file_of_zeros_is_one_chunk_many_times(store):
    size = 40 * MiB
    content = store.put(bytes(size))
    assert store.count("chunk") == 1
    assert store.get(content, size) == bytes(size)


def test_similar_files_share_most_of_their_chunks(store):
    data = bytes_of(20 * MiB)
    store.put(data)
    before = store.stored_bytes()
    edited = data[: 7 * MiB] + b"edit" + data[7 * MiB :]
    assert store.get(store.put(edited), len(edited)) == edited
    assert store.stored_bytes() - before < 5 * MiB


def test_equal_content_and_only_that_has_equal_chash(store):
    hashes = {}
    for size in SIZES:
        for seed in range(2):
            for block in (MiB, 99_999):
                blob = store.take(bytes_of(size, seed), block=block)
                hashes.setdefault(blob.chash, set()).add(bytes_of(size, seed))
    assert all(len(same) == 1 for same in hashes.values())
    assert len(hashes) == 2 * len(SIZES) - 1
    assert store.take(b"").chash == EMPTY_DIGEST
    assert store.take(b"abc").chash == digest_of(b"abc")


def test_parts_give_a_multipart_etag(store):
    blob = store.take(bytes_of(17 * MiB), kind=EtagKind.PARTS)
    assert blob.nparts == 2
    assert store.get(store.attach(blob), blob.size) == bytes_of(17 * MiB)


def test_attach_can_be_repeated_after_its_transaction_was_undone(store):
    for size in SIZES:
        blob = store.take(bytes_of(size, 5))

        def fail(tx, blob=blob):
            store.blobs.attach(tx, blob)
            raise Retry("undone")

        with pytest.raises(Retry, match="undone"):
            store.run(fail)
        assert store.get(store.attach(blob), size) == bytes_of(size, 5)


def test_blocks_are_at_most_a_mebibyte(store):
    content = store.put(bytes_of(9 * MiB))
    for offset, length in ((0, 9 * MiB), (MiB + 3, 7 * MiB), (5, 1)):
        blocks = store.blocks(content, offset, length)
        assert b"".join(blocks) == bytes_of(9 * MiB)[offset : offset + length]
        assert max(map(len, blocks)) <= BLOCK_BYTES


@pytest.mark.parametrize("size", [10, 100 * KiB, 9 * MiB])
def test_a_flipped_bit_is_never_served(size, tmp_path):
    with ContentStore(tmp_path) as store:
        content = store.put(bytes_of(size))
        for path in tmp_path.glob("packs/*/*.pack"):
            data = bytearray(path.read_bytes())
            data[size // 2] ^= 4
            path.write_bytes(data)
        store.run(lambda tx: tx.execute("UPDATE inline_data SET data = X'00112233445566778899'"))
        with pytest.raises(ContentCorrupt):
            store.get(content, size)
        if size == 10:
            with pytest.raises(ContentCorrupt):
                store.blobs.read_inline(store.database.reader, content)


def test_a_truncated_or_missing_pack_is_noticed(tmp_path):
    with ContentStore(tmp_path) as store:
        content = store.put(bytes_of(MiB))
        (path,) = tmp_path.glob("packs/*/*.pack")
        with path.open("r+b") as file:
            file.truncate(MiB // 2)
        with pytest.raises(ContentCorrupt, match="ends before"):
            store.get(content, MiB)
        path.unlink()
    with ContentStore(tmp_path) as store, pytest.raises(ContentCorrupt, match="No such file"):
        store.get(content, MiB)


def test_unknown_content_is_corrupt(store):
    with pytest.raises(ContentCorrupt):
        store.get(77, 1)
    content = store.put(bytes_of(100))
    with pytest.raises(ContentCorrupt, match="only 100 bytes"):
        store.get(content, 101)
    store.run(lambda tx: tx.execute("UPDATE chunk SET codec = 9"))
    with pytest.raises(ContentCorrupt, match="codec"):
        store.get(content, 100)


def test_a_chunk_that_moves_to_another_pack_while_it_is_read_is_found(store):
    content = store.put(bytes_of(MiB))
    (key,) = store.objects.keys()
    data = store.objects.read(key, 0, store.objects.size(key))
    blocks = store.blobs.read(RepackingReader(store, key, data), content, 0, MiB)
    assert b"".join(blocks) == bytes_of(MiB)


class RepackingReader:
    """A reader after whose first look at a chunk its pack is replaced."""

    def __init__(self, store, key, data):
        self._store, self._key, self._data = store, key, data

    def one(self, sql, *params):
        row = self._store.database.reader.one(sql, *params)
        if self._data is not None and row is not None and row[2] == self._key:
            with self._store.objects.create("new") as appender:
                appender.append(self._data)
            self._data = None
            self._store.run(lambda tx: tx.execute("UPDATE pack SET key = 'new'"))
            self._store.objects.delete(self._key)
        return row


def test_concat_puts_pieces_one_after_the_other_without_copying(store):
    pieces = [piece_of(store, bytes_of(size, size)) for size in (5 * MiB, 0, 100, 6 * MiB, MiB)]
    stored = store.stored_bytes()
    whole = store.run(lambda tx: store.blobs.concat(tx, pieces))
    expected = b"".join(bytes_of(size, size) for size in (5 * MiB, 0, 100, 6 * MiB, MiB))
    assert whole.size == len(expected)
    assert store.get(whole.content, whole.size) == expected
    assert store.stored_bytes() == stored


def test_concat_of_little_needs_no_row(store):
    piece = piece_of(store, b"abc")
    nothing = piece_of(store, b"")
    assert store.run(lambda tx: store.blobs.concat(tx, [])) == Piece(0, 0, EMPTY_DIGEST)
    assert store.run(lambda tx: store.blobs.concat(tx, [nothing, piece, nothing])) == piece
    assert store.count("recipe") == 0


def test_the_chash_of_a_whole_is_known_if_those_of_its_pieces_are(store):
    one, two = piece_of(store, b"one"), piece_of(store, b"two")

    def chash(*pieces):
        return store.run(lambda tx: store.blobs.concat(tx, pieces)).chash

    assert chash(one, two) == chash(one, two) != chash(two, one)
    assert chash(one, Piece(two.content, two.size, None)) is None


def test_many_appends_stay_readable(store):
    whole = piece_of(store, b"")
    for number in range(600):
        pieces = [whole, piece_of(store, f"line {number}\n".encode())]
        whole = store.run(lambda tx, pieces=pieces: store.blobs.concat(tx, pieces))
    expected = b"".join(f"line {number}\n".encode() for number in range(600))
    assert store.get(whole.content, whole.size) == expected
    assert store.get(whole.content, 50, 4000) == expected[4000:4050]


def test_shared_content_that_is_collected_meanwhile_must_be_sent_again(store):
    for size in (100 * KiB, 6 * MiB):
        content = store.put(bytes_of(size))
        blob = store.take(bytes_of(size))
        begin_epoch(store, 1)
        for (chunk,) in store.database.reader.all("SELECT id FROM chunk"):
            forget(store, chunk)
        with pytest.raises(Retry):
            store.attach(blob)
        content = store.put(bytes_of(size))
        assert store.get(content, size) == bytes_of(size)
        begin_epoch(store, 0)


def test_the_number_of_a_collected_chunk_may_belong_to_another_one(store):
    content = store.put(bytes_of(100 * KiB, 1))
    blob = store.take(bytes_of(100 * KiB, 1))
    begin_epoch(store, 1)
    forget(store, content)
    assert store.put(bytes_of(100 * KiB, 2)) == content
    with pytest.raises(Retry):
        store.attach(blob)


@pytest.mark.parametrize("size", [100, 100 * KiB, 6 * MiB])
def test_shared_content_is_kept_for_the_present_epoch(store, size):
    store.put(bytes_of(size))
    blob = store.take(bytes_of(size))
    begin_epoch(store, 3)
    store.run(lambda tx: tx.execute("UPDATE chunk SET state = 1"))  # condemned meanwhile
    store.attach(blob)
    assert set(store.database.reader.all("SELECT epoch, state FROM chunk")) == {(3, 0)}


def test_new_content_belongs_to_the_present_epoch(store):
    begin_epoch(store, 4)
    blob = store.take(bytes_of(6 * MiB))
    begin_epoch(store, 5)
    store.attach(blob)
    store.put(b"small")
    assert set(store.database.reader.all("SELECT epoch FROM chunk")) == {(5,)}


def test_half_of_a_file_collected_is_not_taken_for_a_repetition(store):
    # The second of two equal chunks waits for the row of the first.
    blob = store.take(bytes(12 * MiB))
    blob.chunks._waiting.clear()
    with pytest.raises(Retry):
        store.attach(blob)


def test_a_long_stream_gets_rows_on_the_way(store, monkeypatch):
    monkeypatch.setattr(blob_writer, "_MAX_WAITING", 4)
    data = bytes_of(24 * MiB)
    writer = store.blobs.open_writer()
    writer.write(data)
    assert store.count("chunk") >= 8
    assert "24" in repr(writer)
    writer.write(data)
    begin_epoch(store, 1)  # what has rows already is revived, what has not is added
    content = store.attach(writer.finish())
    assert store.get(content, 2 * len(data)) == data + data
    assert set(store.database.reader.all("SELECT epoch FROM chunk")) == {(1,)}


def test_abort_leaves_nothing_but_bytes(store):
    for size in (10, MiB, 9 * MiB):
        writer = store.blobs.open_writer()
        writer.write(bytes_of(size))
        writer.abort()
        writer.abort()
    assert store.count("chunk") == 0
    content = store.put(bytes_of(9 * MiB))
    assert store.get(content, 9 * MiB) == bytes_of(9 * MiB)
    assert store.count("pack") == 1  # the pack of the aborted one goes on


def test_memory_does_not_grow_with_a_stream(tmp_path):
    with ContentStore(tmp_path) as store:
        block = bytearray(bytes_of(MiB))
        writer = store.blobs.open_writer()
        tracemalloc.start()
        for number in range(150):
            block[:8] = number.to_bytes(8, "little")
            writer.write(block)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        writer.abort()
    assert peak < 56 * MiB


def test_the_epoch_is_zero_before_there_was_one(store):
    store.run(lambda tx: tx.execute("DELETE FROM format"))
    assert chunks.epoch_of(store.database.reader) == 0
