"""Names from the store for shell completion: projects, repos, branches, commits, files.

A store that does not exist is not made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from pachlite.cli.context import opened_store, store_home
from pachlite.pfs.api import PFS
from pachlite.pfs.names import DEFAULT_PROJECT
from pachlite.pfs.refs import CommitRef, RepoRef, parse_commit

_MAX_NAMES: Final = 200
_MAX_COMMITS: Final = 20


def names_of(kind: str, incomplete: str, project: str) -> list[str]:
    """Return what an argument of a kind can be completed to."""
    if kind not in _NAMES or not store_home().is_dir():
        return []
    with opened_store() as pfs:
        return list(islice(_NAMES[kind](pfs, incomplete, project or DEFAULT_PROJECT), _MAX_NAMES))


def _projects(pfs: PFS, incomplete: str, _project: str) -> Iterator[str]:
    return (each.name for each in pfs.list_project() if each.name.startswith(incomplete))


def _repos(pfs: PFS, incomplete: str, project: str) -> Iterator[str]:
    names = (each.repo.name for each in pfs.list_repo(project))
    return (name for name in names if name.startswith(incomplete))


def _branches(pfs: PFS, incomplete: str, project: str) -> Iterator[str]:
    """Yield repos with an `@`; the branches of one as soon as there is only one left."""
    repo, at, branch = incomplete.partition("@")
    repos = [repo] if at else list(_repos(pfs, repo, project))
    if len(repos) != 1:
        yield from (f"{name}@" for name in repos)
        return
    for each in pfs.list_branch(RepoRef(project, repos[0])):
        if each.branch.name.startswith(branch):
            yield f"{repos[0]}@{each.branch.name}"


def _commits(pfs: PFS, incomplete: str, project: str) -> Iterator[str]:
    """Yield branches; ids of late commits where no branch begins like that."""
    branches = list(_branches(pfs, incomplete, project))
    yield from branches
    repo, at, commit = incomplete.partition("@")
    if branches or not at:
        return
    for each in pfs.list_commit(RepoRef(project, repo), limit=_MAX_COMMITS):
        if each.id.startswith(commit):
            yield f"{repo}@{each.id}"


def _files(pfs: PFS, incomplete: str, project: str) -> Iterator[str]:
    """Yield commits with a colon; the files of one as soon as there is only one left."""
    head, colon, path = incomplete.partition(":")
    commits = [head] if colon else list(_commits(pfs, head, project))
    if len(commits) != 1 or commits[0].endswith("@"):
        yield from (name if name.endswith("@") else f"{name}:" for name in commits)
        return
    slash = "/" if path.startswith("/") or not path else ""
    commit: CommitRef = parse_commit(commits[0], project)
    prefix = path.removeprefix("/")
    page = pfs.list_file(commit, prefix=prefix, delimiter="/", limit=_MAX_NAMES)
    for each in page.files:
        yield f"{commits[0]}:{slash}{each.path}"


_NAMES: Final[dict[str, Callable[[PFS, str, str], Iterator[str]]]] = {
    "PROJECT": _projects,
    "REPO": _repos,
    "REPO@BRANCH": _branches,
    "REPO@COMMIT": _commits,
    "REPO@COMMIT:PATH": _files,
}
