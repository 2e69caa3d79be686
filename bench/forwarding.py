"""Forwarding a port: bytes, connections and round trips through forwarders."""

from __future__ import annotations

import socket
import sys
import time
from contextlib import ExitStack
from statistics import median
from typing import Final

from bench.forward_target import DOWN, ECHO, REQUEST, UP, receive, send
from bench.forwarders import PEERS, Peer, Process, Target, pachlite
from bench.measure import Goal, Row, Sample, Series, Unit
from bench.topic import Run, Topic

_GB: Final = 1e9
_SETTLE_S: Final = 0.05
"""A forked process counts once its parent has taken note of its end."""


def measure(run: Run) -> list[Row]:
    rows: list[Row] = []
    with ExitStack() as stack:
        target = stack.enter_context(Target())
        ours = stack.enter_context(pachlite(target.port))
        for peer in PEERS:
            theirs = _started(peer, target.port, run)
            if theirs is not None:
                stack.enter_context(theirs)
                rows += beside(peer, ours, theirs, target, run)
    return rows


def _started(peer: Peer, target: int, run: Run) -> Process | None:
    if not peer.is_installed:
        return None
    try:
        return peer.start(target, run.scratch)
    except RuntimeError as error:  # as sshd does without its directory in /run
        print(f"{peer.name} is left out: {error}", file=sys.stderr)
        return None


def beside(peer: Peer, ours: Process, theirs: Process, target: Target, run: Run) -> list[Row]:
    is_goal = peer.name == "socat"
    rows: list[Row] = []
    for words, kind in (("down", DOWN), ("up", UP)):
        pairs = [
            (transfer(ours, kind, run), transfer(theirs, kind, run)) for _ in range(run.sizes.pairs)
        ]
        speed = [(Sample(a.value), Sample(b.value)) for a, b in pairs]
        cost = [(Sample(a.cpu_s or 0), Sample(b.cpu_s or 0)) for a, b in pairs]
        goal = Goal(1.1, is_ratio=True) if is_goal else None
        rows.append(as_row(f"{words}, beside {peer.name}", Unit.MB_PER_SECOND, speed))
        rows.append(as_row(f"CPU per GB {words}, beside {peer.name}", Unit.SECONDS, cost, goal))
    connecting = [(_connections(ours, run), _connections(theirs, run)) for _ in _three()]
    rows.append(as_row(f"connections, beside {peer.name}", Unit.PER_SECOND, connecting))
    added = [_added_round_trips(ours, theirs, target, run) for _ in _three()]
    goal = Goal(60e-6) if is_goal else None
    rows.append(as_row(f"added round trip, beside {peer.name}", Unit.SECONDS, added, goal))
    return rows


def _three() -> range:
    return range(3)


def as_row(
    what: str, unit: Unit, pairs: list[tuple[Sample, Sample]], goal: Goal | None = None
) -> Row:
    mine, theirs = zip(*pairs, strict=True)
    return Row(what, unit, Series(mine), Series(theirs), goal)


def transfer(forwarder: Process, kind: bytes, run: Run) -> Sample:
    """Move bytes one way; return MB/s, and the forwarder's CPU seconds per GB."""
    count = run.sizes.forwarded_bytes
    cpu, start = forwarder.cpu_s(), time.perf_counter()
    with _connect(forwarder.port, kind, count) as connection:
        if kind == DOWN:
            receive(connection, count)
        else:
            send(connection, count)
            receive(connection, 1)
        seconds = time.perf_counter() - start
    time.sleep(_SETTLE_S)
    return Sample(count / seconds / 1e6, (forwarder.cpu_s() - cpu) / (count / _GB))


def _connections(forwarder: Process, run: Run) -> Sample:
    """Connect, say one thing, hear it, leave: how often per second."""
    count = run.sizes.requests // 2
    cpu, start = forwarder.cpu_s(), time.perf_counter()
    for _ in range(count):
        with _connect(forwarder.port, ECHO, 0) as connection:
            connection.sendall(b"x")
            receive(connection, 1)
    seconds = time.perf_counter() - start
    time.sleep(_SETTLE_S)
    return Sample(count / seconds, (forwarder.cpu_s() - cpu) / count)


def _added_round_trips(
    ours: Process, theirs: Process, target: Target, run: Run
) -> tuple[Sample, Sample]:
    """Return what each forwarder adds to a round trip of one byte without it."""
    ports = (target.port, ours.port, theirs.port)
    direct, mine, other = (_round_trip_s(port, run.sizes.requests) for port in ports)
    return Sample(max(0.0, mine - direct)), Sample(max(0.0, other - direct))


def _round_trip_s(port: int, count: int) -> float:
    taken = []
    with _connect(port, ECHO, 0) as connection:
        for _ in range(count):
            start = time.perf_counter()
            connection.sendall(b"x")
            receive(connection, 1)
            taken.append(time.perf_counter() - start)
    return median(taken)


def _connect(port: int, kind: bytes, count: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(REQUEST.pack(kind, count))
    return connection


def _presence() -> str:
    missing = [peer.name for peer in PEERS if not peer.is_installed]
    return f" Not installed where this was measured: {', '.join(missing)}." if missing else ""


TOPIC: Final = Topic(
    "forward",
    "Forwarding a port",
    "`pachlite port-forward` to a target on the same machine, beside other forwarders of TCP to the"
    " same target: socat with blocks of 256 KiB, haproxy in TCP mode with one thread, `ssh -L`, of"
    " which only the client half is counted. CPU is the forwarder's own. The added round trip is"
    " the median of one byte there and back, without that of a direct connection." + _presence(),
    measure,
)
