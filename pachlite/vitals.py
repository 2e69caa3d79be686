"""What the system knows of this process and of the disk of its store. Every figure is cheap."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Final

from pachlite.gateway.metrics import Sample

_PROC: Final = Path("/proc/self")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_RESIDENT_FIELD: Final = 1
_KIB: Final = 1024


def process_samples() -> tuple[Sample, ...]:
    """Return figures of this process; those that the system does not tell are left out."""
    samples = [
        Sample(
            "process_cpu_seconds_total", "User and system.", time.process_time(), is_counter=True
        ),
        Sample("process_threads", "Threads of Python.", threading.active_count()),
        Sample("process_resident_memory_peak_bytes", "The most so far.", _peak_bytes()),
    ]
    if _PROC.exists():
        pages = (_PROC / "statm").read_text().split()[_RESIDENT_FIELD]
        samples += [
            Sample("process_resident_memory_bytes", "In memory.", int(pages) * _PAGE_BYTES),
            Sample("process_open_fds", "Open files and sockets.", _count_fds()),
            Sample("process_max_fds", "Its limit.", resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        ]
    return tuple(samples)


def store_samples(location: str) -> tuple[Sample, ...]:
    """Return figures of a store in a directory; of one that is elsewhere there are none."""
    home = Path(location)
    if not home.is_dir():
        return ()
    disk = shutil.disk_usage(home)
    rows = sum(file.stat().st_size for file in home.glob("*.db*"))
    return (
        Sample("pachlite_store_database_bytes", "The database, without content.", rows),
        Sample("pachlite_store_disk_free_bytes", "Free where the store is.", disk.free),
        Sample("pachlite_store_disk_bytes", "Size of the disk of the store.", disk.total),
    )


def _count_fds() -> int:
    return sum(1 for _ in (_PROC / "fd").iterdir())


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * _KIB
