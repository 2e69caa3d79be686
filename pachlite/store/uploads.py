"""Multipart uploads of the embedded store. Parts are durable on arrival; joining copies no byte."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from pachlite.content.blobs import Blob
from pachlite.errors import InvalidArgument, RangeNotSatisfiable, UploadNotFound
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.infos import (
    DEFAULT_PUT,
    NO_PRECONDITION,
    NOTHING_EXPECTED,
    CompletedPart,
    Expected,
    FileInfo,
    PartInfo,
    PartPage,
    Precondition,
    PutOptions,
    SumType,
    UploadInfo,
    UploadPage,
)
from pachlite.pfs.paths import after_prefix, check_path
from pachlite.pfs.refs import BranchRef, CommitRef, FileRef
from pachlite.store import assembly
from pachlite.store.engine import Engine, as_datetime
from pachlite.store.files import StoredReader, locate
from pachlite.store.lookup import BranchRow, find_branch
from pachlite.store.targets import target_of
from pachlite.store.values import dump_sums, dump_tags, intern_meta, load_meta, load_sums
from pachlite.store.writers import StoredPartWriter

MAX_PARTS: Final = 10_000
_COLUMNS: Final = "id, path, meta, sum_algorithm, sum_type, created"


class Uploads:
    """See `pfs.api.Uploads`."""

    _engine: Engine

    def create_upload(
        self,
        file: FileRef,
        options: PutOptions = DEFAULT_PUT,
        *,
        sum_algorithm: str = "",
        sum_type: str = "",
    ) -> UploadInfo:
        check_path(file.path)
        upload_id = secrets.token_hex(16)

        def create(tx: Transaction) -> None:
            branch = _branch(tx, file.commit)
            tx.execute(
                "INSERT INTO upload (id, repo, branch, path, meta, tags, sum_algorithm, sum_type, "
                "owner, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                upload_id,
                branch.repo,
                branch.name,
                file.path,
                intern_meta(tx, options.meta),
                dump_tags(options.tags) if options.tags else None,
                sum_algorithm,
                sum_type,
                self._engine.user,
                self._engine.clock(),
            )

        self._engine.writer.run(create)
        self._engine.request_expiry()
        return self.inspect_upload(file, upload_id)

    def inspect_upload(self, file: FileRef, upload_id: str) -> UploadInfo:
        q = self._engine.reader
        assembly.find_upload(q, file, upload_id)
        row = q.one(f"SELECT {_COLUMNS} FROM upload WHERE id = ?", upload_id)  # noqa: S608
        assert row is not None
        return _info(q, file.commit, row)

    def list_upload(
        self,
        commit: CommitRef,
        *,
        prefix: str = "",
        after_path: str = "",
        after_upload: str = "",
        limit: int = 1000,
    ) -> UploadPage:
        q = self._engine.reader
        branch = _branch(q, commit)
        upper = after_prefix(prefix)
        marker = q.one("SELECT created FROM upload WHERE id = ?", after_upload)
        rows = q.all(
            f"SELECT {_COLUMNS} FROM upload WHERE repo = ? AND branch = ? AND completed IS NULL "  # noqa: S608
            "AND path >= ? AND (? = '' OR path < ?) AND path >= ? "
            "AND (path > ? OR (created, id) > (?, ?)) ORDER BY path, created, id LIMIT ?",
            branch.repo,
            branch.name,
            prefix,
            upper,
            upper,
            after_path,
            after_path,
            marker[0] if marker else 2**63 - 1,
            after_upload,
            max(0, limit) + 1,
        )
        uploads = tuple(_info(q, commit, row) for row in rows[:limit])
        return UploadPage(uploads, is_truncated=len(rows) > limit > 0)

    def put_part(self, file: FileRef, upload_id: str, number: int) -> StoredPartWriter:
        engine = self._engine
        if not 1 <= number <= MAX_PARTS:
            raise InvalidArgument(f"part number {number} is not between 1 and {MAX_PARTS}")
        assembly.find_upload(engine.reader, file, upload_id)

        def submit(blob: Blob, expected: Expected) -> Future[PartInfo]:
            return engine.writer.submit(lambda tx: store(tx, blob, expected), is_repeatable=True)

        def store(tx: Transaction, blob: Blob, expected: Expected) -> PartInfo:
            assembly.find_upload(tx, file, upload_id)
            now = engine.clock()
            tx.execute(
                "INSERT OR REPLACE INTO upload_part (upload, n, etag, size, content, chash, sums, "
                "created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                upload_id,
                number,
                blob.etag,
                blob.size,
                engine.blobs.attach(tx, blob),
                blob.chash,
                dump_sums(expected.checksums),
                now,
            )
            return PartInfo(
                number, blob.size, blob.etag.hex(), as_datetime(now), expected.checksums
            )

        return StoredPartWriter(engine.blobs.open_writer(), submit, f"{upload_id}/{number}")

    def copy_part(
        self,
        file: FileRef,
        upload_id: str,
        number: int,
        source: FileRef,
        *,
        version: str = "",
        offset: int = 0,
        length: int | None = None,
    ) -> PartInfo:
        q = self._engine.reader
        row, view = locate(q, source, version)
        size = row.value.size
        if length is not None and (offset < 0 or offset + length > size):
            raise RangeNotSatisfiable(size)
        with (
            StoredReader(self._engine, row, view) as reader,
            self.put_part(file, upload_id, number) as part,
        ):
            for block in reader.blocks(offset, length):
                part.write(block)
            return part.complete()

    def list_part(
        self, file: FileRef, upload_id: str, *, after: int = 0, limit: int = 1000
    ) -> PartPage:
        q = self._engine.reader
        assembly.find_upload(q, file, upload_id)
        rows = q.all(
            "SELECT n, size, etag, created, sums FROM upload_part WHERE upload = ? AND n > ? "
            "ORDER BY n LIMIT ?",
            upload_id,
            after,
            max(0, limit) + 1,
        )
        parts = tuple(
            PartInfo(n, size, etag.hex(), as_datetime(created), load_sums(sums))
            for n, size, etag, created, sums in rows[:limit]
        )
        return PartPage(parts, is_truncated=len(rows) > limit > 0)

    def complete_upload(
        self,
        file: FileRef,
        upload_id: str,
        parts: Sequence[CompletedPart],
        *,
        expected: Expected = NOTHING_EXPECTED,
        sum_type: str = "",
        precondition: Precondition = NO_PRECONDITION,
    ) -> FileInfo:
        request = assembly.Completion(
            file, upload_id, tuple(parts), expected, precondition, sum_type
        )
        target = target_of(file.commit, may_create=False)
        engine = self._engine
        return engine.writer.run(lambda tx: assembly.complete(tx, engine, target, request))

    def abort_upload(self, file: FileRef, upload_id: str) -> None:
        def abort(tx: Transaction) -> None:
            assembly.find_upload(tx, file, upload_id)
            assembly.forget_upload(tx, upload_id)

        self._engine.writer.run(abort)


def _branch(q: Reader, commit: CommitRef) -> BranchRow:
    if not commit.is_plain_branch:
        raise UploadNotFound(str(commit))
    return find_branch(q, BranchRef(commit.repo, commit.base))


def _info(q: Reader, commit: CommitRef, row: tuple) -> UploadInfo:  # type: ignore[type-arg] # a row
    upload_id, path, meta, algorithm, sum_type, created = row
    return UploadInfo(
        upload_id,
        FileRef(commit, path),
        as_datetime(created),
        algorithm,
        SumType(sum_type) if sum_type else SumType.COMPOSITE,
        load_meta(q, meta),
    )
