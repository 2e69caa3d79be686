"""What a guarded file system does where a permission on an argument does not say it all.

Lists leave out what the subject may not see; needs depend on what there is. Each function is named
for its method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

from pachlite.errors import BranchTaken, CommitNotFound, InvalidSubject, NotFound
from pachlite.pfs.api import PFS, FileSet, FileWriter
from pachlite.pfs.credentials import Access, Binding, Revocation, S3KeyInfo, S3KeyPair
from pachlite.pfs.infos import (
    DEFAULT_COPY,
    DEFAULT_PUT,
    BranchInfo,
    CommitInfo,
    CommitSetInfo,
    CopyOptions,
    ProjectInfo,
    PutOptions,
    RepoInfo,
)
from pachlite.pfs.permissions import (
    CLUSTER,
    ROOT,
    Permission,
    Resource,
    ResourceKind,
    project_resource,
    repo_resource,
)
from pachlite.pfs.refs import BranchRef, CommitRef, FileRef, RepoRef

T = TypeVar("T")

_READS_ROLES: Final = {
    ResourceKind.CLUSTER: Permission.CLUSTER_GET_BINDINGS,
    ResourceKind.PROJECT: Permission.PROJECT_LIST_REPO,
    ResourceKind.REPO: Permission.REPO_READ,
}
_CHANGES_ROLES: Final = {
    ResourceKind.CLUSTER: Permission.CLUSTER_MODIFY_BINDINGS,
    ResourceKind.PROJECT: Permission.PROJECT_MODIFY_BINDINGS,
    ResourceKind.REPO: Permission.REPO_MODIFY_BINDINGS,
}


class Guard(Protocol):
    """What the functions need to know of a guarded file system."""

    @property
    def pfs(self) -> PFS: ...

    @property
    def subject(self) -> str: ...

    def allows(self, permission: Permission, resource: Resource) -> bool: ...

    def require(self, permission: Permission, resource: Resource) -> None: ...


# Lists


def list_project(guard: Guard) -> list[ProjectInfo]:
    """Show projects whose repos the subject may list, and those of repos that it may read."""
    reachable = {info.repo.project for info in list_repo(guard, None)}
    return [
        info
        for info in guard.pfs.list_project()
        if info.name in reachable
        or guard.allows(Permission.PROJECT_LIST_REPO, project_resource(info.name))
    ]


def list_repo(guard: Guard, project: str | None) -> list[RepoInfo]:
    """Show repos that the subject may read, or that lie in a project whose repos it may list."""
    return [
        info
        for info in guard.pfs.list_repo(project)
        if guard.allows(Permission.REPO_READ, repo_resource(info.repo))
        or guard.allows(Permission.PROJECT_LIST_REPO, project_resource(info.repo.project))
    ]


def list_branch(guard: Guard, repo: RepoRef | None) -> list[BranchInfo]:
    """Show the branches of one repo, or those that the subject may see of all repos."""
    if repo is not None:
        guard.require(Permission.REPO_LIST_BRANCH, repo_resource(repo))
        return guard.pfs.list_branch(repo)
    return [
        info
        for info in guard.pfs.list_branch()
        if guard.allows(Permission.REPO_LIST_BRANCH, repo_resource(info.branch.repo))
    ]


# Branches


def create_branch(guard: Guard, branch: BranchRef, **options: Any) -> BranchInfo:  # noqa: ANN401
    """Need a permission on the repo, or, where the repo is to be made, on its project."""
    if options["create_repo"] and not _exists(guard.pfs.inspect_repo, branch.repo):
        guard.require(Permission.PROJECT_CREATE_REPO, project_resource(branch.repo.project))
        return guard.pfs.create_branch(branch, **options)
    resource = repo_resource(branch.repo)
    if (
        options["exclusive"]
        and not guard.allows(Permission.REPO_CREATE_BRANCH, resource)
        and _exists(guard.pfs.inspect_branch, branch)
    ):
        raise BranchTaken(str(branch.repo), branch.name)
    guard.require(Permission.REPO_CREATE_BRANCH, resource)
    return guard.pfs.create_branch(branch, **options)


def _exists(inspect: Callable[[T], object], ref: T) -> bool:
    try:
        inspect(ref)
    except NotFound:
        return False
    return True


# Commit sets


def list_commit_set(
    guard: Guard, project: str | None, limit: int | None
) -> Iterator[CommitSetInfo]:
    """Show of each set what the subject may see, and no set of which it may see nothing."""
    seen = (_visible(guard, found) for found in guard.pfs.list_commit_set(project))
    return islice((found for found in seen if found.commits), limit)


def inspect_commit_set(guard: Guard, commit_id: str) -> CommitSetInfo:
    """Show what the subject may see; a set of which it may see nothing is not found."""
    found = _visible(guard, guard.pfs.inspect_commit_set(commit_id))
    if not found.commits:
        raise CommitNotFound("", commit_id)
    return found


def squash_commit(guard: Guard, commit_id: str) -> None:
    """Need the permission on every repo of the set."""
    _require_on_set(guard, commit_id)
    guard.pfs.squash_commit(commit_id)


def delete_commit(guard: Guard, commit_id: str) -> None:
    """Need the permission on every repo of the set."""
    _require_on_set(guard, commit_id)
    guard.pfs.delete_commit(commit_id)


def _visible(guard: Guard, found: CommitSetInfo) -> CommitSetInfo:
    commits = tuple(
        commit
        for commit in found.commits
        if guard.allows(Permission.REPO_INSPECT_COMMIT, repo_resource(commit.repo))
    )
    return replace(found, commits=commits)


def _require_on_set(guard: Guard, commit_id: str) -> None:
    inspect_commit_set(guard, commit_id)
    for commit in guard.pfs.inspect_commit_set(commit_id).commits:
        guard.require(Permission.REPO_DELETE_COMMIT, repo_resource(commit.repo))


# File sets


def open_file_set(guard: Guard, commit: CommitRef, **options: Any) -> FileSet:  # noqa: ANN401
    """Give a file set that checks the sources of copies."""
    return GuardedFileSet(guard.pfs.open_file_set(commit, **options), guard)


class GuardedFileSet:
    """See `pfs.api.FileSet`. What it writes to was checked when it was opened."""

    def __init__(self, changes: FileSet, guard: Guard) -> None:
        self._changes = changes
        self._guard = guard

    def put_file(self, path: str, options: PutOptions = DEFAULT_PUT) -> FileWriter:
        return self._changes.put_file(path, options)

    def copy_file(self, source: FileRef, path: str, options: CopyOptions = DEFAULT_COPY) -> int:
        self._guard.require(Permission.REPO_READ, repo_resource(source.commit.repo))
        return self._changes.copy_file(source, path, options)

    def delete_file(self, path: str, *, is_recursive: bool = False) -> None:
        self._changes.delete_file(path, is_recursive=is_recursive)

    def complete(self) -> CommitInfo:
        return self._changes.complete()

    def abort(self) -> None:
        self._changes.abort()

    def __enter__(self) -> Self:
        self._changes.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._changes.__exit__(kind, error, trace)


# Tokens and keys


def create_token(guard: Guard, subject: str, ttl_s: float | None) -> str:
    """Need a permission that depends on whom the token is for."""
    guard.require(_minting(subject), CLUSTER)
    return guard.pfs.create_token(subject, ttl_s=ttl_s)


def revoke_subject(guard: Guard, subject: str) -> Revocation:
    """Need nothing for oneself."""
    if subject != guard.subject:
        guard.require(Permission.CLUSTER_AUTH_REVOKE_USER_TOKENS, CLUSTER)
    return guard.pfs.revoke_subject(subject)


def create_s3_key(guard: Guard, subject: str, ttl_s: float | None) -> S3KeyPair:
    """Need nothing for oneself; for root one must be root."""
    owner = subject or guard.subject
    if owner != guard.subject:
        if owner == ROOT:
            raise InvalidSubject(owner, "only root makes keys of root")
        guard.require(_minting(owner), CLUSTER)
    return guard.pfs.create_s3_key(owner, ttl_s=ttl_s)


def list_s3_key(guard: Guard, subject: str) -> list[S3KeyInfo]:
    """Show one's own keys, and those of others to whom they are shown."""
    if guard.allows(Permission.CLUSTER_AUTH_LIST_TOKENS, CLUSTER):
        return guard.pfs.list_s3_key(subject)
    if subject not in {"", guard.subject}:
        guard.require(Permission.CLUSTER_AUTH_LIST_TOKENS, CLUSTER)
    return guard.pfs.list_s3_key(guard.subject)


def revoke_s3_key(guard: Guard, access_key: str) -> None:
    """Need nothing for a key of one's own."""
    own = {info.access_key for info in guard.pfs.list_s3_key(guard.subject)}
    if access_key not in own:
        guard.require(Permission.CLUSTER_AUTH_REVOKE_USER_TOKENS, CLUSTER)
    guard.pfs.revoke_s3_key(access_key)


def _minting(subject: str) -> Permission:
    is_robot = subject.startswith("robot:")
    return (
        Permission.CLUSTER_AUTH_GET_ROBOT_TOKEN
        if is_robot
        else Permission.CLUSTER_AUTH_GET_USER_TOKEN
    )


# Roles


def get_roles(guard: Guard, resource: Resource) -> list[Binding]:
    """Need a permission that depends on the kind of resource."""
    guard.require(_READS_ROLES[resource.kind], resource)
    return guard.pfs.get_roles(resource)


def set_roles(guard: Guard, resource: Resource, subject: str, roles: Sequence[str]) -> None:
    """Need a permission that depends on the kind of resource."""
    guard.require(_CHANGES_ROLES[resource.kind], resource)
    guard.pfs.set_roles(resource, subject, roles)


def check_access(guard: Guard, resource: Resource, subject: str) -> Access:
    """Need nothing for oneself."""
    if subject not in {"", guard.subject}:
        guard.require(Permission.CLUSTER_AUTH_GET_PERMISSIONS_FOR_PRINCIPAL, CLUSTER)
    return guard.pfs.check_access(resource, subject)
