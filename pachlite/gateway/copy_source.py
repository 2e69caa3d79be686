"""Where a copy comes from: the header `x-amz-copy-source`, and what else is asked of the source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from pachlite.errors import InvalidPath
from pachlite.gateway.buckets import Bucket, parse_bucket
from pachlite.gateway.conditions import COPY_SOURCE_PREFIX, check_copy_source, parse_conditions
from pachlite.gateway.errors import invalid_argument
from pachlite.gateway.messages import S3Request
from pachlite.gateway.parameters import check_version, is_well_escaped
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import FileInfo
from pachlite.pfs.paths import check_path
from pachlite.pfs.refs import CommitRef, FileRef

COPY_SOURCE: Final = "x-amz-copy-source"
_BUCKET: Final = re.compile("[A-Za-z0-9._-]{3,255}")
_VERSION: Final = "?versionId="


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


@dataclass(frozen=True, slots=True)
class FoundSource:
    """What is copied: exactly what the conditions were asked of, whatever is written meanwhile."""

    file: FileRef
    version: str
    info: FileInfo


def parse_copy_source(header: str) -> CopySource:
    """Parse `[/]bucket/key[?versionId=id]`, percent-encoded as a whole or without the version.

    A plus is a space, as in S3; some clients encode one so, and all write `%2B` for a plus.
    """
    path, _, version = header.partition(_VERSION)
    if not is_well_escaped(path):
        raise _invalid(header, "Invalid copy source encoding")
    try:
        decoded = unquote_plus(path, errors="strict")
    except UnicodeDecodeError as error:
        raise _invalid(header, "Invalid copy source encoding") from error
    if not version:
        decoded, _, version = decoded.partition(_VERSION)
    bucket, slash, key = decoded.removeprefix("/").partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise _invalid(header, "Invalid copy source bucket name")
    if not slash:
        raise _invalid(header, "Invalid copy source object key")
    try:
        check_path(key)
    except InvalidPath as error:
        raise _invalid(header, "Invalid copy source object key") from error
    return CopySource(parse_bucket(bucket), key, check_version(key, version) if version else "")


def find_source(pfs: PFS, request: S3Request, source: CopySource) -> FoundSource:
    """Find the source and check the conditions on it."""
    file = _pin(pfs, source)
    info = pfs.inspect_file(file, version=source.version)
    check_copy_source(parse_conditions(request.headers, prefix=COPY_SOURCE_PREFIX), info)
    return FoundSource(file, source.version, info)


def _pin(pfs: PFS, source: CopySource) -> FileRef:
    """Return a reference that later writes to the branch do not affect."""
    head = pfs.inspect_commit(source.file.commit)
    if head.is_open:
        return source.file
    commit = CommitRef(head.repo, head.id, within=source.file.commit.within)
    return FileRef(commit, source.key)


def _invalid(header: str, message: str) -> Exception:
    return invalid_argument(COPY_SOURCE, header, message)
