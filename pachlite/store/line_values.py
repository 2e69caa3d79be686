"""The values that lines deal in, and the words that their SQL shares. It reads and writes nothing.

They are named tuples rather than dataclasses because listings make thousands of them: a row of the
database becomes one without naming its columns, which is five times faster.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

DELETED: Final = 0  # kinds of values
FILE: Final = 1

LIVE: Final = 0  # states of lines
STAGING: Final = 1

OPEN_END: Final = (1 << 63) - 1  # to_seq of a row that nothing has followed
COPIED: Final = 0  # seq of rows that flattening copied down from an ancestor
END_OF_PATHS: Final = "\U0010ffff" * 257  # greater than every path of at most 1024 bytes


class Snapshot(NamedTuple):
    """A position on a line, and what is visible there."""

    line: int
    seq: int


NOWHERE: Final = Snapshot(0, 0)  # origin of a row that makes its path as if it had never been


class Value(NamedTuple):
    """What a path holds: the columns of `ent` and `hist` from `kind` on, in their order."""

    kind: int
    size: int = 0
    mtime: int = 0
    etag: bytes | None = None
    nparts: int = 0
    chash: bytes | None = None
    content: int = 0
    meta: int = 0
    vline: int | None = None
    vseq: int | None = None
    sums: str | None = None
    parts: bytes | None = None


MARKER: Final = Value(DELETED)


class Row(NamedTuple):
    """A path with its value, and the position of the row that says so."""

    path: str
    at: Snapshot
    value: Value

    @property
    def origin(self) -> Snapshot:
        """Where the version was made; not `at` when the row restores or copies it."""
        return origin(self.at, self.value)

    @property
    def is_live(self) -> bool:
        """Whether the path holds a file."""
        return self.value.kind == FILE


class VersionRow(NamedTuple):
    """A version of a path; one of kind `DELETED` is a delete marker."""

    path: str
    position: Snapshot
    commit_id: bytes
    value: Value
    is_latest: bool

    @property
    def origin(self) -> Snapshot:
        """Where the version was made; not `position` when only a row that restores it is left."""
        return origin(self.position, self.value)


def origin(at: Snapshot, value: Value) -> Snapshot:
    """Return where the version was made that a row at `at` shows."""
    if value.vline is None or value.vseq is None:
        return at
    return Snapshot(value.vline, value.vseq)


_VALUE: Final = ", ".join(Value._fields)
_BRIEF: Final = _VALUE.replace(", parts", ", NULL AS parts")
_NULLS: Final = ", ".join(["NULL"] * len(Value._fields))
_UPDATES: Final = ", ".join(f"{column} = excluded.{column}" for column in Value._fields)
_COMMIT_ID: Final = (
    "(SELECT c.id FROM commits c WHERE c.line = e.line AND c.seq = e.seq AND c.deleted IS NULL)"
)
_WIDTH: Final = 3 + len(Value._fields)  # path, line, seq, and the columns of a value
_MARKS: Final = ", ".join(["?"] * len(Value._fields))


def sql(text: str) -> str:
    """Fill in `$value`, the columns of a value (`$brief`: as listings show it), and other words.

    `$commit_id` is the id of the kept commit in which the row of a table `e` was written.
    """
    words = {
        "$value": _VALUE,
        "$brief": _BRIEF,
        "$nulls": _NULLS,
        "$updates": _UPDATES,
        "$marks": _MARKS,
        "$open_end": str(OPEN_END),
        "$commit_id": _COMMIT_ID,
    }
    for word, columns in words.items():
        text = text.replace(word, columns)
    return text


def row_of(found: tuple[Any, ...]) -> Row:
    """Make a `Row` of the columns path, line, seq, those of a value, and any more."""
    new = tuple.__new__
    return new(Row, (found[0], new(Snapshot, found[1:3]), new(Value, found[3:_WIDTH])))


def rows_of(found: Iterable[tuple[Any, ...]]) -> list[Row]:
    """Make rows as `row_of` does, without a call for each."""
    new, width = tuple.__new__, _WIDTH
    return [
        new(Row, (columns[0], new(Snapshot, columns[1:3]), new(Value, columns[3:width])))
        for columns in found
    ]
