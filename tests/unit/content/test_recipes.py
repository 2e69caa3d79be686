import random

import pytest

from pachlite.content import recipes
from pachlite.content.recipes import Entries, Entry, Slice
from pachlite.errors import ContentCorrupt
from pachlite.metadata.migrate import migrate
from pachlite.metadata.sqlite import SqliteDatabase


@pytest.fixture
def tx():
    database = SqliteDatabase.in_memory()
    migrate(database, where="here")
    with database.transaction() as made:
        yield made
    database.close()


def entries_of(*pairs):
    entries = Entries()
    for pair in pairs:
        entries.add(Entry(*pair))
    return entries


def chunks_of(tx, whole):
    """Return all chunks of a content, to compare with what went in."""
    return [
        (part.chunk, part.length) for part in recipes.slices(tx, whole.content, 0, whole.length)
    ]


def test_nothing_and_a_single_chunk_need_no_row(tx):
    assert recipes.build(tx, entries_of()) == Entry(0, 0)
    assert recipes.build(tx, entries_of((7, 100), (8, 0))) == Entry(7, 100)
    assert tx.one("SELECT count(*) FROM recipe") == (0,)


def test_a_range_is_found_in_its_chunks(tx):
    whole = recipes.build(tx, entries_of((5, 10), (6, 20), (5, 30)))
    assert whole == Entry(-1, 60)
    assert list(recipes.slices(tx, -1, 0, 60)) == [
        Slice(5, 0, 10),
        Slice(6, 0, 20),
        Slice(5, 0, 30),
    ]
    assert list(recipes.slices(tx, -1, 10, 20)) == [Slice(6, 0, 20)]
    assert list(recipes.slices(tx, -1, 9, 2)) == [Slice(5, 9, 1), Slice(6, 0, 1)]
    assert list(recipes.slices(tx, -1, 59, 1)) == [Slice(5, 29, 1)]
    assert list(recipes.slices(tx, -1, 12, 0)) == []
    assert list(recipes.slices(tx, 5, 3, 4)) == [Slice(5, 3, 4)]
    assert list(recipes.slices(tx, 0, 0, 0)) == []


def test_a_large_list_is_a_tree_and_a_range_reads_few_rows(tx):
    count = recipes.MAX_ENTRIES * 3 + 5
    whole = recipes.build(tx, entries_of(*((number, number) for number in range(1, count + 1))))
    assert tx.one("SELECT count(*) FROM recipe") == (5,)
    assert whole.length == count * (count + 1) // 2
    assert chunks_of(tx, whole) == [(number, number) for number in range(1, count + 1)]
    (found,) = recipes.slices(tx, whole.content, whole.length - 5, 3)
    assert found == Slice(count, count - 5, 3)


def test_three_levels_hold_more_than_two(tx, monkeypatch):
    monkeypatch.setattr(recipes, "MAX_ENTRIES", 4)
    pairs = [(number, 1 + number % 3) for number in range(1, 60)]
    whole = recipes.build(tx, entries_of(*pairs))
    assert chunks_of(tx, whole) == pairs
    rng = random.Random(1)
    flat = [(chunk, at) for chunk, length in pairs for at in range(length)]
    for _ in range(200):
        offset = rng.randrange(whole.length)
        length = rng.randrange(whole.length - offset + 1)
        found = [
            (part.chunk, at)
            for part in recipes.slices(tx, whole.content, offset, length)
            for at in range(part.offset, part.offset + part.length)
        ]
        assert found == flat[offset : offset + length]


def depth(tx, content):
    if content >= 0:
        return 0
    entries = recipes.load(tx, content)
    return 1 + max(depth(tx, child) for child in entries.contents)


@pytest.mark.parametrize("limit", [2, 3, 8])
def test_many_appends_give_a_shallow_tree(tx, monkeypatch, limit):
    monkeypatch.setattr(recipes, "_APPEND_ENTRIES", limit)
    whole, pairs = Entry(0, 0), []
    for number in range(1, 200):
        pairs.append((number, number % 5 + 1))
        whole = recipes.append(tx, whole, Entry(*pairs[-1]))
    assert chunks_of(tx, whole) == pairs
    assert limit ** depth(tx, whole.content) <= 200 * limit


def test_appending_a_large_file_to_a_large_file_shares_both(tx):
    one = recipes.build(tx, entries_of(*((number, 2) for number in range(1, 5001))))
    two = recipes.build(tx, entries_of(*((number, 3) for number in range(1, 5001))))
    rows = tx.one("SELECT count(*) FROM recipe")[0]
    whole = recipes.append(tx, one, two)
    assert chunks_of(tx, whole) == chunks_of(tx, one) + chunks_of(tx, two)
    assert tx.one("SELECT count(*) FROM recipe")[0] <= rows + 2


def test_appending_nothing_changes_nothing(tx):
    assert recipes.append(tx, Entry(3, 4), Entry(0, 0)) == Entry(3, 4)
    assert recipes.append(tx, Entry(0, 0), Entry(3, 4)) == Entry(3, 4)


def test_a_missing_or_short_recipe_is_corrupt_content(tx):
    with pytest.raises(ContentCorrupt, match="not recorded"):
        list(recipes.slices(tx, -99, 0, 1))
    whole = recipes.build(tx, entries_of((1, 10), (2, 10)))
    with pytest.raises(ContentCorrupt, match="too early"):
        list(recipes.slices(tx, whole.content, 15, 10))
