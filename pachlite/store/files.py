"""Reading files of the embedded store: open, inspect, list, glob, walk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from types import TracebackType
from typing import Self

from pachlite.errors import (
    FileDeleted,
    FileNotFound,
    InvalidArgument,
    RangeNotSatisfiable,
    VersionIsDeleteMarker,
    VersionNotFound,
)
from pachlite.metadata.api import Reader
from pachlite.pfs.globs import compile_glob
from pachlite.pfs.infos import FileInfo, FilePage
from pachlite.pfs.names import is_commit_id
from pachlite.pfs.paths import as_directory
from pachlite.pfs.refs import CommitRef, FileRef
from pachlite.store import lines
from pachlite.store.deltas import rows_below
from pachlite.store.engine import Engine
from pachlite.store.lines import Row, Snapshot
from pachlite.store.listing import Wanted, glob_entries, list_page
from pachlite.store.lookup import CommitRow, find_commit, find_commit_by_id, is_in_history
from pachlite.store.values import DELETED, brief_info, full_info


class Files:
    """The reading half of `pfs.api.Files`."""

    _engine: Engine

    def get_file(self, file: FileRef, *, version: str = "") -> StoredReader:
        return StoredReader(self._engine, *locate(self._engine.reader, file, version))

    def inspect_file(self, file: FileRef, *, version: str = "") -> FileInfo:
        row, view = locate(self._engine.reader, file, version)
        return full_info(self._engine.reader, row, view)

    def list_file(
        self,
        commit: CommitRef,
        *,
        prefix: str = "",
        delimiter: str = "",
        after: str = "",
        limit: int = 1000,
    ) -> FilePage:
        at = find_commit(self._engine.reader, commit).at
        return list_page(self._engine.reader, at, Wanted(prefix, delimiter, after, limit))

    def glob_file(self, commit: CommitRef, pattern: str) -> Iterator[FileInfo]:
        glob = compile_glob(pattern)
        at = find_commit(self._engine.reader, commit).at
        return glob_entries(self._engine.reader, at, glob)

    def walk_file(self, commit: CommitRef, path: str) -> Iterator[FileInfo]:
        at = find_commit(self._engine.reader, commit).at
        return (brief_info(row.path, row.value) for row in walk(self._engine.reader, at, path))


class StoredReader:
    """See `pfs.api.FileReader`. What is small is read at once; `info` when it is asked for."""

    def __init__(self, engine: Engine, row: Row, view: Snapshot) -> None:
        self._engine = engine
        self._row = row
        self._view = view
        self._inline = engine.blobs.read_inline(engine.reader, row.value.content)

    def __repr__(self) -> str:
        return f"<StoredReader {self._row.path!a} {self._row.value.size} bytes>"

    @cached_property
    def info(self) -> FileInfo:
        return full_info(self._engine.reader, self._row, self._view)

    @property
    def is_small(self) -> bool:
        return self._inline is not None

    def blocks(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        size = self._row.value.size
        if offset < 0 or offset > size:
            raise RangeNotSatisfiable(size)
        end = size if length is None else min(size, offset + length)
        if offset == end:
            return iter(())
        if self._inline is not None:
            return iter((self._inline[offset:end],))
        content = self._row.value.content
        return self._engine.blobs.read(self._engine.reader, content, offset, end - offset)

    def close(self) -> None:
        self._inline = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def locate(q: Reader, file: FileRef, version: str = "") -> tuple[Row, Snapshot]:
    """Return the row of a live file, and the snapshot from which it is looked at."""
    commit = find_commit(q, file.commit)
    if version:
        return _locate_version(q, file, commit, version), commit.at
    row = lines.get(q, commit.at, file.path)
    if row is None:
        raise _absent(q, file, commit)
    return row, commit.at


def _absent(q: Reader, file: FileRef, commit: CommitRow) -> FileNotFound:
    """Return the error for a path without a file: it tells what deleted the file, if something."""
    repo = str(file.commit.repo)
    row = lines.find(q, commit.at, file.path)
    deleter = lines.kept_commit(q, row.origin, commit.at) if row else None
    if deleter is None:
        return FileNotFound(repo, commit.hex, file.path)
    return FileDeleted(repo, commit.hex, file.path, deleter[1].hex())


def check_version_id(version: str) -> bytes:
    """Return the bytes of a version id; raise `InvalidArgument` when it cannot be one."""
    if not is_commit_id(version):
        raise InvalidArgument(f"version id {version[:64]!a} is not a commit id")
    return bytes.fromhex(version)


def walk(q: Reader, at: Snapshot, path: str) -> Iterator[Row]:
    """Yield the file at `path`, then every file below it; all files for the empty path."""
    if path and not path.endswith("/"):
        row = lines.get(q, at, path)
        if row is not None:
            yield row
    yield from rows_below(q, at, as_directory(path))


def _locate_version(q: Reader, file: FileRef, view: CommitRow, version: str) -> Row:
    wanted = find_commit_by_id(q, view.repo, check_version_id(version))
    if wanted is None or not is_in_history(q, wanted, view.at):
        raise VersionNotFound(file.path, version)
    row = lines.find(q, wanted.at, file.path)
    if row is None or lines.is_hidden(q, view.at, file.path, row.origin):
        raise VersionNotFound(file.path, version)
    if row.value.kind != DELETED:
        return row
    writer = lines.kept_commit(q, row.origin, view.at)
    if writer is not None and writer[1] == wanted.id:
        raise VersionIsDeleteMarker(file.path, version)
    raise VersionNotFound(file.path, version)
