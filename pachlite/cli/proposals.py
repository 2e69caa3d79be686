"""Did you mean: names that resemble one that was not found."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, Final

from pachlite.errors import (
    BranchNotFound,
    FileNotFound,
    NotFound,
    PachliteError,
    ProjectNotFound,
    RepoNotFound,
)
from pachlite.pfs.api import PFS
from pachlite.pfs.refs import CommitRef, RepoRef

_MAX_NAMES: Final = 1000


def proposal(pfs: PFS, error: NotFound) -> str:
    """Return a hint with the most similar name, or nothing when none is similar."""
    candidates = _CANDIDATES.get(type(error))
    if candidates is None:
        return ""
    try:
        name, known = candidates(pfs, error)
    except PachliteError:  # a proposal is a courtesy: the error that caused it is what counts
        return ""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else ""


def _projects(pfs: PFS, error: ProjectNotFound) -> tuple[str, list[str]]:
    return error.project, [info.name for info in pfs.list_project()]


def _repos(pfs: PFS, error: RepoNotFound) -> tuple[str, list[str]]:
    project, _, name = error.repo.rpartition("/")
    return name, [info.repo.name for info in pfs.list_repo(project or None)]


def _branches(pfs: PFS, error: BranchNotFound) -> tuple[str, list[str]]:
    project, _, name = error.repo.rpartition("/")
    return error.branch, [each.branch.name for each in pfs.list_branch(RepoRef(project, name))]


def _files(pfs: PFS, error: FileNotFound) -> tuple[str, list[str]]:
    """Look beside the path only: names in other directories would surprise."""
    project, _, name = error.repo.rpartition("/")
    commit = CommitRef(RepoRef(project, name), error.commit)
    path = error.path.removeprefix("/")
    directory = path[: path.rstrip("/").rfind("/") + 1]
    page = pfs.list_file(commit, prefix=directory, delimiter="/", limit=_MAX_NAMES)
    return f"/{path}", [f"/{each.path}" for each in page.files]


_CANDIDATES: Final[dict[type[NotFound], Callable[[PFS, Any], tuple[str, list[str]]]]] = {
    ProjectNotFound: _projects,
    RepoNotFound: _repos,
    BranchNotFound: _branches,
    FileNotFound: _files,
}
