"""Put the parts of an upload together: check what was named, join by reference, commit once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from pachlite.content.blobs import Piece
from pachlite.errors import (
    InvalidPart,
    InvalidPartOrder,
    PartTooSmall,
    UnfitUpload,
    UploadNotFound,
)
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.infos import (
    Checksum,
    CompletedPart,
    Expected,
    FileInfo,
    PartSize,
    Precondition,
)
from pachlite.pfs.refs import BranchRef, FileRef
from pachlite.store.changes import check_precondition, written_info
from pachlite.store.engine import Engine
from pachlite.store.lines import Value
from pachlite.store.lookup import find_branch
from pachlite.store.targets import Target
from pachlite.store.tips import open_pen
from pachlite.store.upload_sums import UploadSums
from pachlite.store.values import FILE, brief_info, dump_parts, dump_sums, load_sums, store_tags

MIN_PART_BYTES: Final = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Completion:
    """A request to complete an upload."""

    file: FileRef
    upload_id: str
    parts: tuple[CompletedPart, ...]
    expected: Expected
    precondition: Precondition
    sum_type: str = ""

    @property
    def text(self) -> str:
        """What makes a repeated request the same."""
        return json.dumps([[part.number, part.etag] for part in self.parts])


@dataclass(frozen=True, slots=True)
class _Upload:
    meta: int
    tags: str | None
    sums: UploadSums
    request: str | None
    result: str | None


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    etag: bytes
    size: int
    content: int
    chash: bytes | None
    sums: tuple[Checksum, ...]


def find_upload(q: Reader, file: FileRef, upload_id: str, *, completed: bool = False) -> _Upload:
    """Return an upload to `file`; raise `UploadNotFound` if it is unknown or of another file."""
    row = q.one(
        "SELECT u.meta, u.tags, u.sum_algorithm, u.sum_type, u.request, u.result, u.completed "
        "FROM upload u JOIN repo r ON r.id = u.repo AND r.deleted IS NULL "
        "JOIN project p ON p.id = r.project "
        "WHERE u.id = ? AND u.path = ? AND u.branch = ? AND r.name = ? AND p.name = ?",
        upload_id,
        file.path,
        file.commit.base,
        file.commit.repo.name,
        file.commit.repo.project,
    )
    if row is None or (row[6] is not None and not completed):
        find_branch(q, BranchRef(file.commit.repo, file.commit.base))
        raise UploadNotFound(upload_id)
    meta, tags, algorithm, sum_type, done_request, result = row[:6]
    return _Upload(meta, tags, UploadSums(algorithm, sum_type), done_request, result)


def forget_upload(tx: Transaction, upload_id: str) -> None:
    """Remove an upload with its parts."""
    tx.execute("DELETE FROM upload_part WHERE upload = ?", upload_id)
    tx.execute("DELETE FROM upload WHERE id = ?", upload_id)


def complete(tx: Transaction, engine: Engine, target: Target, request: Completion) -> FileInfo:
    """Write the file as one commit; see `pfs.api.Uploads.complete_upload`."""
    upload = find_upload(tx, request.file, request.upload_id, completed=True)
    if upload.result is not None:
        if upload.request != request.text:
            raise UploadNotFound(request.upload_id)
        return _load_result(request.file.path, upload.result)
    upload.sums.check_type(request.sum_type)
    parts = _choose(tx, upload.sums, request)
    place = target.find_place(tx)
    head = place.head.at if place.head else None
    check_precondition(tx, head, request.file.path, request.precondition)
    value = _assemble(tx, engine, upload, request, parts)
    pen = open_pen(tx, engine, place)
    value = value._replace(mtime=pen.now)
    pen.write(tx, request.file.path, value)
    store_tags(tx, request.file.path, pen.at, json.loads(upload.tags) if upload.tags else {})
    pen.finish(tx)
    info = written_info(request.file.path, value, pen.id)
    tx.execute("DELETE FROM upload_part WHERE upload = ?", request.upload_id)
    tx.execute(
        "UPDATE upload SET completed = ?, request = ?, result = ? WHERE id = ?",
        pen.now,
        request.text,
        _dump_result(value, pen.id),
        request.upload_id,
    )
    return info


def _choose(tx: Transaction, begun: UploadSums, request: Completion) -> list[_Part]:
    """Return the parts that were named; raise unless each is there, whole and in order."""
    rows = tx.all(
        "SELECT n, etag, size, content, chash, sums FROM upload_part WHERE upload = ?",
        request.upload_id,
    )
    stored = {
        n: _Part(n, etag, size, content, chash, load_sums(text))
        for n, etag, size, content, chash, text in rows
    }
    chosen: list[_Part] = []
    for named in request.parts:
        if chosen and named.number <= chosen[-1].number:
            raise InvalidPartOrder
        chosen.append(_check_part(begun, named, stored.get(named.number)))
    if not chosen:
        raise InvalidPart(1, "no part was named")
    for part in chosen[:-1]:
        if part.size < MIN_PART_BYTES:
            raise PartTooSmall(part.number, part.size, MIN_PART_BYTES)
    return chosen


def _check_part(begun: UploadSums, named: CompletedPart, part: _Part | None) -> _Part:
    if part is None:
        raise InvalidPart(named.number, "it was not uploaded")
    if named.etag != part.etag.hex():
        raise InvalidPart(named.number, f"its ETag is {part.etag.hex()}, {named.etag} was named")
    begun.check_part(named, part.sums)
    return part


def _assemble(
    tx: Transaction, engine: Engine, upload: _Upload, request: Completion, parts: list[_Part]
) -> Value:
    size = sum(part.size for part in parts)
    if request.expected.size_bytes not in {None, size}:
        raise UnfitUpload(f"the parts have {size} bytes, not {request.expected.size_bytes}")
    checksums = upload.sums.of_whole([(part.sums, part.size) for part in parts])
    upload.sums.check_whole(request.expected.checksums, checksums)
    whole = engine.blobs.concat(tx, [Piece(p.content, p.size, p.chash) for p in parts])
    shown = upload.sums.of_part if upload.sums.declared else lambda _: None
    sizes = [PartSize(p.number, p.size, shown(p.sums)) for p in parts]
    etags = b"".join(part.etag for part in parts)
    return Value(
        kind=FILE,
        size=size,
        etag=hashlib.md5(etags, usedforsecurity=False).digest(),
        nparts=len(parts),
        chash=whole.chash,
        content=whole.content,
        meta=upload.meta,
        sums=dump_sums(checksums),
        parts=dump_parts(sizes),
    )


def _dump_result(value: Value, commit_id: bytes) -> str:
    return json.dumps(
        {
            "size": value.size,
            "mtime": value.mtime,
            "etag": (value.etag or b"").hex(),
            "nparts": value.nparts,
            "chash": (value.chash or b"").hex(),
            "sums": value.sums,
            "commit": commit_id.hex(),
        }
    )


def _load_result(path: str, text: str) -> FileInfo:
    data = json.loads(text)
    value = Value(
        kind=FILE,
        size=data["size"],
        mtime=data["mtime"],
        etag=bytes.fromhex(data["etag"]),
        nparts=data["nparts"],
        chash=bytes.fromhex(data["chash"]),
        sums=data["sums"],
    )
    info = brief_info(path, value)
    return info._replace(version_id=data["commit"], checksums=load_sums(value.sums))
