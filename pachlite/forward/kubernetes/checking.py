"""Check before anything starts what can be known of targets in clusters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from pachlite.errors import InvalidOption
from pachlite.forward.health import describe
from pachlite.forward.kubernetes.cluster import Cluster, NoCredentials, require_kr8s
from pachlite.forward.kubernetes.finding import PodFinder
from pachlite.forward.kubernetes.target import ClusterTarget

_HINT: Final = "see whether kubectl can: kubectl get pods; or name a kubeconfig with --kubeconfig"


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
    for each in targets:
        if each.place.kubeconfig and not Path(each.place.kubeconfig).is_file():
            raise InvalidOption(f"there is no kubeconfig {each.place.kubeconfig}")
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
        raise InvalidOption(str(error), hint=_HINT) from error
    except OSError as error:
        return f"{target}: {describe(error)}"
    return ""
