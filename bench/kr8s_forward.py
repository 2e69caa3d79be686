"""A program: the forwarder that comes with kr8s, to a pod.

Usage: python -m bench.kr8s_forward KUBECONFIG POD PORT LOCAL_PORT
"""

from __future__ import annotations

import asyncio
import sys

import kr8s.asyncio
from kr8s.asyncio.objects import Pod


async def main(kubeconfig: str, name: str, port: int, local_port: int) -> None:
    api = await kr8s.asyncio.api(kubeconfig=kubeconfig)
    pod = await Pod.get(name, api=api)
    async with pod.portforward(remote_port=port, local_port=local_port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
