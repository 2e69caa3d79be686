"""The protocol of the place where packs live: append while open, then immutable bytes by key."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self


class Appender(Protocol):
    """An object being written. Only this process writes it; any process may read what is synced."""

    def append(self, *blocks: bytes | memoryview) -> int:
        """Add blocks one after the other; return the offset of the first. Raises `DiskFull`."""
        ...

    def sync(self) -> None:
        """Make everything appended durable.

        An error here must not be retried: the object is poisoned, write the data to a new one.
        """
        ...

    def seal(self) -> None:
        """Sync and close; the object is immutable from now on."""
        ...

    def close(self) -> None:
        """Close without syncing: what was not synced may be lost. Harmless twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class ObjectStore(Protocol):
    """Immutable bytes under a key, in one place."""

    def create(self, key: str) -> Appender:
        """Begin a new object, durably present under `key` and empty when this returns."""
        ...

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes. Raises `ContentCorrupt` when they are not there."""
        ...

    def size(self, key: str) -> int:
        """Return the size in bytes. Raises `ContentCorrupt` when there is no such object."""
        ...

    def is_being_written(self, key: str) -> bool:
        """Say whether a living process has the object open for appending."""
        ...

    def delete(self, key: str) -> None:
        """Remove the object. Harmless when it is not there."""
        ...

    def keys(self) -> list[str]:
        """Return all keys."""
        ...

    def close(self) -> None:
        """Release everything held open."""
        ...
