"""A page of a thousand keys, through the gateway and in the process."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Final

from bench.http_load import body_of, get, load
from bench.measure import Row, Sample, Unit, compare, timed
from bench.processes import Server, constant_server, gateway
from bench.sources import HEAD, numbered, reopen, store_of
from bench.topic import Run, Topic

PAGE_KEYS: Final = 1000
PAGES: Final = 40


def measure(run: Run) -> list[Row]:
    home = store_of(run.fresh("list-store"), run.sizes.listed_keys)
    starts = _starts(run.sizes.listed_keys)
    return [_in_process(run, home, starts), _through_gateway(run, home, starts)]


def _starts(keys: int) -> list[str]:
    """Return paths that a whole page lies behind."""
    paths = sorted(map(numbered, range(keys)))
    return random.Random(1).sample(paths[:-PAGE_KEYS], PAGES)


def _in_process(run: Run, home: Path, starts: list[str]) -> Row:
    table = _plain_table(run.fresh("table.db"), run.sizes.listed_keys)
    page = "SELECT * FROM t WHERE path > ? ORDER BY path LIMIT ?"
    with reopen(home) as pfs:
        return compare(
            "`list_file` in the process, a page",
            Unit.SECONDS,
            lambda: timed(lambda n: pfs.list_file(HEAD, after=starts[n], limit=PAGE_KEYS), PAGES),
            lambda: timed(lambda n: table.execute(page, (starts[n], PAGE_KEYS)).fetchall(), PAGES),
            pairs=run.sizes.pairs,
        )


def _plain_table(path: Path, keys: int) -> sqlite3.Connection:
    table = sqlite3.connect(path)
    table.execute("CREATE TABLE t (path TEXT PRIMARY KEY, size, time, etag) WITHOUT ROWID")
    rows = ((numbered(number), 4096, number, bytes(16)) for number in range(keys))
    table.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    table.commit()
    return table


def _through_gateway(run: Run, home: Path, starts: list[str]) -> Row:
    pages = [f"master.r?list-type=2&max-keys={PAGE_KEYS}&start-after={start}" for start in starts]
    with gateway(home) as ours, constant_server() as peer:
        size = body_of(ours, get(pages[0]))

        def asked(server: Server, paths: list[str]) -> Sample:
            return load(server, lambda n: get(paths[n]), clients=1, count=PAGES).each(PAGES)

        return compare(
            f"ListObjectsV2, a page ({size // 1000} kB of XML)",
            Unit.SECONDS,
            lambda: asked(ours, pages),
            lambda: asked(peer, [f"{size}"] * PAGES),
            pairs=run.sizes.pairs,
        )


TOPIC: Final = Topic(
    "listing",
    "A listing page of 1000 keys",
    "Pages begin at random places of a bucket of 10 000 keys. In the process the peer reads a"
    " thousand rows of a plain SQLite table; through the gateway it is the same HTTP server"
    " sending a constant as long as the XML. CPU is per page; for the gateway the server's.",
    measure,
)
