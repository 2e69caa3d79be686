"""Where a copy comes from: the header `x-amz-copy-source`, and what else is asked of the source."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from pachlite.gateway.buckets import Bucket, parse_bucket
from pachlite.gateway.conditions import (
    COPY_SOURCE_PREFIX,
    UNCONDITIONAL,
    check_copy_source,
    parse_conditions,
)
from pachlite.gateway.errors import INVALID_ARGUMENT, S3Refusal
from pachlite.gateway.messages import S3Request
from pachlite.gateway.parameters import check_version
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import FileInfo
from pachlite.pfs.paths import check_path
from pachlite.pfs.refs import CommitRef, FileRef


@dataclass(frozen=True, slots=True)
class CopySource:
    """An object, and a version of it or none, that is to be copied."""

    bucket: Bucket
    key: str
    version: str

    @property
    def file(self) -> FileRef:
        """The reference to the object."""
        return self.bucket.file(self.key)


def parse_copy_source(header: str) -> CopySource:
    """Parse `[/]bucket/key[?versionId=id]`, percent-encoded."""
    path, _, version = header.partition("?versionId=")
    try:
        decoded = unquote(path, errors="strict")
    except UnicodeDecodeError as error:
        raise S3Refusal(INVALID_ARGUMENT, "x-amz-copy-source is not valid UTF-8") from error
    bucket, slash, key = decoded.removeprefix("/").partition("/")
    if not slash or not key:
        raise S3Refusal(
            INVALID_ARGUMENT, "x-amz-copy-source must have the form bucket/key[?versionId=id]"
        )
    return CopySource(
        parse_bucket(bucket), check_path(key), check_version(key, version) if version else ""
    )


def check_source(pfs: PFS, request: S3Request, source: CopySource) -> FileRef:
    """Check the conditions on the source, and return what to copy: exactly what was checked."""
    conditions = parse_conditions(request.headers, prefix=COPY_SOURCE_PREFIX)
    if conditions is UNCONDITIONAL:
        return source.file
    pinned = _pin(pfs, source)
    check_copy_source(conditions, _inspect(pfs, pinned, source))
    return pinned


def _pin(pfs: PFS, source: CopySource) -> FileRef:
    """Return a reference that later writes to the branch do not affect."""
    head = pfs.inspect_commit(source.file.commit)
    if head.is_open:
        return source.file
    commit = CommitRef(head.repo, head.id, within=source.file.commit.within)
    return FileRef(commit, source.key)


def _inspect(pfs: PFS, file: FileRef, source: CopySource) -> FileInfo:
    return pfs.inspect_file(file, version=source.version)
