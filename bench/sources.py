"""Files and stores to measure with. All content is random: nothing compresses, nothing repeats."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from bench.sizes import MiB
from pachlite.config import StoreConfig
from pachlite.pfs.api import FileSet
from pachlite.pfs.refs import BranchRef, CommitRef, FileRef, RepoRef
from pachlite.store.embedded import EmbeddedPFS
from pachlite.wiring import open_store

REPO: Final = RepoRef("default", "r")
BRANCH: Final = BranchRef(REPO, "master")
HEAD: Final = CommitRef(REPO, "master")
DIRECTORIES: Final = 1000


def write_file(path: Path, size_bytes: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for _ in range(size_bytes // MiB):
            file.write(os.urandom(MiB))
        file.write(os.urandom(size_bytes % MiB))
    return path


def write_tree(directory: Path, count: int, size_bytes: int) -> Path:
    """Write so many files, a hundred to a directory."""
    for number in range(count):
        write_file(directory / f"{number // 100:04}" / f"{number % 100:02}.bin", size_bytes)
    return directory


def open_new(home: Path) -> EmbeddedPFS:
    """Make a store that has the repo and the branch."""
    pfs = open_store(StoreConfig(home))
    pfs.create_repo(REPO)
    pfs.create_branch(BRANCH)
    return pfs


def reopen(home: Path) -> EmbeddedPFS:
    return open_store(StoreConfig(home))


def file(path: str) -> FileRef:
    return FileRef(HEAD, path)


def put(pfs: EmbeddedPFS, path: str, data: bytes) -> None:
    """Put a file as a commit of its own."""
    with pfs.put_file(file(path)) as writer:
        writer.write(data)


def add(files: FileSet, path: str, data: bytes) -> None:
    """Put a file as one of many."""
    with files.put_file(path) as writer:
        writer.write(data)


def numbered(number: int) -> str:
    """Return the path of a file in a store of many; they are spread over all directories."""
    return f"{number % DIRECTORIES:03}/{number // DIRECTORIES:04}.txt"


def store_of(home: Path, count: int) -> Path:
    """Make a store with so many small files, unless it is there already."""
    if home.exists():
        return home
    with open_new(home) as pfs, pfs.open_file_set(HEAD) as files:
        for number in range(count):
            path = numbered(number)
            add(files, path, path.encode())
    return home
