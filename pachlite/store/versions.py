"""The history of files as S3 lists it: every version of every key, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pachlite.metadata.api import Reader
from pachlite.pfs.infos import FileInfo, VersionPage
from pachlite.pfs.paths import after_prefix
from pachlite.pfs.refs import CommitRef
from pachlite.store import lines
from pachlite.store.engine import Engine
from pachlite.store.files import check_version_id
from pachlite.store.lines import Snapshot, VersionRow
from pachlite.store.listing import Wanted, common_prefix
from pachlite.store.lookup import find_commit, find_commit_by_id
from pachlite.store.values import brief_info, directory_info

_PAGE: Final = 1000


class Versions:
    """See `pfs.api.Versions`."""

    _engine: Engine

    def list_version(
        self,
        commit: CommitRef,
        *,
        prefix: str = "",
        delimiter: str = "",
        after_path: str = "",
        after_version: str = "",
        limit: int = 1000,
    ) -> VersionPage:
        q = self._engine.reader
        view = find_commit(q, commit)
        position = None
        if after_version:
            marker = find_commit_by_id(q, view.repo, check_version_id(after_version))
            position = marker.at if marker else None
        cursor = _Cursor(q, view.at, Wanted(prefix, delimiter, after_path, limit), position)
        return _page(cursor, limit)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a version listing begins and what it shows."""

    q: Reader
    view: Snapshot
    wanted: Wanted
    position: Snapshot | None

    def entries(self) -> Iterator[FileInfo]:
        """Yield versions, delete markers and common prefixes from behind the cursor on."""
        prefix, delimiter = self.wanted.prefix, self.wanted.delimiter
        path, position = self._start()
        lower = prefix
        while True:
            rows = lines.versions(
                self.q,
                self.view,
                lower=lower,
                upper=after_prefix(prefix),
                after_path=path,
                after_position=position,
                limit=_PAGE,
            )
            for row in rows:
                shared = common_prefix(row.path, prefix, delimiter)
                if shared:
                    yield directory_info(shared)
                    lower, path, position = after_prefix(shared), "", None
                    break
                yield _info(row)
                path, position = row.path, row.position
            else:
                if len(rows) < _PAGE:
                    return
            if not lower and not path:
                return

    def _start(self) -> tuple[str, Snapshot | None]:
        after = self.wanted.after
        shared = common_prefix(after, self.wanted.prefix, self.wanted.delimiter)
        if shared and after.startswith(self.wanted.prefix):
            return shared + "\U0010ffff" * 4, None
        return after, self.position


def _page(cursor: _Cursor, limit: int) -> VersionPage:
    entries: list[FileInfo] = []
    if limit <= 0:
        return VersionPage(())
    for entry in cursor.entries():
        if len(entries) == limit:
            last = entries[-1]
            return VersionPage(tuple(entries), last.path, last.version_id)
        entries.append(entry)
    return VersionPage(tuple(entries))


def _info(row: VersionRow) -> FileInfo:
    return brief_info(row.path, row.value)._replace(
        version_id=row.commit_id.hex(),
        is_latest=row.is_latest,
    )
