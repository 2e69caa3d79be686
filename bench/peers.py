"""pachlite beside other S3 servers: small and large objects, listing pages, deletions."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Final

from bench.http_load import connect, load
from bench.measure import Row, Sample, Unit, compare
from bench.processes import Server
from bench.s3_peers import BUCKET, PEERS, start_pachlite
from bench.s3_signing import signed
from bench.sizes import KiB, MiB, Sizes
from bench.topic import Run, Topic

LARGE_BYTES: Final = 256 * MiB
LISTED: Final = 1000
DELETED: Final = 100
_names: Final = count()

Requests = Callable[[int, int], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Work:
    """What a server is asked to do.

    Attributes:
        requests: Makes so many requests for a server on that port.
        prepare: Makes requests that have to come before those of `requests`.
        size_bytes: What each moves; 0 where requests are counted rather than bytes.
        share: Of the usual number of requests.
    """

    name: str
    requests: Requests
    clients: tuple[int, ...]
    size_bytes: int = 0
    share: float = 1.0
    prepare: Callable[[int, int], Iterator[bytes]] = lambda _port, _total: iter(())

    def count(self, sizes: Sizes, clients: int) -> int:
        """Return how many requests each connection sends."""
        total = int(sizes.requests * self.share)
        if self.size_bytes:
            total = min(total, max(1, sizes.moved_bytes // self.size_bytes))
        return max(1, total // clients)


def _gets(size: int, port: int, total: int) -> Sequence[bytes]:
    return [signed("GET", port, f"{BUCKET}/get/{size}")] * total


def _puts(size: int, port: int, total: int) -> Sequence[bytes]:
    return [
        signed("PUT", port, f"{BUCKET}/put/{next(_names)}", os.urandom(size)) for _ in range(total)
    ]


def _pages(port: int, total: int) -> Sequence[bytes]:
    query = "list-type=2&max-keys=1000&prefix=list%2F"
    return [signed("GET", port, f"{BUCKET}?{query}")] * total


def _deletions(port: int, total: int) -> Sequence[bytes]:
    return [_deletion(port, number) for number in range(total)]


def _deletion(port: int, number: int) -> bytes:
    keys = "".join(f"<Object><Key>{key}</Key></Object>" for key in _doomed(number))
    body = f"<Delete>{keys}<Quiet>true</Quiet></Delete>".encode()
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return signed("POST", port, f"{BUCKET}?delete=", body, **{"Content-MD5": digest})


def _doomed(number: int) -> list[str]:
    return [f"doomed/{number}/{each}" for each in range(DELETED)]


def _fill_doomed(port: int, total: int) -> Iterator[bytes]:
    for number in range(total):
        for key in _doomed(number):
            yield signed("PUT", port, f"{BUCKET}/{key}", b"x")


WORKS: Final = (
    Work("GET 4 KiB", partial(_gets, 4 * KiB), (1, 16, 64), 4 * KiB),
    Work("GET 1 MiB", partial(_gets, MiB), (1, 16), MiB),
    Work("GET 256 MiB", partial(_gets, LARGE_BYTES), (1,), LARGE_BYTES),
    Work("PUT 4 KiB", partial(_puts, 4 * KiB), (1, 16, 64), 4 * KiB, share=0.25),
    Work("PUT 1 MiB", partial(_puts, MiB), (1, 16), MiB, share=0.25),
    Work("PUT 256 MiB", partial(_puts, LARGE_BYTES), (1,), LARGE_BYTES),
    Work("a listing page of 1000 keys", _pages, (1, 16), share=0.02),
    Work(f"a deletion of {DELETED} keys", _deletions, (1,), share=0.005, prepare=_fill_doomed),
)


def measure(run: Run) -> list[Row]:
    rows: list[Row] = []
    for peer in PEERS:
        if peer.path is None:
            continue
        with ExitStack() as stack:
            ours = stack.enter_context(start_pachlite(run))
            theirs = stack.enter_context(peer.start(run))
            for server in (ours, theirs):
                _fill(server)
            rows += [
                _compare(run, work, clients, ours, peer.name, theirs)
                for work in WORKS
                for clients in work.clients
            ]
    return rows


def _fill(server: Server) -> None:
    """Make the bucket, and what is read."""
    send = partial(signed, port=server.port)
    with connect(server) as client:
        client.exchange(send("PUT", path=BUCKET))
        for size in (4 * KiB, MiB, LARGE_BYTES):
            client.exchange(send("PUT", path=f"{BUCKET}/get/{size}", body=os.urandom(size)))
        for number in range(LISTED):
            client.exchange(send("PUT", path=f"{BUCKET}/list/{number:04}", body=b"x"))


def _compare(run: Run, work: Work, clients: int, ours: Server, name: str, theirs: Server) -> Row:
    is_counted = work.size_bytes < MiB
    return compare(
        f"{work.name}, {clients} connection{'s' * (clients > 1)}, beside {name}",
        Unit.PER_SECOND if is_counted else Unit.MB_PER_SECOND,
        lambda: _sample(run.sizes, work, clients, ours),
        lambda: _sample(run.sizes, work, clients, theirs),
        pairs=run.sizes.long_pairs,
    )


def _sample(sizes: Sizes, work: Work, clients: int, server: Server) -> Sample:
    each = work.count(sizes, clients)
    total = each * clients
    with connect(server) as client:
        for request in work.prepare(server.port, total):
            client.exchange(request)
    requests = work.requests(server.port, total)
    watch = load(server, requests.__getitem__, clients=clients, count=each)
    if work.size_bytes < MiB:
        return watch.rate(total)
    return watch.speed(total * work.size_bytes, total)


TOPIC: Final = Topic(
    "peers",
    "Beside other S3 servers",
    "moto keeps objects in memory; `rclone serve s3`, MinIO and versitygw write them to the same"
    " disk, and none of them keeps versions here or commits: MinIO syncs what it writes, the others"
    " do not. All requests are signed; pachlite has auth off. CPU is the server's, per request."
    " `make peers` installs and builds them; one that is missing is left out.",
    measure,
)
