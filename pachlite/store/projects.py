"""Projects of the embedded store."""

from __future__ import annotations

from pachlite.errors import InvalidName, ProjectExists, ProjectNotEmpty, ProjectNotFound
from pachlite.metadata.api import Transaction
from pachlite.pfs.infos import ProjectInfo
from pachlite.pfs.names import DEFAULT_PROJECT, check_project_name
from pachlite.pfs.permissions import ResourceKind, project_resource
from pachlite.store.engine import Engine, as_datetime
from pachlite.store.lookup import find_project
from pachlite.store.repos import mark_repo_deleted
from pachlite.store.roles import forget_roles, make_owner

_COLUMNS = "name, description, created, creator"


class Projects:
    """See `pfs.api.Projects`."""

    _engine: Engine

    def create_project(self, name: str, *, description: str = "") -> ProjectInfo:
        check_project_name(name)

        def create(tx: Transaction) -> None:
            if tx.one("SELECT 1 FROM project WHERE name = ?", name):
                raise ProjectExists(name)
            made = tx.insert(
                "INSERT INTO project (name, description, creator, created) VALUES (?, ?, ?, ?)",
                name,
                description,
                self._engine.user,
                self._engine.clock(),
            )
            make_owner(tx, self._engine, project_resource(name), made)

        self._engine.writer.run(create)
        return self.inspect_project(name)

    def update_project(self, name: str, *, description: str) -> ProjectInfo:
        def update(tx: Transaction) -> None:
            if not tx.execute(
                "UPDATE project SET description = ? WHERE name = ?", description, name
            ):
                raise ProjectNotFound(name)

        self._engine.writer.run(update)
        return self.inspect_project(name)

    def inspect_project(self, name: str) -> ProjectInfo:
        row = self._engine.reader.one(f"SELECT {_COLUMNS} FROM project WHERE name = ?", name)  # noqa: S608
        if row is None:
            raise ProjectNotFound(name)
        return _info(row)

    def list_project(self) -> list[ProjectInfo]:
        rows = self._engine.reader.all(f"SELECT {_COLUMNS} FROM project ORDER BY name")  # noqa: S608
        return [_info(row) for row in rows]

    def delete_project(self, name: str, *, force: bool = False) -> None:
        if name == DEFAULT_PROJECT:
            raise InvalidName("project", name, "the default project cannot be deleted")

        def delete(tx: Transaction) -> None:
            project = find_project(tx, name)
            repos = tx.all(
                "SELECT id, name FROM repo WHERE project = ? AND deleted IS NULL ORDER BY name",
                project,
            )
            if repos and not force:
                raise ProjectNotEmpty(name, f"{name}/{repos[0][1]}")
            for repo, _ in repos:
                mark_repo_deleted(tx, self._engine, repo)
            tx.execute("DELETE FROM project WHERE id = ?", project)
            forget_roles(tx, ResourceKind.PROJECT, project)

        self._engine.writer.run(delete)


def _info(row: tuple) -> ProjectInfo:  # type: ignore[type-arg] # a database row
    name, description, created, creator = row
    return ProjectInfo(name, description, as_datetime(created), creator)
