"""Objects as files of a local directory, two levels deep. It knows fsync, and no format.

An object being written is held under `flock`, so anybody can tell whether its writer still lives.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pachlite.errors import ContentCorrupt, DiskFull, PachliteError, Retry, StoreNotWritable
from pachlite.objects.disk import PLAIN_DISK, Disk
from pachlite.objects.open_files import OpenFiles

_MAX_OPEN_FILES: Final = 64
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LocalObjects:
    """An `ObjectStore` in a directory.

    Args:
        directory: Where the files are; made if missing.
        max_open_files: How many files stay open for reading.
        disk: How bytes get to the disk.
    """

    def __init__(
        self,
        directory: Path,
        *,
        max_open_files: int = _MAX_OPEN_FILES,
        disk: Disk = PLAIN_DISK,
    ) -> None:
        self._directory = directory
        self._disk = disk
        self._files = OpenFiles(max_open_files)

    def __repr__(self) -> str:
        return f"<LocalObjects {self._directory}>"

    def create(self, key: str) -> LocalAppender:
        """Begin a new object, durably present under `key` and empty when this returns."""
        path = self._path(key)
        with _translated_errors(path):
            self._disk.make_directory(path.parent)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._disk.sync_file(descriptor)
                self._disk.sync_directory(path.parent)
            except BaseException:
                os.close(descriptor)
                raise
        return LocalAppender(descriptor, path, self._disk)

    def read(self, key: str, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes. Raises `ContentCorrupt` when they are not there."""
        path = self._path(key)
        try:
            with self._files.get(path) as descriptor:
                data = os.pread(descriptor, length, offset)
        except OSError as error:
            raise ContentCorrupt(f"pack {key}", error.strerror or str(error)) from error
        if len(data) != length:
            raise ContentCorrupt(f"pack {key}", f"it ends before byte {offset + length}")
        return data

    def size(self, key: str) -> int:
        """Return the size in bytes. Raises `ContentCorrupt` when there is no such object."""
        try:
            return self._path(key).stat().st_size
        except OSError as error:
            raise ContentCorrupt(f"pack {key}", error.strerror or str(error)) from error

    def is_being_written(self, key: str) -> bool:
        """Say whether a living process has the object open for appending."""
        try:
            with self._path(key).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def delete(self, key: str) -> None:
        """Remove the object. Harmless when it is not there."""
        path = self._path(key)
        self._files.forget(path)
        with _translated_errors(path):
            path.unlink(missing_ok=True)

    def keys(self) -> list[str]:
        """Return all keys."""
        return sorted(path.stem for path in self._directory.glob("??/*.pack"))

    def close(self) -> None:
        """Release everything held open."""
        self._files.close()

    def _path(self, key: str) -> Path:
        return self._directory / key[:2] / f"{key}.pack"


class LocalAppender:
    """See `objects.api.Appender`. One thread may append while another one syncs."""

    def __init__(self, descriptor: int, path: Path, disk: Disk) -> None:
        self._disk = disk
        self._descriptor = descriptor
        self._path = path
        self._size = 0
        self._error: PachliteError | None = None

    def __repr__(self) -> str:
        state = "closed" if self._descriptor < 0 else "poisoned" if self._error else "open"
        return f"<LocalAppender {self._path.name} {self._size} bytes {state}>"

    def append(self, *blocks: bytes | memoryview) -> int:
        """Add blocks one after the other; return the offset of the first. Raises `DiskFull`."""
        self._check()
        begin = self._size
        try:
            self._disk.append(self._descriptor, blocks)
        except OSError as error:
            self._take_back(begin)
            raise _translate(error, self._path) from error
        self._size = begin + sum(map(len, blocks))
        return begin

    def sync(self) -> None:
        """Make everything appended durable; an error poisons the object."""
        self._check()
        try:
            self._disk.sync_data(self._descriptor)
        except OSError as error:
            # The kernel may have dropped the pages: a second fsync could lie.
            self._error = _translate(error, self._path)
            raise self._error from error

    def seal(self) -> None:
        """Sync and close; the object is immutable from now on."""
        self.sync()
        self.close()

    def close(self) -> None:
        """Close without syncing: what was not synced may be lost. Harmless twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._descriptor >= 0:
            self.seal()
        self.close()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if self._descriptor < 0:
            raise Retry(f"{self._path.name} takes no more data")

    def _take_back(self, size: int) -> None:
        """Cut off a block that was written in part; without that, nothing may follow."""
        try:
            os.ftruncate(self._descriptor, size)
            os.lseek(self._descriptor, size, os.SEEK_SET)
        except OSError as error:
            self._error = _translate(error, self._path)


@contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _translate(error, path) from error


def _translate(error: OSError, path: Path) -> PachliteError:
    if error.errno in _NO_SPACE:
        return DiskFull(str(path.parent.parent))
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return StoreNotWritable(str(path.parent.parent), error.strerror or str(error))
    return Retry(f"{path.name} could not be written ({error.strerror})")
