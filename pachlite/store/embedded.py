"""The embedded file system, assembled from its nouns: SQLite and a directory, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from types import TracebackType
from typing import Final, Self, TypeVar

from pachlite.content.blobs import Blobs
from pachlite.metadata.api import Transaction
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import StoreInfo
from pachlite.pfs.permissions import check_individual
from pachlite.store.access import AccessCheck
from pachlite.store.auth import Auth
from pachlite.store.bindings import Bindings
from pachlite.store.branches import Branches
from pachlite.store.commits import Commits
from pachlite.store.credentials import Credentials
from pachlite.store.deletions import Deletions
from pachlite.store.diff import Diffs
from pachlite.store.engine import Clock, Engine
from pachlite.store.files import Files
from pachlite.store.format import OpenStore
from pachlite.store.guard import guarded
from pachlite.store.projects import Projects
from pachlite.store.repos import Repos
from pachlite.store.settings import Settings
from pachlite.store.upkeep import Upkeep
from pachlite.store.uploads import Uploads
from pachlite.store.versions import Versions
from pachlite.store.writer import GroupWriter
from pachlite.store.writes import Writes

T = TypeVar("T")
MAX_DIRECT_CHANGES: Final = 1000
_MAX_VIEWS: Final = 1000


class EmbeddedPFS(
    Projects,
    Repos,
    Branches,
    Settings,
    Commits,
    Files,
    Writes,
    Deletions,
    Diffs,
    Versions,
    Uploads,
    Auth,
    Credentials,
    Bindings,
):
    """See `pfs.api.PFS`. Any number of processes may use one store at once."""

    def __init__(
        self,
        parts: OpenStore,
        info: StoreInfo,
        *,
        user: str,
        clock: Clock,
        max_direct_changes: int = MAX_DIRECT_CHANGES,
    ) -> None:
        def run(mutation: Callable[[Transaction], T], /) -> T:
            return writer.run(mutation)

        blobs = Blobs(parts.database, parts.objects, run, clock)
        writer = GroupWriter(parts.database, blobs)
        self._upkeep = Upkeep(parts.database, writer, clock)
        self._engine = Engine(
            parts.database, blobs, writer, clock, user, self._upkeep.request, max_direct_changes
        )
        self._parts = parts
        self._store_info = info
        self._access = AccessCheck(parts.database.reader)
        self._views: dict[str, PFS] = {}
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<EmbeddedPFS {self._store_info.location}{' closed' if self._is_closed else ''}>"

    @property
    def reads_inline(self) -> bool:
        return True

    def inspect_store(self) -> StoreInfo:
        return self._store_info

    def acting_as(self, subject: str) -> PFS:
        view = self._views.get(subject)
        if view is None:
            acting = copy(self)
            acting._engine = replace(self._engine, user=subject, subject=check_individual(subject))
            if len(self._views) >= _MAX_VIEWS:
                self._views.clear()
            view = self._views[subject] = guarded(acting, self._access, subject)
        return view

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._upkeep.close()
        self._engine.writer.close()
        self._engine.blobs.close()
        self._parts.objects.close()
        self._parts.database.close()
