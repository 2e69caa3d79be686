"""Reach a port of a service, deployment or pod through the API server: the forwarder's dialer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from pachlite.forward.api import MakeLeg
from pachlite.forward.connect import TcpDialer
from pachlite.forward.kubernetes.cluster import ApiServer, Cluster
from pachlite.forward.kubernetes.finding import PodFinder, PodPort
from pachlite.forward.kubernetes.leg import PodLeg
from pachlite.forward.kubernetes.target import ClusterTarget
from pachlite.forward.kubernetes.upgrade import (
    UpgradeRefused,
    check_answer,
    portforward_path,
    request,
)
from pachlite.forward.resolve import Resolver
from pachlite.forward.tunnel.dialling import Opened, ask, new_key
from pachlite.forward.tunnel.handshake import NoTunnel

PODS_PER_DIAL: Final = 3
"""How many pods are tried before the forwarder waits."""
AVOIDED_S: Final = 5.0
"""How long others are preferred to a pod that was no good."""
_UNAUTHORIZED: Final = 401


class PodDialer:
    """The way to the pods of a target. It is the forwarder's `Dialer`.

    It stays with one pod as long as that is ready, so that a tunnel finds its gateway again.

    Args:
        rng: Spreads forwarders over pods.
        dead_after_s: How long a silent API server counts as alive; 0 is for ever.
    """

    def __init__(
        self,
        target: ClusterTarget,
        cluster: Cluster,
        *,
        clock: Callable[[], float],
        rng: Random,
        dead_after_s: float = 0,
    ) -> None:
        self._target = target
        self._cluster = cluster
        self._finder = PodFinder(target, cluster, clock=clock)
        self._clock = clock
        self._rng = rng
        self._dead_after_s = dead_after_s
        self._resolver = Resolver()
        self._current = ""
        self._avoided: dict[str, float] = {}

    async def dial(self, make_leg: MakeLeg) -> None:
        """Open a leg to a ready pod; up to three are tried."""
        tried: dict[str, UpgradeRefused] = {}
        while True:
            way = self._choose(await self._finder.find(), tried)
            try:
                opened = await self._open(way)
            except UpgradeRefused as error:
                if not error.is_about_the_pod:
                    raise
                self._avoid(way.pod)
                tried[way.pod] = error
                if len(tried) == PODS_PER_DIAL:
                    raise
            else:
                break
        self._current = way.pod
        leg = PodLeg(opened.transport, lambda: self._avoid(way.pod))
        opened.become(leg)
        leg.begin(make_leg(), opened.rest)

    async def probe(self) -> None:
        """Ask the cluster whether a pod is ready."""
        await self._finder.find()

    def close(self) -> None:
        """Ask no more; every connection belongs to its leg."""
        self._finder.close()

    def _choose(self, ways: Sequence[PodPort], tried: dict[str, UpgradeRefused]) -> PodPort:
        """Return the way to the pod that served last, or to one that was no trouble lately.

        Raises:
            UpgradeRefused: All have been tried.
        """
        now = self._clock()
        self._avoided = {pod: until for pod, until in self._avoided.items() if until > now}
        untried = [each for each in ways if each.pod not in tried]
        if not untried:
            raise list(tried.values())[-1]
        good = [each for each in untried if each.pod not in self._avoided] or untried
        return next((each for each in good if each.pod == self._current), self._rng.choice(good))

    def _avoid(self, pod: str) -> None:
        self._avoided[pod] = self._clock() + AVOIDED_S
        self._finder.doubt()

    async def _open(self, way: PodPort) -> Opened:
        """Ask for the port of a pod; where the credentials are refused, once more with new ones."""
        try:
            return await self._upgrade(await self._cluster.server(), way)
        except UpgradeRefused as error:
            if error.status != _UNAUTHORIZED:
                raise
        await self._cluster.renew()
        return await self._upgrade(await self._cluster.server(), way)

    async def _upgrade(self, server: ApiServer, way: PodPort) -> Opened:
        connection = TcpDialer(
            server.target,
            self._resolver,
            dead_after_s=self._dead_after_s,
            identity=server.identity,
        )
        path = portforward_path(server.path, self._cluster.namespace, way.pod, way.port)
        key = new_key()
        asked = request(path, server.target.netloc, key, server.authorization)

        def check(head: bytes, rest: bytes) -> None:
            check_answer(head, rest, key, way.pod)

        try:
            return await ask(connection.dial, asked, check)
        except NoTunnel as error:  # this is not about the tunnel that may go over it
            raise UpgradeRefused(0, str(error)) from error

    def __str__(self) -> str:
        return str(self._target)
