"""Repos of the embedded store."""

from __future__ import annotations

from typing import Final

from pachlite.errors import RepoExists
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.infos import RepoInfo
from pachlite.pfs.names import DEFAULT_BRANCH, check_repo_name
from pachlite.pfs.permissions import repo_resource
from pachlite.pfs.refs import RepoRef
from pachlite.store import totals
from pachlite.store.engine import Engine, as_datetime
from pachlite.store.lookup import find_project, find_repo, parent_of, peek_branch, peek_repo
from pachlite.store.roles import make_owner

_COLUMNS: Final = "r.id, p.name, r.name, r.description, r.created, r.creator"


class Repos:
    """See `pfs.api.Repos`."""

    _engine: Engine

    def create_repo(self, repo: RepoRef, *, description: str = "") -> RepoInfo:
        check_repo_name(repo.name)

        def create(tx: Transaction) -> None:
            if peek_repo(tx, repo) is not None:
                raise RepoExists(str(repo))
            insert_repo(tx, self._engine, repo, description)

        self._engine.writer.run(create)
        return self.inspect_repo(repo)

    def update_repo(self, repo: RepoRef, *, description: str | None = None) -> RepoInfo:
        def update(tx: Transaction) -> None:
            row = find_repo(tx, repo)
            if description is not None:
                tx.execute("UPDATE repo SET description = ? WHERE id = ?", description, row)

        self._engine.writer.run(update)
        return self.inspect_repo(repo)

    def inspect_repo(self, repo: RepoRef) -> RepoInfo:
        q = self._engine.reader
        found = find_repo(q, repo)
        row = q.one(
            f"SELECT {_COLUMNS} FROM repo r JOIN project p ON p.id = r.project WHERE r.id = ?",  # noqa: S608
            found,
        )
        assert row is not None
        return _info(q, row)

    def list_repo(self, project: str | None = None) -> list[RepoInfo]:
        q = self._engine.reader
        if project is not None:
            find_project(q, project)
        rows = q.all(
            f"SELECT {_COLUMNS} FROM repo r JOIN project p ON p.id = r.project "  # noqa: S608
            "WHERE r.deleted IS NULL AND r.type = 'user' AND (? IS NULL OR p.name = ?) "
            "ORDER BY r.created DESC, r.id DESC",
            project,
            project,
        )
        return [_info(q, row) for row in rows]

    def delete_repo(self, repo: RepoRef, *, force: bool = False) -> None:
        del force  # no branch of another repo can depend on this one yet

        def delete(tx: Transaction) -> None:
            mark_repo_deleted(tx, self._engine, find_repo(tx, repo))

        self._engine.writer.run(delete)
        self._engine.request_expiry()


def insert_repo(tx: Transaction, engine: Engine, repo: RepoRef, description: str = "") -> int:
    """Add a repo, which belongs to whom the engine acts for; raise `ProjectNotFound`."""
    made = tx.insert(
        "INSERT INTO repo (project, name, description, creator, created) VALUES (?, ?, ?, ?, ?)",
        find_project(tx, repo.project),
        repo.name,
        description,
        engine.user,
        engine.clock(),
    )
    make_owner(tx, engine, repo_resource(repo), made)
    return made


def mark_repo_deleted(tx: Transaction, engine: Engine, repo: int) -> None:
    """Make a repo vanish; its rows are erased later."""
    tx.execute("UPDATE repo SET deleted = ? WHERE id = ?", engine.clock(), repo)


def _info(q: Reader, row: tuple) -> RepoInfo:  # type: ignore[type-arg] # a database row
    repo_id, project, name, description, created, creator = row
    ref = RepoRef(project, name)
    branches = q.all("SELECT name FROM branch WHERE repo = ? ORDER BY name", repo_id)
    return RepoInfo(
        ref,
        description,
        as_datetime(created),
        _master_size(q, ref),
        tuple(branch for (branch,) in branches),
        creator,
    )


def _master_size(q: Reader, repo: RepoRef) -> int:
    """Return the size of the newest finished commit of master; 0 when there is none."""
    branch = peek_branch(q, repo, DEFAULT_BRANCH)
    head = branch.head if branch else None
    while head is not None and head.is_open:
        head = parent_of(q, head.at)
    return totals.of_commit(q, head).size if head else 0
