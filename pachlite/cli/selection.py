"""Which stored files a typed path means: the file of that name, else a directory or a pattern.

An exact match wins over a pattern. The commit is looked up once, so that all files come from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Final

from pachlite.cli.arguments import TypedFile
from pachlite.errors import FileNotFound, IsDirectory
from pachlite.pfs.api import PFS
from pachlite.pfs.globs import compile_glob
from pachlite.pfs.infos import CommitInfo, FileInfo, FileType
from pachlite.pfs.paths import as_directory
from pachlite.pfs.refs import CommitRef, FileRef

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Selected:
    """Files of one commit. `prefix` is what their keys lose when they are written to a disk."""

    commit: CommitRef
    infos: Iterator[FileInfo]
    prefix: str


def pinned(pfs: PFS, commit: CommitRef) -> CommitRef:
    """Return the commit by its id, which means the same however the branch moves on."""
    return CommitRef(commit.repo, pfs.inspect_commit(commit).id)


def find_file(pfs: PFS, file: FileRef) -> FileInfo | None:
    """Return the file, or None when there is none of exactly that path."""
    if not file.path:
        return None
    try:
        return pfs.inspect_file(file)
    except FileNotFound:
        return None


def is_directory(pfs: PFS, commit: CommitRef, path: str) -> bool:
    """Say whether there is anything below `path`. The root is always there."""
    if not path:
        return True
    return bool(pfs.list_file(commit, prefix=as_directory(path), limit=1).files)


def missing(info: CommitInfo | CommitRef, path: str) -> FileNotFound:
    """Return the error for a path that is neither file nor directory."""
    commit = info.id if isinstance(info, CommitInfo) else info.target
    return FileNotFound(str(info.repo), commit, f"/{path}")


def selected_one(pfs: PFS, typed: TypedFile, *, is_key: bool) -> tuple[FileRef, FileInfo]:
    """Return the one file that a path or pattern means.

    Raises:
        IsDirectory: It means a directory or several files.
        FileNotFound: It means none.
    """
    commit = pinned(pfs, typed.commit)
    exact = find_file(pfs, FileRef(commit, typed.path))
    if exact:
        return FileRef(commit, exact.path), exact
    if is_directory(pfs, commit, typed.path):
        raise IsDirectory(f"/{typed.path}", "is a directory")
    found = [] if is_key else list(islice(pfs.glob_file(commit, typed.typed), 2))
    if not found:
        raise missing(commit, typed.path)
    if len(found) > 1:
        raise IsDirectory(f"/{typed.path}", "matches several files")
    if found[0].type is FileType.DIR:
        raise IsDirectory(f"/{found[0].path}", "is a directory")
    return FileRef(commit, found[0].path), found[0]


def selected_below(pfs: PFS, typed: TypedFile, *, is_key: bool) -> Selected:
    """Return all files that a path or pattern means, with what is below directories."""
    commit = pinned(pfs, typed.commit)
    if is_directory(pfs, commit, typed.path) or find_file(pfs, FileRef(commit, typed.path)):
        return Selected(commit, pfs.walk_file(commit, typed.path), as_directory(typed.path))
    if is_key:
        raise missing(commit, typed.path)
    matches = pfs.glob_file(commit, typed.typed)
    first = next(matches, None)
    if first is None:
        raise missing(commit, typed.path)
    prefix = compile_glob(typed.typed).prefix
    files = _unfolded(pfs, commit, chain([first], matches))
    return Selected(commit, files, prefix[: prefix.rfind("/") + 1])


def entries(pfs: PFS, commit: CommitRef, path: str) -> Iterator[FileInfo]:
    """Yield the file of that path and what is directly below it.

    Raises:
        FileNotFound: There is neither.
    """
    exact = find_file(pfs, FileRef(commit, path))
    if exact:
        yield exact
    prefix, after = as_directory(path), ""
    is_empty = exact is None and bool(path)
    while True:
        page = pfs.list_file(commit, prefix=prefix, delimiter="/", after=after, limit=_PAGE)
        for info in page.files:
            is_empty = False
            if info.path != path:
                yield info
        after = page.next_after
        if not after:
            break
    if is_empty:
        raise missing(commit, path)


def _unfolded(pfs: PFS, commit: CommitRef, infos: Iterator[FileInfo]) -> Iterator[FileInfo]:
    """Yield files, for a directory those below it. What matches beneath one comes only once."""
    covered = "\0"  # no key holds it
    for info in infos:
        if info.path.startswith(covered):
            continue
        if info.type is FileType.DIR:
            covered = info.path
            yield from pfs.walk_file(commit, info.path)
        else:
            yield info


def summary(pfs: PFS, commit: CommitRef, path: str) -> FileInfo:
    """Return the file, or a directory with the size of all files below it.

    Raises:
        FileNotFound: There is neither.
    """
    exact = find_file(pfs, FileRef(commit, path))
    if exact:
        return exact
    prefix = as_directory(path)
    sizes = [info.size_bytes for info in pfs.walk_file(commit, prefix)]
    if path and not sizes:
        raise missing(commit, path)
    return FileInfo(prefix, FileType.DIR, sum(sizes), datetime.fromtimestamp(0, UTC))
