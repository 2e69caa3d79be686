"""Objects in memory, for stores that need not outlive the process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from pachlite.errors import ContentCorrupt, Retry


class MemoryObjects:
    """An `ObjectStore` in a dictionary."""

    def __init__(self) -> None:
        self._objects: dict[str, bytearray] = {}
        self._written: set[str] = set()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<MemoryObjects {len(self._objects)} objects>"

    def create(self, key: str) -> MemoryAppender:
        """Begin a new object, present under `key` and empty when this returns."""
        with self._lock:
            if key in self._objects:
                raise Retry(f"{key} is there already")
            content = self._objects[key] = bytearray()
            self._written.add(key)
        return MemoryAppender(content, lambda: self._written.discard(key))

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes. Raises `ContentCorrupt` when they are not there."""
        data = bytes(self._object(key)[offset : offset + length])
        if len(data) != length:
            raise ContentCorrupt(f"pack {key}", f"it ends before byte {offset + length}")
        return data

    def size(self, key: str) -> int:
        """Return the size in bytes. Raises `ContentCorrupt` when there is no such object."""
        return len(self._object(key))

    def is_being_written(self, key: str) -> bool:
        """Say whether an appender has the object open."""
        return key in self._written

    def delete(self, key: str) -> None:
        """Remove the object. Harmless when it is not there."""
        with self._lock:
            self._objects.pop(key, None)

    def keys(self) -> list[str]:
        """Return all keys."""
        with self._lock:
            return sorted(self._objects)

    def close(self) -> None:
        """Nothing is held open."""

    def _object(self, key: str) -> bytearray:
        try:
            return self._objects[key]
        except KeyError:
            raise ContentCorrupt(f"pack {key}", "no such object") from None


class MemoryAppender:
    """See `objects.api.Appender`."""

    def __init__(self, content: bytearray, on_close: Callable[[], None]) -> None:
        self._content = content
        self._on_close = on_close
        self._is_open = True

    def append(self, *blocks: bytes | memoryview) -> int:
        """Add blocks one after the other; return the offset of the first."""
        self._check()
        begin = len(self._content)
        for block in blocks:
            self._content += block
        return begin

    def sync(self) -> None:
        """Make everything appended as durable as memory is."""
        self._check()

    def seal(self) -> None:
        """Close; the object is immutable from now on."""
        self._check()
        self.close()

    def close(self) -> None:
        """Close. Harmless twice."""
        self._is_open = False
        self._on_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check(self) -> None:
        if not self._is_open:
            raise Retry("the object takes no more data")
