"""What can be done to one path, and how it is written in a transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pachlite.content.blobs import Blob, Piece
from pachlite.errors import (
    DigestMismatch,
    FileToMatchNotFound,
    IncompleteBody,
    PreconditionFailed,
)
from pachlite.metadata.api import Transaction
from pachlite.pfs.infos import (
    NO_PRECONDITION,
    Checksum,
    CopyOptions,
    Expected,
    FileInfo,
    Precondition,
    PutOptions,
)
from pachlite.store import lines
from pachlite.store.engine import Engine, as_datetime
from pachlite.store.lines import Row, Value
from pachlite.store.tips import Pen
from pachlite.store.values import (
    FILE,
    brief_info,
    dump_sums,
    etag_text,
    intern_meta,
    load_sums,
    load_tags,
    store_tags,
)


@dataclass(frozen=True, slots=True)
class Put:
    """Content that was received becomes, or is added to, a file."""

    path: str
    blob: Blob
    options: PutOptions
    checksums: tuple[Checksum, ...] = ()

    @property
    def is_append(self) -> bool:
        """Whether the result depends on what the file holds when this is written."""
        return self.options.is_append


@dataclass(frozen=True, slots=True)
class Link:
    """Content that is stored already becomes a file too."""

    path: str
    source: Row
    options: CopyOptions

    @property
    def is_append(self) -> bool:
        """Whether the result depends on what the file holds when this is written."""
        return self.options.is_append


@dataclass(frozen=True, slots=True)
class Remove:
    """A file goes."""

    path: str
    is_append: bool = False


Change = Put | Link | Remove


def value_of(tx: Transaction, engine: Engine, change: Change, now: int) -> Value | None:
    """Return the value that a change gives its path, storing content and metadata rows."""
    if isinstance(change, Remove):
        return None
    if isinstance(change, Link):
        value = change.source.value._replace(mtime=now, vline=None, vseq=None)
        if change.options.meta is not None:
            value = value._replace(meta=intern_meta(tx, change.options.meta))
        if change.options.checksums is not None:
            value = value._replace(sums=dump_sums(change.options.checksums))
        return value
    blob = change.blob
    return Value(
        kind=FILE,
        size=blob.size,
        mtime=now,
        etag=blob.etag,
        nparts=blob.nparts,
        chash=blob.chash,
        content=engine.blobs.attach(tx, blob),
        meta=intern_meta(tx, change.options.meta),
        sums=dump_sums(change.checksums),
    )


def apply(tx: Transaction, pen: Pen, change: Change) -> Value | None:
    """Write a change where the pen is; return the value that the path has now."""
    value = value_of(tx, pen.engine, change, pen.now)
    if value is not None and change.is_append:
        value = _appended(tx, pen, change.path, value)
    pen.write(tx, change.path, value)
    if not isinstance(change, Remove):
        write_tags(tx, change, pen.at)
    return value


def write_tags(tx: Transaction, change: Put | Link, at: lines.Snapshot) -> None:
    """Store the tags that come with a change; those of an earlier write to the path go."""
    tags = change.options.tags
    if tags is None and isinstance(change, Link):
        tags = load_tags(tx, change.source.path, change.source.origin)
    store_tags(tx, change.path, at, tags or {})


def check_precondition(
    tx: Transaction, at: lines.Snapshot | None, path: str, wanted: Precondition
) -> None:
    """Raise unless the present file is as the caller wants it; see `pfs.api.Files.put_file`."""
    if wanted == NO_PRECONDITION:
        return
    row = lines.get(tx, at, path) if at else None
    if row is not None:
        check_value(row.value, wanted)
    elif wanted.if_match:
        raise FileToMatchNotFound(path, "If-Match")


def check_value(value: Value, wanted: Precondition) -> None:
    """Raise `PreconditionFailed` unless a file is as the caller wants it."""
    etag = etag_text(value)
    if wanted.if_match and not _matches(etag, wanted.if_match):
        raise PreconditionFailed("If-Match")
    if wanted.if_none_match and _matches(etag, wanted.if_none_match):
        raise PreconditionFailed("If-None-Match")
    if wanted.size_bytes not in {None, value.size}:
        raise PreconditionFailed("the size")
    modified_at = as_datetime(value.mtime).replace(microsecond=0)
    if wanted.modified_at not in {None, modified_at}:
        raise PreconditionFailed("the time of the last change")


def check_expected(blob: Blob, expected: Expected) -> None:
    """Raise unless the content is what its sender declared."""
    if expected.size_bytes is not None and expected.size_bytes != blob.size:
        raise IncompleteBody(f"{blob.size} of {expected.size_bytes} bytes arrived")
    if expected.md5 and expected.md5 != blob.etag.hex():
        raise DigestMismatch("MD5", expected.md5, blob.etag.hex())


def written_info(path: str, value: Value, commit_id: bytes) -> FileInfo:
    """Return what a writer answers about the file that it has just written."""
    return brief_info(path, value)._replace(
        version_id=commit_id.hex(), checksums=load_sums(value.sums)
    )


def _matches(etag: str, wanted: tuple[str, ...]) -> bool:
    return "*" in wanted or etag in wanted


def _appended(tx: Transaction, pen: Pen, path: str, added: Value) -> Value:
    """Return a value with the content of the present file in front.

    The MD5 of the whole is not known without reading it, so the ETag is made of the two ETags.
    """
    row = lines.get(tx, pen.at, path)
    if row is None or not row.value.size:
        return added
    old = row.value
    whole = pen.engine.blobs.concat(
        tx,
        [Piece(old.content, old.size, old.chash), Piece(added.content, added.size, added.chash)],
    )
    etag = hashlib.md5((old.etag or b"") + (added.etag or b""), usedforsecurity=False).digest()
    return added._replace(
        size=whole.size,
        content=whole.content,
        chash=whole.chash,
        etag=etag,
        nparts=max(1, old.nparts) + max(1, added.nparts),
        meta=added.meta or old.meta,
        sums=None,
    )
