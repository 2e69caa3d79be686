"""Changes that become one commit. A few are written at once; many are staged apart first.

Staged changes live on a line of their own that nobody sees. Publishing puts that line on top of
whatever the head of the branch is by then, in one short transaction, however many there are.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from pachlite.content.blobs import Blob
from pachlite.errors import FileNotFound
from pachlite.metadata.api import Transaction
from pachlite.pfs.infos import (
    DEFAULT_COPY,
    DEFAULT_PUT,
    CommitInfo,
    CopyOptions,
    Expected,
    FileInfo,
    PutOptions,
)
from pachlite.pfs.paths import as_directory, check_path, join
from pachlite.pfs.refs import FileRef
from pachlite.store import lines, publish
from pachlite.store.changes import Change, Link, Put, Remove, value_of, write_tags, written_info
from pachlite.store.commits import commit_info
from pachlite.store.engine import Engine
from pachlite.store.files import locate, walk
from pachlite.store.lines import Value
from pachlite.store.lookup import find_commit
from pachlite.store.targets import Target
from pachlite.store.values import FILE
from pachlite.store.writers import StoredWriter


class StoredFileSet:
    """See `pfs.api.FileSet`."""

    def __init__(
        self, engine: Engine, target: Target, *, description: str = "", operation_id: str = ""
    ) -> None:
        self._engine = engine
        self._target = target
        self._description = description
        self._operation_id = operation_id
        self._pending: dict[str, Change] = {}
        self._appends: list[Change] = []
        self._stage: int | None = None
        self._lock = threading.Lock()
        self._is_done = False

    def __repr__(self) -> str:
        staged = "staged, " if self._stage else ""
        return f"<StoredFileSet {self._target.name} {staged}{len(self._pending)} pending>"

    def put_file(self, path: str, options: PutOptions = DEFAULT_PUT) -> StoredWriter:
        check_path(path)

        def submit(blob: Blob, expected: Expected) -> Future[FileInfo]:
            self._add(Put(path, blob, options, expected.checksums))
            value = Value(FILE, blob.size, self._engine.clock(), blob.etag, blob.nparts, blob.chash)
            added: Future[FileInfo] = Future()
            added.set_result(written_info(path, value, b""))
            return added

        return StoredWriter(self._engine.blobs.open_writer(options.etag_kind), submit, path)

    def copy_file(self, source: FileRef, path: str, options: CopyOptions = DEFAULT_COPY) -> int:
        q = self._engine.reader
        if not options.is_recursive:
            row, _ = locate(q, source, options.version)
            self._add(Link(check_path(path), row, options))
            return 1
        at = find_commit(q, source.commit).at
        count = 0
        for row in walk(q, at, source.path):
            below = row.path[len(as_directory(source.path)) :] if row.path != source.path else ""
            self._add(Link(check_path(join(path, below) if below else path), row, options))
            count += 1
        if not count:
            raise FileNotFound(str(source.commit.repo), source.commit.target, source.path)
        return count

    def delete_file(self, path: str, *, is_recursive: bool = False) -> None:
        if not is_recursive:
            self._add(Remove(check_path(path)))
            return
        with self._lock:
            self._flush()
        head = self._target.peek_head(self._engine.reader)
        for at in (head.at if head else None, self._staged_at()):
            if at is not None:
                for row in walk(self._engine.reader, at, path):
                    self._add(Remove(row.path))

    def complete(self) -> CommitInfo:
        if self._stage is not None:
            with self._lock:
                self._flush()
            commit = publish.staged(self._engine, self._target, self._batch(), self._stage)
        else:
            commit = publish.direct(self._engine, self._target, self._batch())
        self._is_done = True
        return commit_info(self._engine.reader, self._target.repo, commit)

    def abort(self) -> None:
        if self._is_done:
            return
        self._is_done = True
        self._pending.clear()
        self._appends.clear()
        stage = self._stage
        if stage is not None:
            self._engine.writer.run(lambda tx: lines.discard_stage(tx, stage))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None and not self._is_done:
                self.complete()
        finally:
            self.abort()

    def _batch(self) -> publish.Batch:
        changes = [*self._pending.values(), *self._appends]
        return publish.Batch(changes, self._description, self._operation_id)

    def _add(self, change: Change) -> None:
        with self._lock:
            if change.is_append:
                self._appends.append(change)
                return
            self._appends = [append for append in self._appends if append.path != change.path]
            self._pending[change.path] = change
            if len(self._pending) > self._engine.max_direct_changes:
                self._flush()

    def _staged_at(self) -> lines.Snapshot | None:
        return lines.Snapshot(self._stage, 1) if self._stage else None

    def _flush(self) -> None:
        """Move what is pending to the staging line. The caller holds the lock."""
        if not self._pending:
            return
        changes = list(self._pending.values())
        self._stage = self._engine.writer.run(lambda tx: self._write_stage(tx, changes))
        self._pending.clear()

    def _write_stage(self, tx: Transaction, changes: list[Change]) -> int:
        engine, now = self._engine, self._engine.clock()
        stage = self._stage
        if stage is None:
            stage = lines.create_line(tx, self._target.find_repo(tx), None, now, staging=True)
        at = lines.Snapshot(stage, 1)
        for change in changes:
            lines.stage(tx, stage, change.path, value_of(tx, engine, change, now))
            if not isinstance(change, Remove):
                write_tags(tx, change, at)
        return stage
