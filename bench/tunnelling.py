"""Tunnels beside raw forwarding, and a gateway through a forwarder beside the gateway itself."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from typing import Final, Self

from bench.forward_target import DOWN, UP
from bench.forwarders import Process, Target, pachlite
from bench.forwarding import as_row, transfer
from bench.http_load import get, load
from bench.measure import Goal, Row, Sample, Unit, compare
from bench.processes import ROOT, Server, gateway
from bench.sizes import MiB
from bench.sources import HEAD, add, open_new
from bench.topic import Run, Topic

CLIENTS: Final = 64
OBJECT_BYTES: Final = 16 * MiB


class Tunnel(Process):
    """Both ends of a tunnel to a port."""

    def __init__(self, target: int) -> None:
        self._far = subprocess.Popen(
            [sys.executable, "-m", "bench.tunnel_end", str(target)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._far.stdout is not None
        self._near = pachlite(int(self._far.stdout.readline()), "tunnel")
        self.port = self._near.port

    def cpu_s(self) -> float:
        """Return the CPU seconds of both ends."""
        return self._near.cpu_s() + Server.clock_of(self._far.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._near.__exit__(*failure)
        self._far.terminate()
        self._far.communicate()


def measure(run: Run) -> list[Row]:
    return [*_beside_raw(run), *_through_both(run)]


def _beside_raw(run: Run) -> list[Row]:
    rows: list[Row] = []
    with ExitStack() as stack:
        target = stack.enter_context(Target())
        raw = stack.enter_context(pachlite(target.port))
        tunnel = stack.enter_context(Tunnel(target.port))
        for words, kind in (("down", DOWN), ("up", UP)):
            pairs = [
                (transfer(tunnel, kind, run), transfer(raw, kind, run))
                for _ in range(run.sizes.pairs)
            ]
            speed = [(Sample(a.value), Sample(b.value)) for a, b in pairs]
            cost = [(Sample(a.cpu_s or 0), Sample(b.cpu_s or 0)) for a, b in pairs]
            what = f"tunnel, {words}, beside raw"
            rows.append(as_row(what, Unit.MB_PER_SECOND, speed))
            goal = Goal(3.5, is_ratio=True)
            rows.append(as_row(f"CPU per GB of both ends, {what}", Unit.SECONDS, cost, goal))
    return rows


def _through_both(run: Run) -> list[Row]:
    home = run.fresh("forwarded-store")
    with open_new(home) as pfs, pfs.open_file_set(HEAD) as files:
        add(files, "object", os.urandom(OBJECT_BYTES))
    with (
        gateway(home) as direct,
        pachlite(direct.port) as raw,
        pachlite(direct.port, "tunnel") as tunnel,
    ):
        return [
            compare(
                f"{CLIENTS} GETs of {OBJECT_BYTES // MiB} MiB at once, {name}, beside direct",
                Unit.MB_PER_SECOND,
                lambda port=near.port: _gets(direct, port),
                lambda: _gets(direct, direct.port),
                pairs=run.sizes.pairs,
                goal=goal,
            )
            for name, near, goal in (
                ("forwarded raw", raw, Goal(1.25, is_ratio=True)),
                ("through a tunnel", tunnel, None),
            )
        ]


def _gets(server: Server, port: int) -> Sample:
    request = get("master.r/object")
    watch = load(server, lambda _: request, clients=CLIENTS, count=1, port=port)
    return watch.speed(CLIENTS * OBJECT_BYTES, CLIENTS)


TOPIC: Final = Topic(
    "tunnel",
    "Tunnels",
    "A tunnel through which bytes pass to the target of the section above, both of its ends"
    " counted, beside `--mode raw`, which is one process less. The objects come from a gateway,"
    " through a forwarder and without one; everything shares the machine.",
    measure,
)
