"""Who may do what: permissions, the roles that grant them, and how a role reaches downwards.

Pure. It does not know who has which role; `store/roles.py` keeps that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import lru_cache
from typing import Final

from pachlite.errors import InvalidRole, InvalidSubject
from pachlite.pfs.refs import RepoRef

ROOT: Final = "pach:root"
"""Who may do everything, and cannot be kept from it."""
ALL_USERS: Final = "allClusterUsers"
"""Everybody who is known at all."""
PREFIXES: Final = ("user:", "robot:")
_OUT_OF_SCOPE: Final = ("group:", "pipeline:")
_MAX_SUBJECT_LENGTH: Final = 255


class Permission(StrEnum):
    """Something that can be allowed. The name begins with the kind of resource it is about."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last: list[str]) -> str:
        return name

    CLUSTER_MODIFY_BINDINGS = auto()
    CLUSTER_GET_BINDINGS = auto()
    CLUSTER_AUTH_DEACTIVATE = auto()
    CLUSTER_AUTH_GET_ROBOT_TOKEN = auto()
    CLUSTER_AUTH_GET_USER_TOKEN = auto()
    CLUSTER_AUTH_LIST_TOKENS = auto()
    CLUSTER_AUTH_REVOKE_USER_TOKENS = auto()
    CLUSTER_AUTH_ROTATE_ROOT_TOKEN = auto()
    CLUSTER_AUTH_GET_PERMISSIONS_FOR_PRINCIPAL = auto()
    PROJECT_CREATE = auto()
    PROJECT_LIST_REPO = auto()
    PROJECT_CREATE_REPO = auto()
    PROJECT_UPDATE = auto()
    PROJECT_DELETE = auto()
    PROJECT_MODIFY_BINDINGS = auto()
    REPO_READ = auto()
    REPO_INSPECT_COMMIT = auto()
    REPO_LIST_COMMIT = auto()
    REPO_LIST_BRANCH = auto()
    REPO_INSPECT_FILE = auto()
    REPO_LIST_FILE = auto()
    REPO_WRITE = auto()
    REPO_DELETE_COMMIT = auto()
    REPO_CREATE_BRANCH = auto()
    REPO_DELETE_BRANCH = auto()
    REPO_MODIFY_BINDINGS = auto()
    REPO_DELETE = auto()


class ResourceKind(StrEnum):
    """What roles are given on, from the widest to the narrowest."""

    CLUSTER = auto()
    PROJECT = auto()
    REPO = auto()


@dataclass(frozen=True, slots=True)
class Resource:
    """The cluster, a project, or a repo. Prints as errors name it: `REPO default/images`."""

    kind: ResourceKind
    project: str = ""
    repo: str = ""

    @property
    def name(self) -> str:
        """`project` or `project/repo`; empty for the cluster."""
        return f"{self.project}/{self.repo}" if self.repo else self.project

    def __str__(self) -> str:
        return f"{self.kind.name} {self.name}".rstrip()


CLUSTER: Final = Resource(ResourceKind.CLUSTER)


def project_resource(project: str) -> Resource:
    """Return a project as something that roles are given on."""
    return Resource(ResourceKind.PROJECT, project)


def repo_resource(repo: RepoRef) -> Resource:
    """Return a repo as something that roles are given on."""
    return Resource(ResourceKind.REPO, repo.project, repo.name)


_P = Permission
_ANYWHERE: Final = frozenset(ResourceKind)
_NOT_ON_REPOS: Final = frozenset({ResourceKind.CLUSTER, ResourceKind.PROJECT})
_ON_CLUSTER: Final = frozenset({ResourceKind.CLUSTER})

_READ: Final = frozenset(
    {
        _P.REPO_READ,
        _P.REPO_INSPECT_COMMIT,
        _P.REPO_LIST_COMMIT,
        _P.REPO_LIST_BRANCH,
        _P.REPO_INSPECT_FILE,
        _P.REPO_LIST_FILE,
    }
)
_WRITE: Final = _READ | {
    _P.REPO_WRITE,
    _P.REPO_DELETE_COMMIT,
    _P.REPO_CREATE_BRANCH,
    _P.REPO_DELETE_BRANCH,
}
_OWN: Final = _WRITE | {_P.REPO_MODIFY_BINDINGS, _P.REPO_DELETE}
_VIEW: Final = frozenset({_P.PROJECT_LIST_REPO})
_FILL: Final = _VIEW | {_P.PROJECT_CREATE_REPO}


@dataclass(frozen=True, slots=True)
class Role:
    """A set of permissions with a name, and the kinds of resources it can be given on."""

    name: str
    permissions: frozenset[Permission]
    kinds: frozenset[ResourceKind]
    description: str


_ALL_ROLES: Final = (
    Role("repoReader", _READ, _ANYWHERE, "read files, look at commits and branches"),
    Role("repoWriter", _WRITE, _ANYWHERE, "also write files, make and delete branches and commits"),
    Role("repoOwner", _OWN, _ANYWHERE, "also give roles on the repo, and delete it"),
    Role("projectViewer", _VIEW, _NOT_ON_REPOS, "list the names of the repos of the project"),
    Role("projectWriter", _FILL, _NOT_ON_REPOS, "also create repos"),
    Role(
        "projectOwner",
        _FILL | _OWN | {_P.PROJECT_UPDATE, _P.PROJECT_DELETE, _P.PROJECT_MODIFY_BINDINGS},
        _NOT_ON_REPOS,
        "also own every repo of it, give roles on the project, and delete it",
    ),
    Role("projectCreator", frozenset({_P.PROJECT_CREATE}), _ON_CLUSTER, "create projects"),
    Role(
        "robotUser",
        frozenset({_P.CLUSTER_AUTH_GET_ROBOT_TOKEN}),
        _ON_CLUSTER,
        "make tokens for robots",
    ),
    Role("clusterAdmin", frozenset(Permission), _ON_CLUSTER, "do everything"),
)
ROLES: Final = {role.name: role for role in _ALL_ROLES}


@lru_cache(maxsize=1024)
def allowed_by(roles: frozenset[str]) -> frozenset[Permission]:
    """Decide what somebody may do who has these roles on a resource or on what is above it."""
    granted = (ROLES[role].permissions for role in roles if role in ROLES)
    return frozenset[Permission]().union(*granted)


def permissions_about(
    kind: ResourceKind, permissions: frozenset[Permission]
) -> tuple[Permission, ...]:
    """Return those permissions that concern a kind of resource, in order; the cluster: all."""
    prefix = "" if kind is ResourceKind.CLUSTER else f"{kind.name}_"
    return tuple(each for each in Permission if each in permissions and each.startswith(prefix))


def roles_for(permission: Permission) -> list[str]:
    """Return the names of the roles that grant a permission, sorted."""
    return sorted(role.name for role in ROLES.values() if permission in role.permissions)


def parse_permission(text: str) -> Permission:
    """Parse a permission, in letters of any case; raise `InvalidRole`."""
    try:
        return Permission(text.upper())
    except ValueError as error:
        known = ", ".join(Permission)
        raise InvalidRole(f"unknown permission {text!r}", hint=f"known are {known}") from error


def check_roles(kind: ResourceKind, roles: Iterable[str]) -> frozenset[str]:
    """Return roles that can be given on a kind of resource; raise `InvalidRole` for others."""
    wanted = frozenset(roles)
    for name in sorted(wanted):
        role = ROLES.get(name)
        if role is None:
            raise InvalidRole(f"unknown role {name!r}", hint=f"known are {', '.join(ROLES)}")
        if kind not in role.kinds:
            fitting = ", ".join(each.name for each in ROLES.values() if kind in each.kinds)
            raise InvalidRole(
                f"role {name} cannot be given on a {kind}", hint=f"possible are {fitting}"
            )
    return wanted


def check_individual(subject: str) -> str:
    """Return a subject that can act; raise `InvalidSubject` for others, and for everybody."""
    if subject == ALL_USERS:
        raise InvalidSubject(subject, "it stands for everybody, and one user or robot is needed")
    return check_subject(subject)


def check_subject(subject: str) -> str:
    """Return a subject that can have tokens or roles; raise `InvalidSubject` for others."""
    if subject in {ROOT, ALL_USERS}:
        return subject
    if subject.startswith(_OUT_OF_SCOPE):
        raise InvalidSubject(subject, "pachlite has no groups and no pipelines")
    prefix = next((prefix for prefix in PREFIXES if subject.startswith(prefix)), None)
    if prefix is None:
        raise InvalidSubject(subject, f"it must begin with {' or '.join(PREFIXES)}")
    name = subject.removeprefix(prefix)
    if not name or len(subject) > _MAX_SUBJECT_LENGTH or not name.isprintable() or " " in name:
        raise InvalidSubject(subject, "the name must be printable, without blanks, and not empty")
    if prefix == "robot:" and ":" in name:
        raise InvalidSubject(subject, "the name of a robot has no colon")
    return subject
