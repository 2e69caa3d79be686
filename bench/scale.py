"""What a thousand times as many files cost."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count as count_from
from pathlib import Path
from typing import Final

from bench.measure import WITHIN_TWICE, Row, Sample, Unit, compare, timed
from bench.sizes import Sizes
from bench.sources import BRANCH, DIRECTORIES, HEAD, file, numbered, put, reopen, store_of
from bench.topic import Run, Topic
from pachlite.pfs.refs import BranchRef, CommitRef
from pachlite.store.embedded import EmbeddedPFS

PAGE_KEYS: Final = 1000
BIG_STORE: Final = "big-store"
PAIRS_FACTOR: Final = 5
"""A disk is slow for a second and fast for the next: many short pairs meet both."""


def big_store(run: Run) -> Path:
    """Return the store of many files, made once in a run."""
    return store_of(run.scratch / BIG_STORE, run.sizes.many_files)


def measure(run: Run) -> list[Row]:
    small = store_of(run.fresh("small-store"), run.sizes.few_files)
    with reopen(big_store(run)) as big_pfs, reopen(small) as small_pfs:
        big, few = Repo(big_pfs, run.sizes.many_files), Repo(small_pfs, run.sizes.few_files)
        return list(_rows(run.sizes, big, few))


class Repo:
    """One of the two repos, and what is done to it."""

    def __init__(self, pfs: EmbeddedPFS, file_count: int) -> None:
        self._pfs = pfs
        self._file_count = file_count
        self._numbers = count_from()
        self._random = random.Random(1)

    def get(self, _: int) -> None:
        path = numbered(self._random.randrange(self._file_count))
        with self._pfs.get_file(file(path)) as reader:
            assert b"".join(reader.blocks()) == path.encode()

    def list_flat(self, _: int) -> None:
        last = max(self._file_count - 2 * PAGE_KEYS, 0) // DIRECTORIES
        after = numbered(self._random.randint(0, last)) if last else ""
        page = self._pfs.list_file(HEAD, after=after, limit=PAGE_KEYS)
        assert len(page.files) == PAGE_KEYS

    def list_directories(self, _: int) -> None:
        page = self._pfs.list_file(HEAD, delimiter="/", limit=PAGE_KEYS)
        assert len(page.files) == PAGE_KEYS

    def create_branch(self, _: int) -> None:
        self._pfs.create_branch(BranchRef(BRANCH.repo, f"b{next(self._numbers)}"), head=HEAD)

    def start_and_finish(self, _: int) -> None:
        commit = self._pfs.start_commit(BRANCH)
        self._pfs.finish_commit(CommitRef(BRANCH.repo, commit.id))

    def put(self, _: int) -> None:
        number = next(self._numbers)
        path = f"{number * 7 % DIRECTORIES:03}/new-{number}.txt"
        put(self._pfs, path, os.urandom(4096))


Act = Callable[[Repo, int], None]

_ACTS: Final[tuple[tuple[str, Act, int], ...]] = (
    ("get a file", Repo.get, 100),
    ("list a page of 1000 files", Repo.list_flat, 5),
    ("list a page of 1000 directories", Repo.list_directories, 1),
    ("create a branch", Repo.create_branch, 5),
    ("start and finish a commit", Repo.start_and_finish, 5),
    ("put a file of 4 KiB", Repo.put, 10),
)


def _rows(sizes: Sizes, big: Repo, few: Repo) -> Iterator[Row]:
    for what, act, count in _ACTS:
        of_many, of_few = (partial(_repeat, act, repo, count) for repo in (big, few))
        of_many(), of_few()  # what is read for the first time is read from the disk
        pairs = PAIRS_FACTOR * sizes.pairs
        yield compare(what, Unit.SECONDS, of_many, of_few, pairs=pairs, goal=WITHIN_TWICE)


def _repeat(act: Act, repo: Repo, count: int) -> Sample:
    return timed(partial(act, repo), count)


TOPIC: Final = Topic(
    "scale",
    "1 000 000 files beside 1000",
    "The peer is pachlite itself, with a thousand files in the repo instead of a million. In the"
    " process, without the gateway. CPU is per operation.",
    measure,
)
