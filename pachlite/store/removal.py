"""Squash and drop: how a commit vanishes. Its row stays marked until it expires."""

from __future__ import annotations

from pachlite.errors import (
    CommitHasChildren,
    CommitHasNoChildren,
    CommitIsHead,
    CommitNotFinished,
)
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.refs import RepoRef
from pachlite.store.branches import empty_commit
from pachlite.store.engine import Engine
from pachlite.store.lookup import COMMIT_COLUMNS, CommitRow, children_of, parent_of
from pachlite.store.tips import log_head


def commits_with_id(q: Reader, commit_id: bytes) -> list[tuple[RepoRef, CommitRow]]:
    """Return the commits, of all repos, that share an id."""
    rows = q.all(
        f"SELECT p.name, r.name, {COMMIT_COLUMNS} FROM commits c "  # noqa: S608
        "JOIN repo r ON r.id = c.repo AND r.deleted IS NULL JOIN project p ON p.id = r.project "
        "WHERE c.id = ? AND c.deleted IS NULL ORDER BY c.cid",
        commit_id,
    )
    return [(RepoRef(row[0], row[1]), CommitRow(*row[2:])) for row in rows]


def squash(tx: Transaction, engine: Engine, repo: RepoRef, commit: CommitRow) -> None:
    """Remove a commit; what it changed belongs to its children from now on."""
    if commit.is_open:
        raise CommitNotFinished(str(repo), commit.hex)
    children = children_of(tx, commit.at)
    if not children:
        raise CommitHasNoChildren(str(repo), commit.hex)
    for child in children:
        if child.is_open:
            raise CommitNotFinished(str(repo), child.hex, role="child commit")
    head_of = tx.one("SELECT name FROM branch WHERE head = ?", commit.cid)
    if head_of is not None:
        raise CommitIsHead(str(repo), commit.hex, head_of[0])
    _mark(tx, engine, commit)


def drop(tx: Transaction, engine: Engine, repo: RepoRef, commit: CommitRow) -> None:
    """Remove a commit with its changes; heads fall back to the parent, or to an empty commit."""
    if children_of(tx, commit.at):
        raise CommitHasChildren(str(repo), commit.hex)
    parent = parent_of(tx, commit.at)
    _mark(tx, engine, commit)
    for branch, name in tx.all("SELECT id, name FROM branch WHERE head = ?", commit.cid):
        head = parent or empty_commit(tx, engine, commit.repo, name)
        log_head(tx, engine, commit.repo, name, (commit.cid, head.cid), "delete commit")
        tx.execute(
            "UPDATE branch SET head = ?, updated = ? WHERE id = ?", head.cid, engine.clock(), branch
        )


def _mark(tx: Transaction, engine: Engine, commit: CommitRow) -> None:
    tx.execute("UPDATE commits SET deleted = ? WHERE cid = ?", engine.clock(), commit.cid)
