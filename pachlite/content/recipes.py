"""Chunk lists of large files, as trees of rows. It knows ids and lengths, and no bytes.

A content id is 0 for nothing, above 0 a chunk, below 0 a recipe: the row of that number lists
content ids with their lengths, in order. A recipe is inserted by the transaction that inserts the
first reference to it, and never changes.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from pachlite.errors import ContentCorrupt
from pachlite.metadata.api import Reader, Transaction

MAX_ENTRIES: Final = 4096
_APPEND_ENTRIES: Final = 256  # an append writes such a row per level again


@dataclass(frozen=True, slots=True)
class Entry:
    """A content id and how many bytes it stands for."""

    content: int
    length: int


@dataclass(frozen=True, slots=True)
class Entries:
    """A list of entries, 16 bytes each: there may be a million."""

    contents: array[int] = field(default_factory=lambda: array("q"))
    lengths: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.contents)

    def __getitem__(self, index: int) -> Entry:
        return Entry(self.contents[index], self.lengths[index])

    def part(self, begin: int, end: int) -> Entries:
        """Return the entries of a range."""
        return Entries(self.contents[begin:end], self.lengths[begin:end])

    def add(self, entry: Entry) -> None:
        """Add one, unless it stands for nothing."""
        if entry.length:
            self.contents.append(entry.content)
            self.lengths.append(entry.length)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a chunk."""

    chunk: int
    offset: int
    length: int


def build(tx: Transaction, entries: Entries) -> Entry:
    """Return one content for several, as a tree of full rows."""
    while len(entries) > 1:
        level = Entries()
        for begin in range(0, len(entries), MAX_ENTRIES):
            level.add(_insert(tx, entries.part(begin, begin + MAX_ENTRIES)))
        entries = level
    return entries[0] if len(entries) else Entry(0, 0)


def append(tx: Transaction, whole: Entry, added: Entry) -> Entry:
    """Return `whole` with `added` behind it, writing only the right edge of the tree again.

    Many appends, one after the other, still give a shallow tree.
    """
    if not whole.length or not added.length:
        return whole if whole.length else added
    return _appended(tx, whole, added) or _pair(tx, whole, added)


def slices(q: Reader, content: int, offset: int, length: int) -> Iterator[Slice]:
    """Yield the parts of chunks that make up a range, reading rows as they are needed."""
    if content >= 0:
        if content and length:
            yield Slice(content, offset, length)
        return
    entries = load(q, content)
    ends = list(accumulate(entries.lengths))
    index = bisect_right(ends, offset)
    while length > 0:
        if index == len(entries):
            raise ContentCorrupt(f"recipe {-content}", "it ends too early")
        entry = entries[index]
        skipped = offset - (ends[index] - entry.length)
        taken = min(length, entry.length - skipped)
        yield from slices(q, entry.content, skipped, taken)
        offset, length, index = offset + taken, length - taken, index + 1


def load(q: Reader, content: int) -> Entries:
    """Return the entries of a recipe."""
    row = q.one("SELECT data FROM recipe WHERE id = ?", -content)
    if row is None:
        raise ContentCorrupt(f"recipe {-content}", "it is not recorded")
    numbers = array("q")
    numbers.frombytes(row[0])
    _to_little_endian(numbers)
    return Entries(numbers[::2], numbers[1::2])


def _insert(tx: Transaction, entries: Entries) -> Entry:
    if len(entries) == 1:
        return entries[0]
    numbers = array("q", bytes(16 * len(entries)))
    numbers[::2], numbers[1::2] = entries.contents, entries.lengths
    _to_little_endian(numbers)
    length = sum(entries.lengths)
    row = tx.insert("INSERT INTO recipe (ulen, data) VALUES (?, ?)", length, numbers.tobytes())
    return Entry(-row, length)


def _pair(tx: Transaction, first: Entry, second: Entry) -> Entry:
    entries = Entries()
    entries.add(first)
    entries.add(second)
    return _insert(tx, entries)


def _appended(tx: Transaction, whole: Entry, added: Entry) -> Entry | None:
    """Return a recipe with an entry more somewhere on its right edge, or None if it is full."""
    if whole.content > 0:
        return None
    entries = load(tx, whole.content)
    last = entries[-1]
    grown = _appended(tx, last, added)
    if grown is None and _height(tx, last) < _height(tx, entries[0]):
        grown = _pair(tx, last, added)
    if grown is not None:
        entries = entries.part(0, len(entries) - 1)
    elif len(entries) >= _APPEND_ENTRIES:
        return None
    entries.add(grown or added)
    return _insert(tx, entries)


def _height(q: Reader, entry: Entry) -> int:
    """Return how many recipes are above the first chunk of a content."""
    height = 0
    while entry.content < 0:
        entry = load(q, entry.content)[0]
        height += 1
    return height


def _to_little_endian(numbers: array[int]) -> None:
    if sys.byteorder == "big":
        numbers.byteswap()
