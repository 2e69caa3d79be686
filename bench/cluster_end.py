"""A program: an API server of Kubernetes with one pod, which is a port of this machine.

Usage: python -m bench.cluster_end TARGET_PORT KUBECONFIG
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from tests.faults.cluster import running_cluster, write_kubeconfig

POD = "a"


async def main(target: int, kubeconfig: Path) -> None:
    async with running_cluster() as cluster:
        cluster.add(POD, target)
        write_kubeconfig(kubeconfig, cluster.port, {"token": "any"})
        print(cluster.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]), Path(sys.argv[2])))
