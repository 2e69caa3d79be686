"""Forwarders to the pods of a cluster, and who goes through them."""

import asyncio
import random
import time

from pachlite.forward.kubernetes.cluster import Cluster
from pachlite.forward.kubernetes.dialer import PodDialer
from pachlite.forward.kubernetes.target import ClusterTarget, Place
from pachlite.forward.settings import Mode
from tests.faults.cluster import write_kubeconfig
from tests.faults.forwarding import Client, forwarding


def place_of(config, cluster):
    return Place(kubeconfig=write_kubeconfig(config, cluster.port, {"token": "secret"}))


def forwarding_to(typed, place, **options):
    options.setdefault("mode", Mode.RAW)
    return forwarding(targets=(ClusterTarget.parse(typed, place),), **options)


def dialer_for(typed, place, clock=time.monotonic):
    target = ClusterTarget.parse(typed, place)
    return PodDialer(target, Cluster(place), clock=clock, rng=random.Random(1))


async def quiet(value):
    """Wait until a value has not changed for a moment, and return it."""
    before = None
    while before != (before := value()):  # noqa: ASYNC110 - nothing tells that nothing happens
        await asyncio.sleep(0.1)
    return before


async def echoed(port, data):
    """Send everything and get as much back; say whether it is the same."""
    client = await Client.connect(port)
    try:
        sending = asyncio.create_task(client.send(data))
        got = await client.reader.readexactly(len(data))
        await sending
    finally:
        client.reset()  # a mere end could not be told to the pod
    return got == data


class Caller(asyncio.Protocol):
    """Connects and leaves."""

    def connection_made(self, transport):
        transport.abort()
