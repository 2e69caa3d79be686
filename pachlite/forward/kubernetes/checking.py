"""Check before anything starts what can be known of targets in clusters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from pachlite.errors import InvalidOption
from pachlite.forward.health import describe
from pachlite.forward.kubernetes.cluster import Cluster, NoCredentials, require_kr8s
from pachlite.forward.kubernetes.finding import PodFinder
from pachlite.forward.kubernetes.target import ClusterTarget


def check_in_cluster(targets: Iterable[ClusterTarget]) -> list[str]:
    """Return warnings about targets that are not there, or not yet.

    Raises:
        InvalidOption: There are no credentials, and waiting will not bring them.
        Unsupported: What asks clusters is not installed.
    """
    targets = list(targets)
    if not targets:
        return []
    require_kr8s()
    with ThreadPoolExecutor(1) as other:  # kr8s keeps sessions by thread and event loop
        return other.submit(lambda: asyncio.run(_check_all(targets))).result()


async def _check_all(targets: Iterable[ClusterTarget]) -> list[str]:
    clusters = {each.place: Cluster(each.place) for each in targets}
    found = [await _check(each, clusters[each.place]) for each in targets]
    return [each for each in found if each]


async def _check(target: ClusterTarget, cluster: Cluster) -> str:
    try:
        await PodFinder(target, cluster, clock=time.monotonic).find()
    except NoCredentials as error:
        raise InvalidOption(
            str(error), hint="see which contexts there are: kubectl config get-contexts"
        ) from error
    except OSError as error:
        return f"{target}: {describe(error)}"
    return ""
