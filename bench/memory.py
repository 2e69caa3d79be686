"""The most memory that a server and a command hold while something large passes through them."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Final

from bench.measure import Goal, Measure, Row, Sample, Unit, compare
from bench.processes import PACHLITE, gateway, peak_mib_of, run
from bench.sizes import GiB
from bench.sources import open_new, write_file
from bench.topic import Run, Topic

GOAL_MIB: Final = 256
_PUT: Final = ("put", "file", "r@master:/object", "-f")
_GET: Final = ("get", "file", "r@master:/object", "-o")


def measure(bench: Run) -> list[Row]:
    home = bench.fresh("memory-store")
    open_new(home).close()
    source = write_file(bench.scratch / "object", bench.sizes.memory_bytes)
    target = bench.scratch / "object-copy"
    name = f"{bench.sizes.memory_bytes / GiB:g} GiB"

    def row(what: str, ours: Measure, peer: Measure) -> Row:
        pairs = bench.sizes.long_pairs
        return compare(f"{what}, {name}", Unit.MIB, ours, peer, pairs=pairs, goal=Goal(GOAL_MIB))

    idle_server = partial(_server_peak, home, "", source)
    idle_command = partial(peak_mib_of, (PACHLITE, "list", "repo"), home=home)

    def served(transfer: str) -> Measure:
        # A store that has the content already would only compare it.
        return lambda: _server_peak(_emptied(bench, home, transfer), transfer, source)

    rows = [
        row("server: PUT", served("put"), idle_server),
        row("server: PUT in parts of 8 MiB, 10 at a time", served("upload"), idle_server),
        row("server: GET", served("get"), idle_server),
        row("`get file`", partial(_command_peak, home, *_GET, target), idle_command),
        row(
            "`put file`",
            lambda: _command_peak(_emptied(bench, home, "put"), *_PUT, source),
            idle_command,
        ),
    ]
    for path in (source, target, home):
        bench.fresh(path.name)
    return rows


def _emptied(bench: Run, home: Path, transfer: str) -> Path:
    if transfer != "get":
        open_new(bench.fresh(home.name)).close()
    return home


def _server_peak(home: Path, transfer: str, source: Path) -> Sample:
    """Return the peak of a server that does one transfer; without one, of an idle server."""
    with gateway(home) as server:
        if transfer:
            client = "bench.s3_client"
            run((sys.executable, "-m", client, server.endpoint, transfer, str(source)))
        return Sample(server.peak_mib())


def _command_peak(home: Path, *arguments: str | Path) -> Sample:
    return peak_mib_of((PACHLITE, *arguments), home=home)


TOPIC: Final = Topic(
    "memory",
    "Peak memory",
    "Resident memory at its highest. The peer is a server that has answered nothing, or"
    " `pachlite list repo`. The client is boto3 in a process of its own.",
    measure,
)
