"""The directory of a store: what makes one, whether it can be used, and what says it is ours."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pachlite.content.chunker import AVERAGE_CHUNK_BYTES, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES
from pachlite.errors import NetworkFileSystem, StoreNotWritable, StoreTooNew
from pachlite.metadata.api import Database, Reader, Transaction
from pachlite.metadata.migrate import migrate
from pachlite.metadata.sqlite import SqliteDatabase
from pachlite.objects.api import ObjectStore
from pachlite.objects.local import LocalObjects
from pachlite.objects.memory import MemoryObjects
from pachlite.pfs.names import DEFAULT_PROJECT

PACKS_DIRECTORY: Final = "packs"
_CHUNKER: Final = f"fastcdc {MIN_CHUNK_BYTES} {AVERAGE_CHUNK_BYTES} {MAX_CHUNK_BYTES}"
_MOUNTS: Final = Path("/proc/self/mountinfo")
_NETWORK: Final = re.compile(
    r"9p|afs|beegfs|ceph|cifs|coda|davfs|glusterfs|gpfs|lustre|ncpfs|nfs4?|orangefs|smb[23]|smbfs"
    r"|fuse\.(ceph|cephfs|davfs2|gcsfuse|geesefs|glusterfs|goofys|juicefs|mount-s3|mountpoint-s3"
    r"|rclone|s3fs|seaweedfs|smbnetfs|sshfs)"
)


@dataclass(frozen=True, slots=True)
class StoreFormat:
    """What a store says of itself.

    Attributes:
        store_id: A UUID; it tells stores apart.
        created: Microseconds since 1970.
    """

    store_id: str
    created: int


@dataclass(frozen=True, slots=True)
class OpenStore:
    """The parts of a store that has been opened. Who opened it closes them."""

    database: Database
    objects: ObjectStore
    format: StoreFormat


def open_directory(home: Path, clock: Callable[[], int]) -> OpenStore:
    """Open the store in a directory; make it if there is none.

    Args:
        home: Made if missing.
        clock: Returns microseconds since 1970.

    Raises:
        NetworkFileSystem: The locks of the directory cannot be trusted.
        StoreNotWritable: The directory cannot be made or written.
        StoreTooNew: A later release has written it.
    """
    _require_writable(home)
    _require_local(home)
    database = SqliteDatabase.open(home)
    try:
        migrate(database, where=str(home))
        found = _load_or_create(database, str(home), clock)
    except BaseException:
        database.close()
        raise
    return OpenStore(database, LocalObjects(home / PACKS_DIRECTORY), found)


def open_memory(clock: Callable[[], int]) -> OpenStore:
    """Make a store that lives as long as this process keeps it."""
    database = SqliteDatabase.in_memory()
    migrate(database, where="memory")
    return OpenStore(database, MemoryObjects(), _load_or_create(database, "memory", clock))


def file_system_of(path: Path, mounts: str) -> str:
    """Return the type of the file system that holds a path, from the text of mountinfo."""
    found, kind = "", ""
    for line in mounts.splitlines():
        fields, _, tail = line.partition(" - ")
        point = _unescape(fields.split()[4])
        if len(point) >= len(found) and path.is_relative_to(point):
            found, kind = point, tail.split()[0]
    return kind


def _load_or_create(database: Database, where: str, clock: Callable[[], int]) -> StoreFormat:
    found = _load(database.reader, where)
    if found is not None:
        return found
    with database.transaction() as tx:
        found = _load(tx, where)
        if found is None:  # else another process was quicker
            found = _create(tx, clock())
    return found


def _load(q: Reader, where: str) -> StoreFormat | None:
    rows = dict(q.all("SELECT k, v FROM format"))
    if not rows:
        return None
    if rows["chunker"] != _CHUNKER:
        raise StoreTooNew(where, rows["chunker"], _CHUNKER)
    return StoreFormat(rows["store_id"], int(rows["created"]))


def _create(tx: Transaction, now: int) -> StoreFormat:
    made = StoreFormat(str(uuid.uuid4()), now)
    rows = {
        "store_id": made.store_id,
        "created": str(now),
        "chunker": _CHUNKER,
        "gc_epoch": "0",
    }
    tx.many("INSERT INTO format (k, v) VALUES (?, ?)", list(rows.items()))
    tx.execute("INSERT INTO project (name, created) VALUES (?, ?)", DEFAULT_PROJECT, now)
    return made


def _require_writable(home: Path) -> None:
    try:
        # Who can read it has all content, and the key that S3 secrets are derived from.
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreNotWritable(str(home), error.strerror or str(error)) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise StoreNotWritable(str(home), "permission denied")


def _require_local(home: Path) -> None:
    try:
        mounts = _MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return  # not Linux
    kind = file_system_of(home.resolve(), mounts)
    if _NETWORK.fullmatch(kind):
        raise NetworkFileSystem(str(home), kind)


def _unescape(point: str) -> str:
    """Undo the octal escapes of blanks and backslashes in mountinfo."""
    for escaped, plain in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(escaped, plain)
    return point
