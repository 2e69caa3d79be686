"""Forwarding to a pod: our WebSocket bridge beside the one of kr8s."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.cluster_end import POD
from bench.forwarders import Process, Target, free_port, pachlite
from bench.forwarding import Peer, beside
from bench.measure import Row
from bench.processes import ROOT
from bench.sizes import MiB
from bench.topic import Run, Topic

_POD_PORT: Final = 1600


def measure(run: Run) -> list[Row]:
    smaller = replace(run, sizes=replace(run.sizes, forwarded_bytes=256 * MiB, pairs=3))
    kubeconfig = run.scratch / "kubeconfig"
    with Target() as target, _cluster(target.port, kubeconfig):
        ours = pachlite(f"pod/{POD}:{_POD_PORT}", "raw", "--kubeconfig", str(kubeconfig))
        peer = Peer("kr8s", "python3", lambda _target, _scratch: _kr8s(kubeconfig))
        with ours, peer.start(target.port, run.scratch) as theirs:
            return beside(peer, ours, theirs, target, smaller)


def _kr8s(kubeconfig: Path) -> Process:
    port = free_port()
    words = [str(kubeconfig), POD, str(_POD_PORT), str(port)]
    return Process([sys.executable, "-m", "bench.kr8s_forward", *words], port)


@contextmanager
def _cluster(target: int, kubeconfig: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.cluster_end", str(target), str(kubeconfig)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    finally:
        process.terminate()
        process.communicate()


TOPIC: Final = Topic(
    "kubernetes",
    "Forwarding to a pod",
    "`pachlite port-forward pod/...` beside the forwarder of kr8s, both with one WebSocket for each"
    " connection, through the API server that the tests have, which is a program in Python and"
    " limits the speed of both. CPU is the forwarder's own.",
    measure,
)
