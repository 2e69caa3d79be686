"""How many connections the system lets a process have."""

from __future__ import annotations

import resource
from typing import Final

_OTHER_FILES: Final = 64
_FILES_PER_CONNECTION: Final = 2


def allow_connections(wanted: int) -> int:
    """Ask for the open files that so many connections need; return how many there can be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted * _FILES_PER_CONNECTION + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, connections_within(soft))


def connections_within(open_files: int) -> int:
    """Return how many connections fit into so many open files; there is always one."""
    return max(1, (open_files - _OTHER_FILES) // _FILES_PER_CONNECTION)
