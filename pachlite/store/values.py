"""Between the values of `pfs.infos` and the columns of a row: metadata, checksums, parts, files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.infos import (
    NO_META,
    NO_PAIRS,
    Checksum,
    FileInfo,
    FileMeta,
    FileType,
    PartSize,
    SumType,
)
from pachlite.store import lines
from pachlite.store.engine import as_datetime
from pachlite.store.lines import Row, Snapshot, Value

DELETED: Final = 0
FILE: Final = 1
_FILE: Final = FileType.FILE
_new: Final = tuple.__new__
_moment: Final = datetime.fromtimestamp
_WORDS_OF_ONE_SUM: Final = 7  # [["CRC32","AAAAAA==","FULL_OBJECT"]], split at its quotes


def etag_text(value: Value) -> str:
    """Return the ETag as S3 shows it, without quotes."""
    return _etag(value.etag, value.nparts)


def _etag(digest: bytes | None, nparts: int) -> str:
    text = digest.hex() if digest else ""
    return f"{text}-{nparts}" if nparts else text


def intern_meta(tx: Transaction, meta: FileMeta) -> int:
    """Return the id of stored metadata, storing it if it is new; 0 for none."""
    if meta == NO_META:
        return 0
    fields = {k: v for k, v in asdict(replace(meta, user={})).items() if v}
    if meta.user:
        fields["user"] = dict(meta.user)
    text = _dump(fields)
    row = tx.one("SELECT id FROM meta WHERE json = ?", text)
    return int(row[0]) if row else tx.insert("INSERT INTO meta (json) VALUES (?)", text)


def load_meta(q: Reader, meta: int) -> FileMeta:
    """Return stored metadata."""
    row = q.one("SELECT json FROM meta WHERE id = ?", meta) if meta else None
    return FileMeta(**json.loads(row[0])) if row else NO_META


def dump_sums(checksums: Sequence[Checksum]) -> str | None:
    """Return the column `sums`."""
    if not checksums:
        return None
    return _dump([[c.algorithm, c.value, c.type.value] for c in checksums])


def load_sums(text: str | None) -> tuple[Checksum, ...]:
    """Return the checksums of the column `sums`."""
    if not text:
        return ()
    return tuple(Checksum(a, v, SumType(t)) for a, v, t in json.loads(text))


def _sum_kinds(text: str) -> tuple[Checksum, ...]:
    """Return the checksums of the column `sums` without their values."""
    words = text.split('"')
    if len(words) == _WORDS_OF_ONE_SUM:
        return _sum_kind(words[1], words[5])
    return tuple(replace(each, value="") for each in load_sums(text))


@lru_cache
def _sum_kind(algorithm: str, kind: str) -> tuple[Checksum, ...]:
    return (Checksum(algorithm, "", SumType(kind)),)


def dump_parts(parts: Sequence[PartSize]) -> bytes | None:
    """Return the column `parts`."""
    if not parts:
        return None
    rows = [[p.number, p.size_bytes, dump_sums([p.checksum] if p.checksum else [])] for p in parts]
    return _dump(rows).encode()


def load_parts(data: bytes | None) -> tuple[PartSize, ...]:
    """Return the parts of the column `parts`."""
    if not data:
        return ()
    rows = json.loads(data)
    return tuple(PartSize(n, size, next(iter(load_sums(sums)), None)) for n, size, sums in rows)


def dump_tags(tags: Mapping[str, str]) -> str:
    """Return tags as stored."""
    return _dump(dict(tags))


def load_tags(q: Reader, path: str, position: Snapshot) -> Mapping[str, str]:
    """Return the tags of the version of `path` that was made at `position`."""
    row = q.one(
        "SELECT tags FROM object_tag WHERE line = ? AND path = ? AND seq = ?",
        position.line,
        path,
        position.seq,
    )
    return json.loads(row[0]) if row else NO_PAIRS


def store_tags(tx: Transaction, path: str, position: Snapshot, tags: Mapping[str, str]) -> None:
    """Set the tags of the version of `path` made at `position`; none remove them."""
    tx.execute(
        "DELETE FROM object_tag WHERE line = ? AND path = ? AND seq = ?",
        position.line,
        path,
        position.seq,
    )
    if tags:
        tx.execute(
            "INSERT INTO object_tag (line, path, seq, tags) VALUES (?, ?, ?, ?)",
            position.line,
            path,
            position.seq,
            dump_tags(tags),
        )


def brief_info(path: str, value: Value) -> FileInfo:
    """Return what a listing tells of a file."""
    return listed_info((path, 0, 0, *value))


def listed_info(columns: tuple[Any, ...]) -> FileInfo:
    """Return what a listing tells of the file of a row. This is the hot function of every listing.

    The row is path, line, seq and the columns of a `Value`. They are named by their place, and what
    is made of them by its place in a `FileInfo`: both by name cost twice as much.
    """
    return _new(
        FileInfo,
        (
            columns[0],
            _FILE,
            columns[4],
            _moment(columns[5] / 1_000_000, UTC),
            "",
            _etag(columns[6], columns[7]),
            columns[8].hex() if columns[8] else "",
            True,
            columns[3] == DELETED,
            NO_META,
            _sum_kinds(columns[13]) if columns[13] else (),
            (),
            NO_PAIRS,
        ),
    )


def directory_info(path: str) -> FileInfo:
    """Return what stands for all files under a prefix."""
    return FileInfo(path, FileType.DIR, 0, as_datetime(0))


def full_info(q: Reader, row: Row, view: Snapshot) -> FileInfo:
    """Return everything about a file, as looked at from `view`."""
    kept = lines.kept_commit(q, row.origin, view)
    return brief_info(row.path, row.value)._replace(
        version_id=kept[1].hex() if kept else "",
        meta=load_meta(q, row.value.meta),
        checksums=load_sums(row.value.sums),
        parts=load_parts(row.value.parts),
        tags=load_tags(q, row.path, row.origin),
    )


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
