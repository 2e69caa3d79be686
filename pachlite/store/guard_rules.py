"""What each method of a file system needs to be allowed, as one table.

A rule names permissions and the arguments they are about. Where that does not say it all, because
the answer is filtered or the need depends on an argument, it has a function of `guard_runs.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pachlite.pfs.permissions import (
    CLUSTER,
    Permission,
    Resource,
    ResourceKind,
    project_resource,
    repo_resource,
)
from pachlite.pfs.refs import BranchRef, CommitRef, FileRef, RepoRef
from pachlite.store import guard_runs as runs

_P = Permission


@dataclass(frozen=True, slots=True)
class Need:
    """A permission, and the argument that names what it is needed on; none: the cluster."""

    permission: Permission
    argument: str = ""

    @property
    def is_about_project(self) -> bool:
        """Whether a repo given as the argument stands for its project."""
        return self.permission.startswith(f"{ResourceKind.PROJECT.name}_")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a method needs.

    Attributes:
        needs: All of them are needed.
        optional: Arguments about which nothing is needed when they are not given.
        run: Does the work in place of the method, and checks what `needs` cannot say.
    """

    needs: tuple[Need, ...] = ()
    optional: frozenset[str] = frozenset()
    run: Callable[..., Any] | None = None


def resource_of(need: Need, value: object) -> Resource:
    """Return what an argument names: a repo by any reference into it, a project by its name."""
    if not need.argument:
        return CLUSTER
    resource = _RESOURCES[type(value)](value)
    return project_resource(resource.project) if need.is_about_project else resource


_RESOURCES: Final[Mapping[type, Callable[[Any], Resource]]] = {
    RepoRef: repo_resource,
    BranchRef: lambda branch: repo_resource(branch.repo),
    CommitRef: lambda commit: repo_resource(commit.repo),
    FileRef: lambda file: repo_resource(file.commit.repo),
    str: project_resource,
}


def _needs(permission: Permission, argument: str = "", **also: Permission) -> Rule:
    """Return a rule; `also` are arguments that may be missing, with their permissions."""
    more = tuple(Need(each, name) for name, each in also.items())
    return Rule((Need(permission, argument), *more), frozenset(also))


def _runs(run: Callable[..., Any], *needs: Need) -> Rule:
    return Rule(needs, run=run)


RULES: Final[Mapping[str, Rule]] = {
    "create_project": _needs(_P.PROJECT_CREATE),
    "update_project": _needs(_P.PROJECT_UPDATE, "name"),
    "inspect_project": _needs(_P.PROJECT_LIST_REPO, "name"),
    "list_project": _runs(runs.list_project),
    "delete_project": _needs(_P.PROJECT_DELETE, "name"),
    "create_repo": _needs(_P.PROJECT_CREATE_REPO, "repo"),
    "update_repo": _needs(_P.REPO_WRITE, "repo"),
    "inspect_repo": _needs(_P.REPO_READ, "repo"),
    "list_repo": _runs(runs.list_repo),
    "delete_repo": _needs(_P.REPO_DELETE, "repo"),
    "create_branch": _runs(runs.create_branch),
    "inspect_branch": _needs(_P.REPO_LIST_BRANCH, "branch"),
    "list_branch": _runs(runs.list_branch),
    "delete_branch": _needs(_P.REPO_DELETE_BRANCH, "branch"),
    "get_setting": _needs(_P.REPO_READ, "branch"),
    "put_setting": _needs(_P.REPO_WRITE, "branch"),
    "start_commit": _needs(_P.REPO_WRITE, "branch", parent=_P.REPO_READ),
    "finish_commit": _needs(_P.REPO_WRITE, "commit"),
    "inspect_commit": _needs(_P.REPO_INSPECT_COMMIT, "commit"),
    "list_commit": _needs(
        _P.REPO_LIST_COMMIT, "repo", start=_P.REPO_LIST_COMMIT, stop=_P.REPO_LIST_COMMIT
    ),
    "list_commit_set": _runs(runs.list_commit_set),
    "inspect_commit_set": _runs(runs.inspect_commit_set),
    "squash_commit": _runs(runs.squash_commit),
    "delete_commit": _runs(runs.delete_commit),
    "wait_commit": _needs(_P.REPO_INSPECT_COMMIT, "commit"),
    "open_file_set": _runs(runs.open_file_set, Need(_P.REPO_WRITE, "commit")),
    "put_file": _needs(_P.REPO_WRITE, "file"),
    "get_file": _needs(_P.REPO_READ, "file"),
    "inspect_file": _needs(_P.REPO_INSPECT_FILE, "file"),
    "list_file": _needs(_P.REPO_LIST_FILE, "commit"),
    "glob_file": _needs(_P.REPO_LIST_FILE, "commit"),
    "walk_file": _needs(_P.REPO_LIST_FILE, "commit"),
    "copy_file": Rule((Need(_P.REPO_READ, "source"), Need(_P.REPO_WRITE, "target"))),
    "tag_file": _needs(_P.REPO_WRITE, "file"),
    "delete_file": _needs(_P.REPO_WRITE, "commit"),
    "diff_file": _needs(_P.REPO_READ, "new", old=_P.REPO_READ),
    "list_version": _needs(_P.REPO_LIST_FILE, "commit"),
    "create_upload": _needs(_P.REPO_WRITE, "file"),
    "inspect_upload": _needs(_P.REPO_WRITE, "file"),
    "list_upload": _needs(_P.REPO_WRITE, "commit"),
    "put_part": _needs(_P.REPO_WRITE, "file"),
    "copy_part": Rule((Need(_P.REPO_READ, "source"), Need(_P.REPO_WRITE, "file"))),
    "list_part": _needs(_P.REPO_WRITE, "file"),
    "complete_upload": _needs(_P.REPO_WRITE, "file"),
    "abort_upload": _needs(_P.REPO_WRITE, "file"),
    "is_auth_active": Rule(),
    "find_s3_credential": _needs(_P.CLUSTER_AUTH_GET_USER_TOKEN),
    "acting_as": _needs(_P.CLUSTER_AUTH_GET_USER_TOKEN),
    "activate_auth": _needs(_P.CLUSTER_MODIFY_BINDINGS),
    "deactivate_auth": _needs(_P.CLUSTER_AUTH_DEACTIVATE),
    "rotate_root_token": _needs(_P.CLUSTER_AUTH_ROTATE_ROOT_TOKEN),
    "whoami": Rule(),
    "identify": Rule(),
    "create_token": _runs(runs.create_token),
    "list_token": _needs(_P.CLUSTER_AUTH_LIST_TOKENS),
    "revoke_token": Rule(),
    "revoke_subject": _runs(runs.revoke_subject),
    "create_s3_key": _runs(runs.create_s3_key),
    "list_s3_key": _runs(runs.list_s3_key),
    "revoke_s3_key": _runs(runs.revoke_s3_key),
    "get_roles": _runs(runs.get_roles),
    "set_roles": _runs(runs.set_roles),
    "check_access": _runs(runs.check_access),
    "list_audit": _needs(_P.CLUSTER_GET_BINDINGS),
}
