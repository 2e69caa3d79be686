"""The values a versioned file system answers with, and the options it takes. No behaviour.

Times are aware UTC datetimes, sizes are bytes, digests are lower-case hex.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from pachlite.pfs.refs import BranchRef, FileRef, RepoRef

NO_PAIRS: Final[Mapping[str, str]] = MappingProxyType({})


class Origin(StrEnum):
    """Why a commit exists: somebody asked for it, or something that had to have one."""

    USER = "USER"
    AUTO = "AUTO"
    FSCK = "FSCK"


class FileType(StrEnum):
    """Whether an entry of a listing is a file or stands for all files under a prefix."""

    FILE = "FILE"
    DIR = "DIR"


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project: a namespace of repos."""

    name: str
    description: str
    created_at: datetime
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class RepoInfo:
    """A repo. `size_bytes` is that of the newest finished commit of its branch master."""

    repo: RepoRef
    description: str
    created_at: datetime
    size_bytes: int
    branches: tuple[str, ...] = ()
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class BranchInfo:
    """A branch. `alias` is the name it was created under by another protocol, or empty."""

    branch: BranchRef
    head_id: str
    created_at: datetime
    updated_at: datetime
    created_by: str = ""
    alias: str = ""


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit; open while `finished_at` is None, and then its totals may still change.

    `branch` is the branch it was made on, which may be gone or may have moved since.
    """

    repo: RepoRef
    id: str
    branch: str
    origin: Origin
    parent_id: str
    child_ids: tuple[str, ...]
    description: str
    started_at: datetime
    finished_at: datetime | None
    size_bytes: int
    file_count: int
    created_by: str = ""
    error: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the commit still takes writes."""
        return self.finished_at is None


@dataclass(frozen=True, slots=True)
class CommitSetInfo:
    """All commits, of several repos, that one operation made under one id."""

    id: str
    commits: tuple[CommitInfo, ...]


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What S3 calls system and user metadata; stored with a version, never interpreted."""

    content_type: str = ""
    cache_control: str = ""
    content_disposition: str = ""
    content_encoding: str = ""
    content_language: str = ""
    expires: str = ""
    redirect: str = ""
    encryption: str = ""
    user: Mapping[str, str] = field(default_factory=lambda: NO_PAIRS)


NO_META: Final = FileMeta()


class SumType(StrEnum):
    """Whether a checksum is over the whole file or over the checksums of its parts."""

    FULL_OBJECT = "FULL_OBJECT"
    COMPOSITE = "COMPOSITE"


@dataclass(frozen=True, slots=True)
class Checksum:
    """A verified checksum of any algorithm that S3 knows; `value` is base64."""

    algorithm: str
    value: str
    type: SumType = SumType.FULL_OBJECT


IMPLICIT_SUM: Final = "CRC64NVME"
"""The algorithm of checksums that are kept although nobody asked for one."""


@dataclass(frozen=True, slots=True)
class PartSize:
    """One part of a file that was assembled from parts, with the checksum it was sent with."""

    number: int
    size_bytes: int
    checksum: Checksum | None = None


class FileInfo(NamedTuple):
    """A file as of a commit, or a directory: all files under a prefix that ends in a slash.

    A named tuple because a listing makes a thousand of them at a time: a frozen dataclass of this
    size takes eight times as long to make.

    Attributes:
        path: The key; ends in a delimiter for a directory.
        modified_at: When this version was written; the epoch for directories.
        version_id: The commit that last wrote the file; empty in listings that do not ask.
        etag: Without quotes: MD5 in hex, or `md5-of-md5s-N`.
        digest: Equal digests mean equal content; empty for directories.
        is_latest: In version listings, whether this is what the head shows.
        is_deleted: A delete marker of a version listing.
        checksums: In listings without their values; ask `inspect_file` for them.
        meta, parts, tags: Empty in listings; ask `inspect_file` for them.
    """

    path: str
    type: FileType
    size_bytes: int
    modified_at: datetime
    version_id: str = ""
    etag: str = ""
    digest: str = ""
    is_latest: bool = True
    is_deleted: bool = False
    meta: FileMeta = NO_META
    checksums: tuple[Checksum, ...] = ()
    parts: tuple[PartSize, ...] = ()
    tags: Mapping[str, str] = NO_PAIRS


@dataclass(frozen=True, slots=True)
class FilePage:
    """Part of a listing in byte order. `next_after` goes into the next call; empty at the end."""

    files: tuple[FileInfo, ...]
    next_after: str = ""


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Part of a version listing: by path, newest first. Both markers are empty at the end."""

    versions: tuple[FileInfo, ...]
    next_path: str = ""
    next_version: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One path that differs. `old` is None when it was added, `new` when it was removed."""

    path: str
    old: FileInfo | None
    new: FileInfo | None


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must hold of the present file, decided in the transaction that writes.

    `*` in `if_match` means that a file must exist, in `if_none_match` that none may. The deletion
    of a version asks it of that version, one of nothing asks nothing.

    Attributes:
        modified_at: When the file was written, to the second.
    """

    if_match: tuple[str, ...] = ()
    if_none_match: tuple[str, ...] = ()
    modified_at: datetime | None = None
    size_bytes: int | None = None


NO_PRECONDITION: Final = Precondition()


@dataclass(frozen=True, slots=True)
class Expected:
    """What the sender declared of the data; anything left at its default is not checked.

    `checksums` have been verified by the caller and are stored; `md5` is hex and is verified here.
    """

    size_bytes: int | None = None
    md5: str = ""
    checksums: tuple[Checksum, ...] = ()


NOTHING_EXPECTED: Final = Expected()


class EtagKind(StrEnum):
    """How the ETag of a file is made: one MD5, or MD5s of 16 MiB parts computed in parallel."""

    MD5 = "md5"
    PARTS = "parts"


@dataclass(frozen=True, slots=True)
class PutOptions:
    """How a file is put.

    Attributes:
        is_append: Add to the content that the file has, rather than replace it.
        etag_kind: `PARTS` takes effect above 16 MiB only.
    """

    meta: FileMeta = field(default_factory=FileMeta)
    tags: Mapping[str, str] = field(default_factory=lambda: NO_PAIRS)
    is_append: bool = False
    etag_kind: EtagKind = EtagKind.MD5


DEFAULT_PUT: Final = PutOptions()


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How a file is copied by reference. `meta`, `tags` and `checksums` None keep the source's.

    `is_recursive` copies everything below the source path to below the target path.
    """

    meta: FileMeta | None = None
    tags: Mapping[str, str] | None = None
    is_append: bool = False
    is_recursive: bool = False
    version: str = ""
    checksums: tuple[Checksum, ...] | None = None


DEFAULT_COPY: Final = CopyOptions()


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion. With `version`, that version disappears instead of a marker being added."""

    path: str
    version: str = ""
    is_recursive: bool = False
    precondition: Precondition = NO_PRECONDITION


@dataclass(frozen=True, slots=True)
class DeletionResult:
    """What one deletion did.

    `version_id` is the commit that holds the delete marker, or the version that was removed; empty
    when nothing was there. `error` is set instead when this one failed; the others are done.
    """

    deletion: Deletion
    version_id: str = ""
    is_marker: bool = False
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class DeletionSummary:
    """The results in the order asked for; `commit_id` is empty when nothing changed."""

    commit_id: str
    results: tuple[DeletionResult, ...]


@dataclass(frozen=True, slots=True)
class UploadInfo:
    """A multipart upload that is neither complete nor aborted."""

    id: str
    file: FileRef
    started_at: datetime
    sum_algorithm: str = ""
    sum_type: SumType = SumType.COMPOSITE
    meta: FileMeta = field(default_factory=FileMeta)


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Part of a listing of uploads: by path, then by age."""

    uploads: tuple[UploadInfo, ...]
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class PartInfo:
    """A part of an upload; `etag` is its MD5 in hex."""

    number: int
    size_bytes: int
    etag: str
    modified_at: datetime
    checksums: tuple[Checksum, ...] = ()


@dataclass(frozen=True, slots=True)
class PartPage:
    """Part of a listing of parts, by number."""

    parts: tuple[PartInfo, ...]
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class CompletedPart:
    """A part as named when completing; `etag` without quotes, checksums verified if given."""

    number: int
    etag: str
    checksums: tuple[Checksum, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What `serve s3` and `version` say about a store."""

    location: str
    store_id: str
    warnings: tuple[str, ...] = ()
