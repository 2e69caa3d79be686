"""Bucket names: `[[commit.]branch.]repo[.project]` to references and back. Pure.

    images                           branch master of repo images
    dev.images                       branch dev
    dev.images.vision                in project vision
    <commit>.images                  a commit of the history of master, read-only
    <commit>.dev.images[.vision]     a commit of the history of dev, read-only

A commit is its id, or a prefix of one with 20 or more digits; branches cannot have such names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pachlite.errors import InvalidName, ReadOnlyCommit
from pachlite.gateway.errors import INVALID_BUCKET_NAME, S3Refusal, no_such_bucket
from pachlite.pfs.names import (
    DEFAULT_BRANCH,
    DEFAULT_PROJECT,
    MIN_BUCKET_PREFIX_DIGITS,
    check_branch_name,
    check_project_name,
    check_repo_name,
    is_commit_prefix,
)
from pachlite.pfs.refs import BranchRef, CommitRef, FileRef, RepoRef

MIN_NAME_LENGTH: Final = 3
MAX_NAME_LENGTH: Final = 63
_MAX_COMPONENTS: Final = 3
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_RESERVED_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES: Final = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3", ".mrap")


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a bucket name stands for. `commit_id` is empty, an id, or a prefix of one."""

    name: str
    branch: BranchRef
    commit_id: str = ""

    @property
    def commit(self) -> CommitRef:
        """What is read: the head of the branch, or the commit, which must be in its history."""
        if not self.commit_id:
            return CommitRef(self.branch.repo, self.branch.name)
        return CommitRef(self.branch.repo, self.commit_id, within=self.branch.name)

    def file(self, key: str) -> FileRef:
        """Return the reference to an object that is read."""
        return FileRef(self.commit, key)

    def writable_file(self, key: str) -> FileRef:
        """Return the reference to an object that is written; raise `ReadOnlyCommit`."""
        self.check_writable()
        return FileRef(self.commit, key)

    def check_writable(self) -> None:
        """Raise `ReadOnlyCommit` when the bucket shows a commit."""
        if self.commit_id:
            raise ReadOnlyCommit(self.name, bucket_name(self.branch))


@lru_cache(maxsize=4096)
def parse_bucket(name: str) -> Bucket:
    """Parse the name of a bucket that should exist; raise NoSuchBucket for impossible names."""
    try:
        return _parse(name)
    except InvalidName as error:
        raise no_such_bucket(name) from error


def parse_new_bucket(name: str) -> Bucket:
    """Parse the name of a bucket to be created; raise InvalidBucketName for impossible names.

    A bucket that S3 makes has a name as S3 wants it, so that every client can use it. Branches made
    otherwise may have others.
    """
    if not MIN_NAME_LENGTH <= len(name) <= MAX_NAME_LENGTH:
        raise _unfit(f"a bucket name has {MIN_NAME_LENGTH} to {MAX_NAME_LENGTH} characters")
    if not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise _unfit(
            "a bucket name has lower-case letters, digits and hyphens, and dots between them; "
            "each part begins and ends with a letter or digit"
        )
    if name.startswith(_RESERVED_PREFIXES) or name.endswith(_RESERVED_SUFFIXES):
        raise _unfit("S3 keeps names that begin or end so to itself")
    bucket = _parse(name)
    if bucket.commit_id:
        raise InvalidName("bucket", name, "it names a commit, which cannot be created")
    return bucket


def bucket_name(branch: BranchRef) -> str:
    """Return the name under which a branch is listed unless it was created over S3."""
    project = branch.repo.project
    tail = "" if project == DEFAULT_PROJECT else f".{project}"
    return f"{branch.name}.{branch.repo.name}{tail}"


def _unfit(rule: str) -> S3Refusal:
    return S3Refusal(
        INVALID_BUCKET_NAME, rule, hint="other branches are made by: pachlite create branch"
    )


def _parse(name: str) -> Bucket:
    first, _, rest = name.partition(".")
    if rest and is_commit_prefix(first.lower(), digits=MIN_BUCKET_PREFIX_DIGITS):
        return Bucket(name, _parse_branch(name, rest), first.lower())
    return Bucket(name, _parse_branch(name, name))


def _parse_branch(name: str, text: str) -> BranchRef:
    components = text.split(".")
    if len(components) > _MAX_COMPONENTS:
        raise InvalidName("bucket", name, "it has too many components")
    branch = components.pop(0) if len(components) > 1 else DEFAULT_BRANCH
    project = components[1] if len(components) > 1 else DEFAULT_PROJECT
    repo = RepoRef(check_project_name(project), check_repo_name(components[0]))
    return BranchRef(repo, check_branch_name(branch))
