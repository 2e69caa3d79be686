"""Render what a command found: as a table, JSON, YAML, or in pachctl's raw shape.

It knows how to print a `View`, and nothing of the things that views show.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Final, Generic, TypeVar

from pachlite.cli.formats import age, printable, timestamp
from pachlite.cli.terminal import takes_any_letter

T = TypeVar("T")

Record = Mapping[str, object]

NOTHING: Final = "-"
_BATCH_ROWS: Final = 1000


class Format(StrEnum):
    """What `-o` takes."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


@dataclass(frozen=True, slots=True)
class Output:
    """How a result is to be printed.

    Attributes:
        is_raw: In pachctl's shape, a list as a stream of objects.
        full_timestamps: Show when, rather than how long ago.
        now: What ages are counted from.
    """

    format: Format = Format.TABLE
    is_raw: bool = False
    full_timestamps: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def time(self, moment: datetime | None) -> str:
        """Return a time as tables show it."""
        if moment is None:
            return NOTHING
        return timestamp(moment) if self.full_timestamps else age(moment, self.now)


Cell = Callable[[T, Output], str]


@dataclass(frozen=True, slots=True)
class View(Generic[T]):
    """How one kind of thing is shown.

    Attributes:
        columns: Headings of a table, and what stands below them.
        details: Labels of the lines about a single thing; lines without content are left out.
        record: The fields for JSON and YAML: all of them, numbers as numbers.
        raw: The fields that pachctl prints: see `raw.py`.
    """

    columns: Mapping[str, Cell[T]]
    details: Mapping[str, Cell[T]]
    record: Callable[[T], Record]
    raw: Callable[[T], Record]


def show_list(items: Iterable[T], view: View[T], output: Output) -> None:
    """Print things as they arrive."""
    if output.is_raw:
        pieces = _RAW_STREAMS[output.format](view.raw(item) for item in items)
    elif output.format is Format.TABLE:
        pieces = _table(items, view, output)
    else:
        pieces = _LISTS[output.format](view.record(item) for item in items)
    for piece in pieces:
        sys.stdout.write(piece)


def show_one(item: T, view: View[T], output: Output) -> None:
    """Print a single thing."""
    if output.format is Format.TABLE and not output.is_raw:
        sys.stdout.write(_details(item, view, output))
        return
    record = view.raw(item) if output.is_raw else view.record(item)
    sys.stdout.write(_SINGLE[output.format](record))


def show_records(records: Iterable[Record], output_format: Format) -> None:
    """Print records that have no table as one list."""
    for piece in _LISTS[output_format](iter(records)):
        sys.stdout.write(piece)


def show_record(record: Record, output_format: Format) -> None:
    """Print one record that has no lines of its own."""
    sys.stdout.write(_SINGLE[output_format](record))


def _details(item: T, view: View[T], output: Output) -> str:
    lines = ((label, cell(item, output)) for label, cell in view.details.items())
    return "".join(f"{label}: {printable(text)}\n" for label, text in lines if text)


def _table(items: Iterable[T], view: View[T], output: Output) -> Iterator[str]:
    """Yield lines, aligned as well as can be without waiting for the last row."""
    iterator = iter(items)
    widths = [0] * len(view.columns)
    rows: list[Sequence[str]] = [list(view.columns)]
    while True:
        batch = islice(iterator, _BATCH_ROWS)
        rows += [
            [printable(cell(item, output)) for cell in view.columns.values()] for item in batch
        ]
        if not rows:
            return
        widths = [max(width, *map(len, cells)) for width, *cells in zip(widths, *rows, strict=True)]
        yield "".join(_line(row, widths) for row in rows)
        rows = []


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
    return " ".join(cells).rstrip() + "\n"


def _json(record: Record) -> str:
    return json.dumps(record, indent=2, ensure_ascii=not takes_any_letter(sys.stdout))


def _json_array(records: Iterator[Record]) -> Iterator[str]:
    """Yield one array, an element at a time; nothing before the first element is known."""
    opening = "[\n  "
    for record in records:
        yield opening + _json(record).replace("\n", "\n  ")
        opening = ",\n  "
    yield "[]\n" if opening.startswith("[") else "\n]\n"


def _json_stream(records: Iterator[Record]) -> Iterator[str]:
    return (_json(record) + "\n" for record in records)


def _yaml(content: object) -> str:
    import yaml  # only -o yaml pays for it

    return yaml.safe_dump(content, sort_keys=False, allow_unicode=takes_any_letter(sys.stdout))


def _yaml_list(records: Iterator[Record]) -> Iterator[str]:
    is_empty = True
    for record in records:
        is_empty = False
        yield _yaml([record])
    if is_empty:
        yield "[]\n"


def _yaml_documents(records: Iterator[Record]) -> Iterator[str]:
    return ("---\n" + _yaml(record) for record in records)


_SINGLE: Final[dict[Format, Callable[[Record], str]]] = {
    Format.TABLE: lambda record: _json(record) + "\n",
    Format.JSON: lambda record: _json(record) + "\n",
    Format.YAML: _yaml,
}
_LISTS: Final[dict[Format, Callable[[Iterator[Record]], Iterator[str]]]] = {
    Format.TABLE: _json_array,
    Format.JSON: _json_array,
    Format.YAML: _yaml_list,
}
_RAW_STREAMS: Final[dict[Format, Callable[[Iterator[Record]], Iterator[str]]]] = {
    Format.TABLE: _json_stream,
    Format.JSON: _json_stream,
    Format.YAML: _yaml_documents,
}
