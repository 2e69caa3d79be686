"""How bytes reach the disk and stay there. A disk that fails on demand can take its place."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final


class Disk:
    """The calls of the operating system that write. They raise OSError."""

    def append(self, descriptor: int, blocks: Sequence[bytes | memoryview]) -> None:
        """Write all blocks at the position of the file."""
        written = self.write_some(descriptor, blocks)
        if written < sum(map(len, blocks)):
            # The kernel says at the next call why it stopped.
            rest = memoryview(b"".join(blocks))
            while written < len(rest):
                written += self.write_some(descriptor, [rest[written:]])

    def write_some(self, descriptor: int, blocks: Sequence[bytes | memoryview]) -> int:
        """Write at least one byte; return how many."""
        return os.writev(descriptor, blocks)

    def sync_data(self, descriptor: int) -> None:
        """Make the bytes of a file durable."""
        if sys.platform == "darwin":
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fdatasync(descriptor)

    def sync_file(self, descriptor: int) -> None:
        """Make a file durable with everything the file system knows about it."""
        if sys.platform == "darwin":
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fsync(descriptor)

    def sync_directory(self, path: Path) -> None:
        """Make the names in a directory durable."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_directory(self, path: Path) -> None:
        """Make a directory, durably, unless it is there; its parents too."""
        if path.is_dir():
            return
        self.make_directory(path.parent)
        path.mkdir(exist_ok=True)
        self.sync_directory(path.parent)


PLAIN_DISK: Final = Disk()
