"""Branches of the embedded store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pachlite.errors import BranchExists, BranchNotEmpty, CommitNotFinished, InvalidReference
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.infos import NO_PAIRS, BranchInfo, Origin
from pachlite.pfs.names import check_branch_name
from pachlite.pfs.permissions import Permission, repo_resource
from pachlite.pfs.refs import BranchRef, CommitRef, RepoRef
from pachlite.store import lines
from pachlite.store.engine import Engine, as_datetime, new_commit_id
from pachlite.store.lookup import (
    BRANCH_COLUMNS,
    COMMIT_COLUMNS,
    BranchRow,
    CommitRow,
    branch_row,
    find_branch,
    find_commit,
    find_repo,
    peek_branch,
    peek_repo,
)
from pachlite.store.repos import insert_repo, mark_repo_deleted
from pachlite.store.roles import may_within, require_within
from pachlite.store.settings import set_setting
from pachlite.store.tips import NewCommit, Place, insert_commit, log_head, move_head

_LIST: Final = f"""
    SELECT p.name, r.name, {BRANCH_COLUMNS}, {COMMIT_COLUMNS}
    FROM branch b
    JOIN repo r ON r.id = b.repo AND r.deleted IS NULL AND r.type = 'user'
    JOIN project p ON p.id = r.project
    JOIN commits c ON c.cid = b.head"""  # noqa: S608 - constants


class Branches:
    """See `pfs.api.Branches`."""

    _engine: Engine

    def create_branch(
        self,
        branch: BranchRef,
        *,
        head: CommitRef | None = None,
        exclusive: bool = False,
        create_repo: bool = False,
        alias: str = "",
        settings: Mapping[str, str] = NO_PAIRS,
    ) -> BranchInfo:
        check_branch_name(branch.name)
        if head is not None and head.repo != branch.repo:
            raise InvalidReference(str(head), "branch and head commit must belong to the same repo")

        def create(tx: Transaction) -> None:
            repo = _need_repo(tx, self._engine, branch.repo, create=create_repo)
            present = peek_branch(tx, branch.repo, branch.name)
            if present is not None and exclusive:
                raise BranchExists(str(branch.repo), branch.name)
            target = _finished_head(tx, head) if head else None
            place = Place(repo, branch.name, present, present.head if present else None)
            _set_head(tx, self._engine, branch, place, target)
            if alias:
                _set_alias(tx, repo, branch.name, alias)
            for name, value in settings.items():
                set_setting(tx, find_branch(tx, branch).id, name, value)

        self._engine.writer.run(create)
        return self.inspect_branch(branch)

    def inspect_branch(self, branch: BranchRef) -> BranchInfo:
        return _info(branch, find_branch(self._engine.reader, branch))

    def list_branch(self, repo: RepoRef | None = None) -> list[BranchInfo]:
        q = self._engine.reader
        if repo is None:
            return _infos(q.all(f"{_LIST} ORDER BY r.name, b.name, p.name"))
        return _infos(
            q.all(
                f"{_LIST} WHERE b.repo = ? ORDER BY b.created DESC, b.id DESC", find_repo(q, repo)
            )
        )

    def delete_branch(
        self, branch: BranchRef, *, force: bool = False, only_if_empty: bool = False
    ) -> None:
        del force  # no branch of another repo can depend on this one yet

        def delete(tx: Transaction) -> None:
            row = find_branch(tx, branch)
            if only_if_empty and lines.seek(tx, row.head.at, "", "") is not None:
                raise BranchNotEmpty(str(branch.repo), branch.name)
            log_head(tx, self._engine, row.repo, row.name, (row.head.cid, None), "delete branch")
            tx.execute("DELETE FROM branch WHERE id = ?", row.id)
            tx.execute("DELETE FROM bucket_config WHERE branch = ?", row.id)
            if only_if_empty and _may_take_repo(tx, self._engine, branch.repo, row.repo):
                mark_repo_deleted(tx, self._engine, row.repo)

        self._engine.writer.run(delete)


def empty_commit(tx: Transaction, engine: Engine, repo: int, branch: str) -> CommitRow:
    """Add an empty, finished commit on a line of its own: what a new branch starts with."""
    now = engine.clock()
    line = lines.create_line(tx, repo, None, now)
    new = NewCommit(repo, branch, lines.Snapshot(line, 1), new_commit_id(now), now, Origin.AUTO)
    return insert_commit(tx, new, creator=engine.user, totals=(0, 0))


def _need_repo(tx: Transaction, engine: Engine, repo: RepoRef, *, create: bool) -> int:
    found = peek_repo(tx, repo) if create else find_repo(tx, repo)
    if found is None:
        return insert_repo(tx, engine, repo)
    if create:  # somebody else may have made it since the permission to create it was checked
        require_within(tx, engine, Permission.REPO_CREATE_BRANCH, repo_resource(repo))
    return found


def _finished_head(tx: Transaction, head: CommitRef) -> CommitRow:
    row = find_commit(tx, head)
    if row.is_open:
        raise CommitNotFinished(str(head.repo), row.hex, role="head commit")
    return row


def _set_head(
    tx: Transaction, engine: Engine, branch: BranchRef, place: Place, target: CommitRow | None
) -> None:
    if place.head is None:
        head = target or empty_commit(tx, engine, place.repo, branch.name)
        move_head(tx, engine, place, head, operation="create branch")
        return
    if target is None or target.cid == place.head.cid:
        return
    if place.head.is_open:
        raise CommitNotFinished(str(branch.repo), place.head.hex, role="the present head")
    move_head(tx, engine, place, target, operation="move head")


def _set_alias(tx: Transaction, repo: int, branch: str, alias: str) -> None:
    tx.execute("UPDATE branch SET alias = ? WHERE repo = ? AND name = ?", alias, repo, branch)


def _may_take_repo(tx: Transaction, engine: Engine, repo: RepoRef, row: int) -> bool:
    """Say whether a repo goes with its last branch: it has no history, and it is the caller's."""
    return not _ever_held_a_file(tx, row) and may_within(
        tx, engine, Permission.REPO_DELETE, repo_resource(repo)
    )


def _ever_held_a_file(q: Reader, repo: int) -> bool:
    """Say whether the repo has another branch, or any commit of it ever held a file."""
    return (
        q.one("SELECT 1 FROM branch WHERE repo = ?", repo) is not None
        or q.one(
            "SELECT 1 FROM commits WHERE repo = ? AND (files IS NULL OR files > 0) LIMIT 1", repo
        )
        is not None
    )


def _infos(rows: list[tuple]) -> list[BranchInfo]:  # type: ignore[type-arg] # database rows
    return [_info(BranchRef(RepoRef(row[0], row[1]), row[4]), branch_row(row[2:])) for row in rows]


def _info(branch: BranchRef, row: BranchRow) -> BranchInfo:
    return BranchInfo(
        branch,
        row.head.hex,
        as_datetime(row.created),
        as_datetime(row.updated),
        row.creator,
        row.alias,
    )
