"""Writing files of the embedded store: put, copy, and sets of changes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

from pachlite.content.blobs import Blob
from pachlite.metadata.api import Transaction
from pachlite.pfs.infos import (
    DEFAULT_COPY,
    DEFAULT_PUT,
    NO_PRECONDITION,
    CopyOptions,
    Expected,
    FileInfo,
    Precondition,
    PutOptions,
)
from pachlite.pfs.paths import check_path
from pachlite.pfs.permissions import Permission, repo_resource
from pachlite.pfs.refs import CommitRef, FileRef
from pachlite.store.changes import Link, Put, apply, check_precondition, written_info
from pachlite.store.engine import Engine
from pachlite.store.files import locate
from pachlite.store.filesets import StoredFileSet
from pachlite.store.roles import require_within
from pachlite.store.targets import Target, target_of
from pachlite.store.tips import open_pen
from pachlite.store.values import directory_info, full_info, store_tags
from pachlite.store.writers import StoredWriter


class Writes:
    """The writing half of `pfs.api.Files`."""

    _engine: Engine

    def open_file_set(
        self,
        commit: CommitRef,
        *,
        description: str = "",
        create_branch: bool = True,
        operation_id: str = "",
    ) -> StoredFileSet:
        target = target_of(commit, may_create=create_branch)
        target.check(self._engine.reader)
        return StoredFileSet(
            self._engine, target, description=description, operation_id=operation_id
        )

    def put_file(
        self,
        file: FileRef,
        options: PutOptions = DEFAULT_PUT,
        *,
        precondition: Precondition = NO_PRECONDITION,
        create_branch: bool = True,
    ) -> StoredWriter:
        engine, path = self._engine, check_path(file.path)
        target = target_of(file.commit, may_create=create_branch)
        target.check(engine.reader)

        def submit(blob: Blob, expected: Expected) -> Future[FileInfo]:
            put = Put(path, blob, options, expected.checksums)
            return engine.writer.submit(
                lambda tx: put_one(tx, engine, target, (put, precondition)), is_repeatable=True
            )

        return StoredWriter(engine.blobs.open_writer(options.etag_kind), submit, path)

    def copy_file(
        self,
        source: FileRef,
        target: FileRef,
        options: CopyOptions = DEFAULT_COPY,
        *,
        precondition: Precondition = NO_PRECONDITION,
    ) -> FileInfo:
        engine = self._engine
        if options.is_recursive:
            with self.open_file_set(target.commit) as changes:
                changes.copy_file(source, target.path, options)
            return directory_info(target.path)
        path = check_path(target.path)
        place = target_of(target.commit)

        def copy(tx: Transaction) -> FileInfo:
            row, _ = locate(tx, source, options.version)
            return put_one(tx, engine, place, (Link(path, row, options), precondition))

        return engine.writer.run(copy)

    def tag_file(self, file: FileRef, tags: Mapping[str, str], *, version: str = "") -> FileInfo:
        return self._engine.writer.run(lambda tx: _set_tags(tx, file, version, tags))


def _set_tags(tx: Transaction, file: FileRef, version: str, tags: Mapping[str, str]) -> FileInfo:
    row, view = locate(tx, file, version)
    store_tags(tx, row.path, row.origin, tags)
    return full_info(tx, row, view)


def put_one(
    tx: Transaction, engine: Engine, target: Target, request: tuple[Put | Link, Precondition]
) -> FileInfo:
    """Write one file as a commit of its own, or into the open commit; say what was written."""
    change, precondition = request
    place = target.find_place(tx)
    # The bytes took their time: roles may have gone, or the repo be somebody else's by now.
    require_within(tx, engine, Permission.REPO_WRITE, repo_resource(target.repo))
    check_precondition(tx, place.head.at if place.head else None, change.path, precondition)
    pen = open_pen(tx, engine, place)
    value = apply(tx, pen, change)
    pen.finish(tx)
    assert value is not None
    return written_info(change.path, value, pen.id)
