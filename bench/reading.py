"""GET through the gateway."""

from __future__ import annotations

import os
from typing import Final

from bench.http_load import MakeRequest, get, load
from bench.measure import Measure, Row, Sample, Unit, compare
from bench.processes import Server, constant_server, gateway
from bench.sizes import KiB, MiB
from bench.sources import HEAD, add, open_new
from bench.topic import Run, Topic

SMALL_BYTES: Final = 4 * KiB
SMALL_FILES: Final = 1000


def measure(run: Run) -> list[Row]:
    home = run.fresh("read-store")
    with open_new(home) as pfs, pfs.open_file_set(HEAD) as files:
        for number in range(SMALL_FILES):
            add(files, f"small/{number}", os.urandom(SMALL_BYTES))
        add(files, "large", os.urandom(run.sizes.object_bytes))
    with gateway(home) as ours, constant_server("stock") as peer:
        return [
            _small(run, ours, peer, clients=1),
            _small(run, ours, peer, clients=16),
            _large(run, ours, peer),
        ]


def _small(run: Run, ours: Server, peer: Server, *, clients: int) -> Row:
    count = run.sizes.requests // clients
    constant = get(f"{SMALL_BYTES}")

    def asked(server: Server, make_request: MakeRequest) -> Measure:
        return lambda: load(server, make_request, clients=clients, count=count).rate(
            clients * count
        )

    return compare(
        f"GET 4 KiB, {clients} client{'s' * (clients > 1)}",
        Unit.PER_SECOND,
        asked(ours, lambda number: get(f"master.r/small/{number % SMALL_FILES}")),
        asked(peer, lambda _: constant),
        pairs=run.sizes.pairs,
    )


def _large(run: Run, ours: Server, peer: Server) -> Row:
    size = run.sizes.object_bytes
    count = 4

    def read(server: Server, path: str) -> Sample:
        watch = load(server, lambda _: get(path), clients=1, count=count)
        return watch.speed(size * count, count)

    return compare(
        f"GET {size // MiB} MiB",
        Unit.MB_PER_SECOND,
        lambda: read(ours, "master.r/large"),
        lambda: read(peer, f"{size}"),
        pairs=run.sizes.pairs,
    )


TOPIC: Final = Topic(
    "reading",
    "GET through the gateway",
    "The peer is Hypercorn on uvloop, with its own HTTP/1 connections and the same settings, in a"
    " process of its own, serving a constant of the same size from a bare ASGI application: the"
    " floor for anything that runs on it. CPU is the server's, per request.",
    measure,
)
