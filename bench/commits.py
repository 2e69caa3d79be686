"""Durable commits of 4 KiB, each by itself, from one client and from many."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count as count_from
from pathlib import Path
from typing import Final

from bench.http_load import in_threads, load
from bench.http_load import put as put_request
from bench.measure import Measure, Row, Sample, Stopwatch, Unit, compare
from bench.processes import gateway
from bench.sizes import KiB
from bench.sources import open_new, put
from bench.topic import Run, Topic

RECORD_BYTES: Final = 4 * KiB
MANY_CLIENTS: Final = 16


def measure(run: Run) -> list[Row]:
    with _appended(run.fresh("records")) as append:
        return [*_library(run, append), *_gateway(run, append)]


Append = Callable[[int, int], Sample]


def _library(run: Run, append: Append) -> list[Row]:
    numbers = count_from()
    with open_new(run.fresh("commit-store")) as pfs:

        def commit(clients: int, count: int) -> Sample:
            return _at_once(clients, count, lambda: put(pfs, f"library/{next(numbers)}", _record()))

        return [_row(run, "library", clients, commit, append) for clients in (1, MANY_CLIENTS)]


def _gateway(run: Run, append: Append) -> list[Row]:
    numbers = count_from()
    with gateway(run.scratch / "commit-store") as server:

        def commit(clients: int, count: int) -> Sample:
            watch = load(
                server,
                lambda _: put_request(f"master.r/gateway/{next(numbers)}", _record()),
                clients=clients,
                count=count,
            )
            return watch.rate(clients * count)

        return [_row(run, "gateway", clients, commit, append) for clients in (1, MANY_CLIENTS)]


def _row(run: Run, way: str, clients: int, commit: Append, append: Append) -> Row:
    sizes = run.sizes
    count = sizes.commits * (5 if clients == 1 else 1)
    what = f"{way}, {clients} client{'s' * (clients > 1)}"

    def both(work: Append) -> Measure:
        return lambda: work(clients, count)

    return compare(what, Unit.PER_SECOND, both(commit), both(append), pairs=sizes.pairs)


@contextmanager
def _appended(path: Path) -> Iterator[Append]:
    """Yield what appends records to a file and syncs it after each, from many threads."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def one() -> None:
        os.write(descriptor, _record())
        os.fdatasync(descriptor)

    try:
        yield lambda clients, count: _at_once(clients, count, one)
    finally:
        os.close(descriptor)


def _at_once(clients: int, count: int, work: Callable[[], None]) -> Sample:
    def several() -> None:
        for _ in range(count):
            work()

    watch = Stopwatch()
    with watch.running():
        in_threads([several] * clients)
    return watch.rate(clients * count)


def _record() -> bytes:
    return os.urandom(RECORD_BYTES)


TOPIC: Final = Topic(
    "commits",
    "Durable commits of 4 KiB per second",
    "Every PUT is a commit and is on the disk when it is acknowledged. The peer appends the same"
    " records to one file and calls fdatasync after each, from as many threads. CPU is per commit;"
    " for the gateway it is the server's.",
    measure,
)
