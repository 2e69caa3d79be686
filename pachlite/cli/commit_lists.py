"""Which commits `list commit` means, by the form of its argument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from pachlite.errors import AmbiguousReference, CommitNotFound, InvalidOption
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import CommitInfo, CommitSetInfo, Origin
from pachlite.pfs.names import is_commit_id, is_commit_prefix
from pachlite.pfs.refs import CommitRef, RepoRef, parse_commit, parse_repo


@dataclass(frozen=True, slots=True)
class Selection:
    """What was typed. `stop` and `origin` need a repo."""

    what: str
    stop: str
    limit: int | None
    origin: Origin | None
    project: str


def listed_sets(pfs: PFS, selection: Selection) -> Iterator[CommitSetInfo]:
    """Return the sets of commits of the project."""
    _refuse_repo_options(selection)
    pfs.inspect_project(selection.project)
    return pfs.list_commit_set(selection.project, limit=selection.limit)


def listed_commits(pfs: PFS, selection: Selection) -> Iterable[CommitInfo]:
    """Return the commits of a repo, of an ancestry, of a set, or of all sets of the project."""
    if not selection.what:
        every = (each for group in listed_sets(pfs, selection) for each in group.commits)
        return islice(every, selection.limit)
    if "@" in selection.what:
        return _ancestry(pfs, selection)
    if is_commit_prefix(selection.what) and not _is_repo(pfs, selection):
        _refuse_repo_options(selection)
        found = pfs.inspect_commit_set(whole_id(pfs, selection.what))
        return islice(found.commits, selection.limit)
    if selection.stop:
        raise InvalidOption("--from needs a commit to start at", hint="list commit repo@branch")
    repo = parse_repo(selection.what, selection.project)
    return pfs.list_commit(repo, limit=selection.limit, origin=selection.origin)


def whole_id(pfs: PFS, text: str) -> str:
    """Return the id that begins with `text`, in whatever repo."""
    if is_commit_id(text) or not is_commit_prefix(text):
        return text
    found = {info.id for repo in pfs.list_repo() if (info := _commit_in(pfs, repo.repo, text))}
    if len(found) > 1:
        raise AmbiguousReference("*", text)
    if not found:
        raise CommitNotFound("", text)
    return found.pop()


def _commit_in(pfs: PFS, repo: RepoRef, prefix: str) -> CommitInfo | None:
    try:
        return pfs.inspect_commit(CommitRef(repo, prefix))
    except CommitNotFound:
        return None


def _ancestry(pfs: PFS, selection: Selection) -> Iterator[CommitInfo]:
    start = parse_commit(selection.what, selection.project)
    stop = _stop(selection.stop, start) if selection.stop else None
    return pfs.list_commit(
        start.repo, start=start, stop=stop, limit=selection.limit, origin=selection.origin
    )


def _stop(text: str, start: CommitRef) -> CommitRef:
    name = text if "@" in text else f"{start.repo.name}@{text}"
    return parse_commit(name, start.repo.project)


def _is_repo(pfs: PFS, selection: Selection) -> bool:
    """Say whether what looks like a commit id is the name of a repo, which may be all hex."""
    repo = RepoRef(selection.project, selection.what)
    return any(info.repo == repo for info in pfs.list_repo(selection.project))


def _refuse_repo_options(selection: Selection) -> None:
    if selection.stop or selection.origin:
        raise InvalidOption("--from and --origin need a repo", hint="pachlite list commit images")
