"""Settings of the C library's allocator, for processes that move large buffers."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_MIB: Final = 1024 * 1024

# glibc returns large blocks to the kernel when they are freed and takes them again with a page
# fault each 4 KiB. Moving bytes is half of that; with these settings the blocks are kept. Few
# arenas keep what many threads hold in reserve within bounds.
_OPTIONS: Final = {
    -1: 256 * _MIB,  # M_TRIM_THRESHOLD
    -2: 64 * _MIB,  # M_TOP_PAD
    -3: 32 * _MIB,  # M_MMAP_THRESHOLD
    -8: 4,  # M_ARENA_MAX
}


def keep_large_buffers() -> None:
    """Let freed memory be used again rather than given back; does nothing but on glibc."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return
    for option, value in _OPTIONS.items():
        mallopt(option, value)
