"""Files kept open for reading, a bounded number of them, shared by threads."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class OpenFiles:
    """A bounded number of files open for reading, shared by threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._files: OrderedDict[Path, _OpenFile] = OrderedDict()

    @contextmanager
    def get(self, path: Path) -> Iterator[int]:
        """Lend the descriptor of a file; it stays open during the block."""
        with self._lock:
            file = self._files.get(path)
            if file is None:
                file = self._files[path] = _OpenFile(path)
            self._files.move_to_end(path)
            file.users += 1
            while len(self._files) > self._limit:
                self._files.popitem(last=False)[1].retire()
        try:
            yield file.descriptor
        finally:
            with self._lock:
                file.users -= 1
                file.close_if_unused()

    def forget(self, path: Path) -> None:
        """Close a file, once nobody uses it."""
        with self._lock:
            file = self._files.pop(path, None)
            if file is not None:
                file.retire()

    def close(self) -> None:
        """Close all files, each once nobody uses it."""
        with self._lock:
            for file in self._files.values():
                file.retire()
            self._files.clear()


class _OpenFile:
    """A file open for reading, closed when it is retired and nobody uses it."""

    __slots__ = ("descriptor", "is_retired", "users")

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.users = 0
        self.is_retired = False

    def retire(self) -> None:
        self.is_retired = True
        self.close_if_unused()

    def close_if_unused(self) -> None:
        if self.is_retired and not self.users and self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
