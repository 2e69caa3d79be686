"""Commits of the embedded store: open, finish, look at, squash, drop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from pachlite.errors import CommitFinished, CommitNotFinished, CommitNotFound, InvalidReference
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.infos import CommitInfo, CommitSetInfo, Origin
from pachlite.pfs.names import check_branch_name, is_commit_id
from pachlite.pfs.refs import BranchRef, CommitRef, RepoRef
from pachlite.store import removal, totals
from pachlite.store.engine import Engine, as_datetime
from pachlite.store.history import commits_of_repo, commits_of_sets, walk_back
from pachlite.store.lookup import (
    CommitRow,
    children_of,
    find_commit,
    find_repo,
    parent_of,
    peek_branch,
    row_by_cid,
)
from pachlite.store.tips import ORIGINS, Place, move_head, open_pen

_POLL_S: Final = 0.05


class Commits:
    """See `pfs.api.Commits`."""

    _engine: Engine

    def start_commit(
        self, branch: BranchRef, *, parent: CommitRef | None = None, description: str = ""
    ) -> CommitInfo:
        check_branch_name(branch.name)

        def start(tx: Transaction) -> CommitRow:
            repo = find_repo(tx, branch.repo)
            present = peek_branch(tx, branch.repo, branch.name)
            if present is not None and present.head.is_open:
                raise CommitNotFinished(str(branch.repo), present.head.hex, role="parent commit")
            head = present.head if present else None
            if parent is not None:
                head = find_commit(tx, parent)
                if head.is_open:
                    raise CommitNotFinished(str(branch.repo), head.hex, role="parent commit")
            return _start_on(tx, self._engine, Place(repo, branch.name, present, head), description)

        return self._info(branch.repo, self._engine.writer.run(start))

    def finish_commit(self, commit: CommitRef, *, description: str | None = None) -> CommitInfo:
        def finish(tx: Transaction) -> int:
            row = find_commit(tx, commit)
            if not row.is_open:
                raise CommitFinished(str(commit.repo), row.hex)
            tx.execute(
                "UPDATE commits SET finished = ?, description = coalesce(?, description) "
                "WHERE cid = ?",
                max(self._engine.clock(), row.started + 1),
                description,
                row.cid,
            )
            return row.cid

        row = row_by_cid(self._engine.reader, self._engine.writer.run(finish))
        totals.settle(self._engine, row)
        return self._info(commit.repo, row_by_cid(self._engine.reader, row.cid))

    def inspect_commit(self, commit: CommitRef) -> CommitInfo:
        return self._info(commit.repo, find_commit(self._engine.reader, commit))

    def list_commit(
        self,
        repo: RepoRef,
        *,
        start: CommitRef | None = None,
        stop: CommitRef | None = None,
        limit: int | None = None,
        origin: Origin | None = None,
    ) -> Iterator[CommitInfo]:
        q = self._engine.reader
        if stop is not None and start is None:
            raise InvalidReference(str(stop), "an end needs a start: name a branch or commit")
        if start is None:
            rows = commits_of_repo(q, find_repo(q, repo))
        else:
            end = find_commit(q, stop) if stop else None
            rows = walk_back(q, find_commit(q, start), stop=end)
        wanted = (row for row in rows if origin is None or ORIGINS[row.origin] is origin)
        return (_brief(q, repo, row) for row in islice(wanted, limit))

    def list_commit_set(
        self, project: str | None = None, *, limit: int | None = None
    ) -> Iterator[CommitSetInfo]:
        ids = commits_of_sets(self._engine.reader, project)
        return (self.inspect_commit_set(commit_id.hex()) for commit_id in islice(ids, limit))

    def inspect_commit_set(self, commit_id: str) -> CommitSetInfo:
        members = _members(self._engine.reader, commit_id)
        return CommitSetInfo(
            members[0][1].hex, tuple(self._info(repo, row) for repo, row in members)
        )

    def squash_commit(self, commit_id: str) -> None:
        def squash(tx: Transaction) -> None:
            for repo, row in _members(tx, commit_id):
                removal.squash(tx, self._engine, repo, row)

        self._engine.writer.run(squash)
        self._engine.request_expiry()

    def delete_commit(self, commit_id: str) -> None:
        def delete(tx: Transaction) -> None:
            for repo, row in _members(tx, commit_id):
                removal.drop(tx, self._engine, repo, row)

        self._engine.writer.run(delete)
        self._engine.request_expiry()

    def wait_commit(self, commit: CommitRef, *, timeout_s: float | None = None) -> CommitInfo:
        row = find_commit(self._engine.reader, commit)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while row.is_open:
            if deadline is not None and time.monotonic() > deadline:
                raise CommitNotFinished(str(commit.repo), row.hex)
            time.sleep(_POLL_S)
            row = row_by_cid(self._engine.reader, row.cid)
        return self._info(commit.repo, row)

    def _info(self, repo: RepoRef, row: CommitRow) -> CommitInfo:
        return commit_info(self._engine.reader, repo, row)


def commit_info(q: Reader, repo: RepoRef, row: CommitRow) -> CommitInfo:
    """Return everything about a commit, its children included."""
    children = tuple(child.hex for child in children_of(q, row.at))
    return _brief(q, repo, row, children)


def _brief(q: Reader, repo: RepoRef, row: CommitRow, children: tuple[str, ...] = ()) -> CommitInfo:
    parent = parent_of(q, row.at)
    total = totals.of_commit(q, row)
    return CommitInfo(
        repo,
        row.hex,
        row.branch,
        ORIGINS[row.origin],
        parent.hex if parent else "",
        children,
        row.description,
        as_datetime(row.started),
        None if row.finished is None else as_datetime(row.finished),
        total.size,
        total.files,
        row.creator,
        row.error,
    )


def _start_on(tx: Transaction, engine: Engine, place: Place, description: str) -> CommitRow:
    row = open_pen(tx, engine, place).finish(tx, description=description, is_open=True)
    if place.branch is None and place.head is not None:
        move_head(tx, engine, replace(place, head=None), row, operation="create branch")
    return row


def _members(q: Reader, commit_id: str) -> list[tuple[RepoRef, CommitRow]]:
    if not is_commit_id(commit_id):
        raise InvalidReference(commit_id, "expected a whole commit id: 32 hex digits")
    found = removal.commits_with_id(q, bytes.fromhex(commit_id))
    if not found:
        raise CommitNotFound("", commit_id)
    return found
