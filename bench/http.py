"""GET and PUT over HTTP/1: small, medium and large bodies over few and many connections."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Final

from bench.http_load import MakeRequest, get, load, put
from bench.measure import Goal, Row, Sample, Unit, compare
from bench.processes import Server, constant_server, gateway
from bench.sizes import KiB, MiB, Sizes
from bench.sources import HEAD, add, open_new
from bench.topic import Run, Topic

LARGE_BYTES: Final = 64 * MiB
_BUCKET: Final = "master.r"


@dataclass(frozen=True, slots=True)
class Workload:
    """What every server is asked to do."""

    method: str
    size_bytes: int
    clients: int
    goal: Goal | None = None

    def __str__(self) -> str:
        size = self.size_bytes // KiB
        shown = f"{size} KiB" if size < KiB else f"{size // KiB} MiB"
        return f"{self.method} {shown}, {self.clients} connection{'s' * (self.clients > 1)}"

    def count(self, sizes: Sizes) -> int:
        """Return how many requests each connection sends."""
        total = sizes.requests if self.method == "GET" else sizes.requests // 4
        return max(1, min(total, sizes.moved_bytes // self.size_bytes) // self.clients)


WORKLOADS: Final = tuple(
    Workload(method, size, clients)
    for method in ("GET", "PUT")
    for size, most in ((4 * KiB, (1, 16, 64)), (MiB, (1, 16, 64)), (LARGE_BYTES, (1, 4)))
    for clients in most
)


@dataclass(frozen=True, slots=True)
class Peer:
    """A server beside which pachlite is measured, on the same workloads.

    Attributes:
        start: Start it; it holds nothing yet.
        prepare: Put objects of these sizes where `get` finds them.
        get: Make requests for an object of that size.
        put: Make requests that store these bodies, each once, all under new names.
    """

    name: str
    start: Callable[[Run], Server]
    prepare: Callable[[Server, set[int]], None]
    get: Callable[[int], MakeRequest]
    put: Callable[[Sequence[bytes]], MakeRequest]


_numbers: Final = count()


def _constant(name: str, connections: str) -> Peer:
    return Peer(
        name,
        start=lambda _: constant_server(connections),
        prepare=lambda _server, _sizes: None,
        get=lambda size: lambda _: get(f"{size}"),
        put=lambda bodies: lambda number: put("any", bodies[number]),
    )


def _start_pachlite(run: Run) -> Server:
    home = run.fresh("http-store")
    with open_new(home) as pfs, pfs.open_file_set(HEAD) as files:
        for size in {workload.size_bytes for workload in WORKLOADS}:
            add(files, f"{size}", os.urandom(size))
    return gateway(home)


PACHLITE: Final = Peer(
    "pachlite",
    start=_start_pachlite,
    prepare=lambda _server, _sizes: None,
    get=lambda size: lambda _: get(f"{_BUCKET}/{size}"),
    put=lambda bodies: lambda number: put(f"{_BUCKET}/put/{next(_numbers)}", bodies[number]),
)

PEERS: Final = (
    _constant("a constant from Hypercorn", "stock"),
    _constant("a constant from our connections", "own"),
)
"""One group of rows for each; whoever has another S3 server adds it here."""


def measure(run: Run) -> list[Row]:
    with ExitStack() as stack:
        ours = stack.enter_context(PACHLITE.start(run))
        rows = []
        for peer in PEERS:
            with peer.start(run) as server:
                peer.prepare(server, {workload.size_bytes for workload in WORKLOADS})
                rows += [_compare(run, each, ours, peer, server) for each in WORKLOADS]
        return rows


def _compare(run: Run, workload: Workload, ours: Server, peer: Peer, theirs: Server) -> Row:
    is_small = workload.size_bytes < MiB
    return compare(
        f"{workload}, beside {peer.name}",
        Unit.PER_SECOND if is_small else Unit.MB_PER_SECOND,
        lambda: _sample(run.sizes, workload, PACHLITE, ours),
        lambda: _sample(run.sizes, workload, peer, theirs),
        pairs=run.sizes.long_pairs,
    )


def _sample(sizes: Sizes, workload: Workload, peer: Peer, server: Server) -> Sample:
    each = workload.count(sizes)
    total = each * workload.clients
    if workload.method == "GET":
        make_request = peer.get(workload.size_bytes)
    else:  # different bodies, or nothing would be stored but the first
        make_request = peer.put([os.urandom(workload.size_bytes) for _ in range(total)])
    watch = load(server, make_request, clients=workload.clients, count=each)
    if workload.size_bytes < MiB:
        return watch.rate(total)
    return watch.speed(total * workload.size_bytes, total)


TOPIC: Final = Topic(
    "http",
    "HTTP over few and many connections",
    "The peers move bytes and store nothing: a bare ASGI application on the same event loop, behind"
    " Hypercorn's own HTTP/1 connections and behind ours. Every PUT of pachlite is hashed, stored"
    " and synced before it is answered. CPU is the server's, per request.",
    measure,
)
