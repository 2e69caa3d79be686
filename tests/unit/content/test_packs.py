import random

import pytest

from pachlite.content.digest import digest_of
from pachlite.content.open_packs import PACK_BYTES, OpenPack, PackPool
from pachlite.content.packs import HEADER, RECORD_HEADER_BYTES, read_index, walk
from pachlite.errors import Retry
from pachlite.objects.memory import MemoryObjects

KEY = "00" * 16
PAYLOADS = [b"a", b"", b"ccc" * 1000, random.Random(1).randbytes(70_000)]


@pytest.fixture
def objects():
    return MemoryObjects()


def write(objects, payloads=PAYLOADS, *, is_sealed=True):
    pack = OpenPack(1, KEY, objects.create(KEY))
    stored = [pack.append(digest_of(payload), payload) for payload in payloads]
    if is_sealed:
        pack.seal()
    else:
        pack.close()
    return stored


def reader(data):
    return lambda offset, length: data[offset : offset + length]


def test_a_sealed_pack_is_listed_by_its_index_and_by_walking(objects):
    stored = write(objects)
    data = objects.read(KEY, 0, objects.size(KEY))
    records = read_index(reader(data), len(data))
    assert records == list(walk(reader(data), len(data)))
    assert [record.offset for record in records] == [one.offset for one in stored]
    assert [record.digest for record in records] == [digest_of(payload) for payload in PAYLOADS]
    for record, payload in zip(records, PAYLOADS, strict=True):
        assert data[record.offset : record.offset + record.stored_bytes] == payload
        assert record.plain_bytes == len(payload)


def test_a_pack_whose_writer_died_can_be_walked(objects):
    write(objects, is_sealed=False)
    data = objects.read(KEY, 0, objects.size(KEY))
    assert read_index(reader(data), len(data)) is None
    assert len(list(walk(reader(data), len(data)))) == len(PAYLOADS)


def test_a_pack_cut_off_anywhere_gives_the_whole_records_before_the_cut(objects):
    stored = write(objects, [b"x" * 40, b"y" * 50, b"z" * 60])
    data = objects.read(KEY, 0, objects.size(KEY))
    for end in range(len(data)):
        cut = data[:end]
        assert read_index(reader(cut), end) is None
        whole = [one for one in stored if one.offset + one.length <= end]
        assert len(list(walk(reader(cut), end))) == len(whole)


def test_every_flipped_bit_outside_of_payloads_is_noticed(objects):
    write(objects, [b"payload"])
    data = bytearray(objects.read(KEY, 0, objects.size(KEY)))
    before = list(walk(reader(bytes(data)), len(data)))
    for at in range(len(HEADER), len(HEADER) + RECORD_HEADER_BYTES):
        data[at] ^= 1
        assert list(walk(reader(bytes(data)), len(data))) != before
        data[at] ^= 1
    for at in range(len(data) - 20, len(data)):
        data[at] ^= 1
        assert read_index(reader(bytes(data)), len(data)) is None
        data[at] ^= 1


@pytest.mark.parametrize("data", [b"", b"short", bytes(1000), HEADER + bytes(1000)])
def test_what_is_no_pack_lists_nothing(data):
    assert read_index(reader(data), len(data)) is None
    assert list(walk(reader(data), len(data))) == []


def test_only_what_was_synced_is_durable(objects):
    pack = OpenPack(1, KEY, objects.create(KEY))
    stored = pack.append(digest_of(b"a"), b"a")
    with pytest.raises(Retry):
        stored.require_durable()
    pack.sync()
    stored.require_durable()
    assert repr(pack) == f"<OpenPack {KEY} open, {pack.size} of {pack.size} bytes durable>"
    pack.close()


def make_pool(objects):
    numbers = iter(range(1, 100))
    statements = []

    class Rows:
        def insert(self, sql, *params):
            return next(numbers)

        def execute(self, sql, *params):
            statements.append(params)
            return 1

    return PackPool(objects, lambda mutation: mutation(Rows()), lambda: 1), statements


def test_a_pack_is_lent_to_one_and_then_to_the_next(objects):
    pool, _ = make_pool(objects)
    first, second = pool.borrow(), pool.borrow()
    assert first is not second
    pool.give_back(first)
    assert pool.borrow() is first
    pool.close()


def test_a_full_pack_is_sealed_and_recorded_with_the_next(objects):
    pool, statements = make_pool(objects)
    pack = pool.borrow()
    pack.append(bytes(32), bytes(PACK_BYTES))
    assert not pack.is_usable
    pool.give_back(pack)
    assert not objects.is_being_written(pack.key)
    assert statements == []
    assert pool.borrow() is not pack
    assert statements == [(pack.size, pack.number)]
    pool.close()


def test_the_shared_pack_is_replaced_when_it_is_full(objects):
    pool, _ = make_pool(objects)
    first = pool.append_shared(bytes(32), bytes(PACK_BYTES))
    second = pool.append_shared(bytes(32), b"x")
    assert first.pack is not second.pack
    first.require_durable()
    with pytest.raises(Retry):
        second.require_durable()
    pool.sync_shared()
    second.require_durable()
    pool.close()


def test_only_a_few_idle_packs_stay_open(objects):
    pool, _ = make_pool(objects)
    packs = [pool.borrow() for _ in range(12)]
    for pack in packs:
        pool.give_back(pack)
    assert sum(objects.is_being_written(pack.key) for pack in packs) == 8
    pool.close()
    assert not any(objects.is_being_written(pack.key) for pack in packs)


def test_a_pool_that_cannot_register_a_pack_remembers_what_is_sealed(objects):
    pool, statements = make_pool(objects)
    pack = pool.borrow()
    pack.append(bytes(32), bytes(PACK_BYTES))
    pool.give_back(pack)
    works = pool._run_mutation

    def fails(mutation):
        raise Retry("not now")

    pool._run_mutation = fails
    with pytest.raises(Retry):
        pool.borrow()
    pool._run_mutation = works
    pool.borrow()
    assert statements == [(pack.size, pack.number)]
    pool.close()
