"""Short forms for driving a file system in tests."""

import contextlib

from pachlite.errors import RepoExists
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import FileInfo
from pachlite.pfs.refs import FileRef, parse_commit, parse_file, parse_repo


def need_repo(pfs: PFS, name: str) -> None:
    with contextlib.suppress(RepoExists):
        pfs.create_repo(parse_repo(name))


def put(pfs: PFS, target: str, data: bytes, **options) -> FileInfo:
    """Put one file as one commit; the repo is made if need be."""
    file = parse_file(target)
    need_repo(pfs, file.commit.repo.name)
    with pfs.put_file(file, **options) as writer:
        writer.write(data)
        return writer.complete()


def commit_files(pfs: PFS, branch: str, files: dict[str, bytes | None]) -> str:
    """Put and (None) delete files as one commit; return its id."""
    commit = parse_commit(branch)
    need_repo(pfs, commit.repo.name)
    with pfs.open_file_set(commit) as changes:
        for path, data in files.items():
            if data is None:
                changes.delete_file(path)
                continue
            with changes.put_file(path) as writer:
                writer.write(data)
        return changes.complete().id


def read(pfs: PFS, file: FileRef | str, version: str = "") -> bytes:
    """Return the content of a file."""
    ref = parse_file(file) if isinstance(file, str) else file
    with pfs.get_file(ref, version=version) as reader:
        return b"".join(reader.blocks())


def tree(pfs: PFS, commit: str) -> dict[str, bytes]:
    """Return every file of a commit with its content."""
    ref = parse_commit(commit)
    return {info.path: read(pfs, FileRef(ref, info.path)) for info in pfs.walk_file(ref, "")}


def paths(pfs: PFS, commit: str, **wanted) -> list[str]:
    """Return one page of a listing as paths."""
    return [info.path for info in pfs.list_file(parse_commit(commit), **wanted).files]
