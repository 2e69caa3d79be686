"""Put the parts of an upload together: check what was named, join by reference, commit once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from pachlite.content import sums
from pachlite.content.blobs import Piece
from pachlite.errors import (
    DigestMismatch,
    IncompleteBody,
    InvalidPart,
    InvalidPartOrder,
    PartTooSmall,
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
    SumType,
)
from pachlite.pfs.refs import FileRef
from pachlite.store.changes import check_precondition, written_info
from pachlite.store.engine import Engine
from pachlite.store.lines import Value
from pachlite.store.targets import Target
from pachlite.store.tips import open_pen
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

    @property
    def text(self) -> str:
        """What makes a repeated request the same."""
        return json.dumps([[part.number, part.etag] for part in self.parts])


@dataclass(frozen=True, slots=True)
class _Upload:
    meta: int
    tags: str | None
    sum_algorithm: str
    sum_type: str
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
        raise UploadNotFound(upload_id)
    return _Upload(*row[:6])


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
    parts = _choose(tx, request)
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


def _choose(tx: Transaction, request: Completion) -> list[_Part]:
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
        chosen.append(_check_part(named, stored.get(named.number)))
    if not chosen:
        raise InvalidPart(1, "no part was named")
    for part in chosen[:-1]:
        if part.size < MIN_PART_BYTES:
            raise PartTooSmall(part.number, part.size, MIN_PART_BYTES)
    return chosen


def _check_part(named: CompletedPart, part: _Part | None) -> _Part:
    if part is None:
        raise InvalidPart(named.number, "it was not uploaded")
    if named.etag != part.etag.hex():
        raise InvalidPart(named.number, f"its ETag is {part.etag.hex()}, {named.etag} was named")
    known = {checksum.algorithm: checksum.value for checksum in part.sums}
    for checksum in named.checksums:
        if known.get(checksum.algorithm, checksum.value) != checksum.value:
            raise InvalidPart(named.number, f"its {checksum.algorithm} differs from the one named")
    return part


def _assemble(
    tx: Transaction, engine: Engine, upload: _Upload, request: Completion, parts: list[_Part]
) -> Value:
    size = sum(part.size for part in parts)
    if request.expected.size_bytes not in {None, size}:
        raise IncompleteBody(f"the parts have {size} bytes, not {request.expected.size_bytes}")
    checksums = _whole_sums(upload, parts)
    _check_sums(request.expected.checksums, checksums)
    whole = engine.blobs.concat(tx, [Piece(p.content, p.size, p.chash) for p in parts])
    sizes = [PartSize(p.number, p.size, next(iter(p.sums), None)) for p in parts]
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


def _whole_sums(upload: _Upload, parts: list[_Part]) -> tuple[Checksum, ...]:
    """Return the checksum of the whole, when every part came with the declared one."""
    algorithm = upload.sum_algorithm
    found = [
        sums.PartSum(checksum.value, part.size)
        for part in parts
        for checksum in part.sums
        if checksum.algorithm == algorithm
    ]
    if not algorithm or len(found) != len(parts):
        return ()
    kind = SumType(upload.sum_type or SumType.COMPOSITE)
    join = sums.full_object if kind is SumType.FULL_OBJECT else sums.composite
    return (Checksum(algorithm, join(algorithm, found), kind),)


def _check_sums(named: tuple[Checksum, ...], computed: tuple[Checksum, ...]) -> None:
    known = {checksum.algorithm: checksum.value for checksum in computed}
    for checksum in named:
        actual = known.get(checksum.algorithm, checksum.value)
        if actual.partition("-")[0] != checksum.value.partition("-")[0]:
            raise DigestMismatch(checksum.algorithm, checksum.value, actual)


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
