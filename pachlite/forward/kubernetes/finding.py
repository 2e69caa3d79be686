"""Which pods of a target can be connected to, asked again when that may have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from pachlite.forward.kubernetes.cluster import Cluster
from pachlite.forward.kubernetes.pods import Choice, Pod, read_deployment, read_service, usable
from pachlite.forward.kubernetes.target import ClusterTarget, Kind

FRESH_S: Final = 1.0
"""How long an answer counts."""
DOUBTED_S: Final = 0.2
"""How long it counts once a pod was not as it says."""


@dataclass(frozen=True, slots=True)
class PodPort:
    """A pod, and the number of the port in it."""

    pod: str
    port: int


@dataclass(frozen=True, slots=True)
class _Found:
    at: float
    ways: tuple[PodPort, ...]
    lasts_s: float = FRESH_S


class PodFinder:
    """Finds the pods of one target. Whoever asks while it asks waits for the same answer."""

    def __init__(
        self, target: ClusterTarget, cluster: Cluster, *, clock: Callable[[], float]
    ) -> None:
        self._target = target
        self._cluster = cluster
        self._clock = clock
        self._found: _Found | None = None
        self._asking: asyncio.Task[_Found] | None = None

    async def find(self) -> tuple[PodPort, ...]:
        """Return the pods that are ready.

        Raises:
            OSError: There is none, or the cluster cannot be asked.
        """
        found = self._found
        if found is not None and self._clock() < found.at + found.lasts_s:
            return found.ways
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(self._note)
        return (await asyncio.shield(self._asking)).ways

    def doubt(self) -> None:
        """Take note that a pod was not as the answer says."""
        if self._found is not None:
            self._found = replace(self._found, lasts_s=DOUBTED_S)

    def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()

    def _note(self, asking: asyncio.Task[_Found]) -> None:
        self._asking = None
        is_answered = not asking.cancelled() and asking.exception() is None
        self._found = asking.result() if is_answered else None

    async def _ask(self) -> _Found:
        pods, port = await self._look_up()
        ways = [
            PodPort(each.name, number)
            for each in usable(pods, port)
            if (number := each.number_of(port)) is not None
        ]
        return _Found(self._clock(), tuple(ways))

    async def _look_up(self) -> tuple[list[Pod], int | str]:
        """Return all pods of the target, and the port in them."""
        target = self._target
        if target.kind is Kind.POD:
            return [Pod.read(await self._cluster.get("pods", target.name))], target.port
        choice = await self._choice()
        found = await self._cluster.list_pods(choice.selector)
        return [Pod.read(each) for each in found], choice.port

    async def _choice(self) -> Choice:
        target = self._target
        if target.kind is Kind.SERVICE:
            return read_service(await self._cluster.get("services", target.name), target.port)
        return read_deployment(await self._cluster.get("deployments", target.name), target.port)
