"""Write sources into one file set: all of them, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from threading import Event

from pachlite.cli.parallel import Stopped, work_through
from pachlite.cli.progress import Expectation, Meter, is_talkative, progress
from pachlite.cli.put_plan import PutItem, PutUnit
from pachlite.cli.sources import STDIN, StandardInput, Url, local_file
from pachlite.errors import InvalidOption
from pachlite.pfs.api import FileSet
from pachlite.pfs.infos import CommitInfo, EtagKind, PutOptions


@dataclass(frozen=True, slots=True)
class PutManner:
    """How to write, as opposed to what."""

    is_append: bool = False
    parallelism: int = 1
    is_shown: bool | None = None


def listed_names(name: str) -> list[str]:
    """Read the names of sources, one per line, from a file, a URL or standard input."""
    source = StandardInput() if name == STDIN else Url(name) if "://" in name else None
    content = b"".join((source or local_file(name)).blocks())
    lines = content.decode(errors="surrogateescape").split("\n")
    names = [line.removesuffix("\r") for line in lines if line.strip()]
    if name == STDIN and STDIN in names:
        raise InvalidOption("standard input cannot be both the list and a source")
    if not names:
        raise InvalidOption(f"{name} lists no sources")
    return names


def put_units(files: FileSet, units: Sequence[PutUnit], manner: PutManner) -> CommitInfo:
    """Write everything and commit it; say on standard error what was done."""
    options = PutOptions(is_append=manner.is_append, etag_kind=EtagKind.PARTS)
    with progress(_expectation(units), wanted=manner.is_shown) as meter:

        def put(unit: PutUnit, stop: Event) -> None:
            try:
                for item in unit.items:
                    _put_item(files, item, options, meter, stop)
            finally:
                if unit.archive:
                    unit.archive.close()

        work_through(units, put, count=min(manner.parallelism, len(units)))
        commit = files.complete()
    if is_talkative(manner.is_shown):
        sys.stderr.write(f"{meter.summary()}, commit {commit.id}\n")
    return commit


def _put_item(
    files: FileSet, item: PutItem, options: PutOptions, meter: Meter, stop: Event
) -> None:
    with files.put_file(item.key, options) as writer:
        for block in item.source.blocks():
            if stop.is_set():
                raise Stopped
            writer.write(block)
            meter.advance(len(block))
    meter.finish_file()


def _expectation(units: Sequence[PutUnit]) -> Expectation:
    items = chain.from_iterable(unit.items for unit in units)
    sizes = [item.source.size_bytes for item in items]
    known = [size for size in sizes if size is not None]
    return Expectation("put", len(sizes), sum(known) if len(known) == len(sizes) else None)
