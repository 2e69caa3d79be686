"""Delete files, and single versions of files, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pachlite.errors import InvalidArgument, PachliteError
from pachlite.metadata.api import Transaction
from pachlite.pfs.infos import Deletion, DeletionResult, DeletionSummary
from pachlite.pfs.refs import CommitRef
from pachlite.store import lines
from pachlite.store.changes import check_value
from pachlite.store.engine import Engine
from pachlite.store.files import check_version_id, walk
from pachlite.store.filesets import StoredFileSet
from pachlite.store.lines import Row, Snapshot
from pachlite.store.lookup import find_commit_by_id, is_in_history
from pachlite.store.targets import Target, target_of
from pachlite.store.tips import Pen, Place, open_pen
from pachlite.store.values import DELETED


class Deletions:
    """The deleting part of `pfs.api.Files`."""

    _engine: Engine

    def delete_file(self, commit: CommitRef, deletions: Sequence[Deletion]) -> DeletionSummary:
        engine, target = self._engine, target_of(commit, may_create=False)
        target.check(engine.reader)
        wanted = self._expand(target, deletions)
        if len(wanted) > engine.max_direct_changes:
            return self._delete_many(target, wanted)

        def delete(tx: Transaction) -> DeletionSummary:
            session = _Session(tx, engine, target.find_place(tx))
            results = tuple(session.delete(deletion) for deletion in wanted)
            return DeletionSummary(session.finish(), results)

        return engine.writer.run(delete)

    def _expand(self, target: Target, deletions: Sequence[Deletion]) -> list[Deletion]:
        """Replace each recursive deletion by one for every file that is there now."""
        head = target.peek_head(self._engine.reader)
        wanted: list[Deletion] = []
        for deletion in deletions:
            if not deletion.is_recursive:
                wanted.append(deletion)
            elif head is not None:
                rows = walk(self._engine.reader, head.at, deletion.path)
                wanted.extend(Deletion(row.path) for row in rows)
        return wanted

    def _delete_many(self, target: Target, wanted: Sequence[Deletion]) -> DeletionSummary:
        if any(deletion.version for deletion in wanted):
            raise InvalidArgument(
                f"at most {self._engine.max_direct_changes} versions can be deleted in one commit"
            )
        with StoredFileSet(self._engine, target) as changes:
            for deletion in wanted:
                changes.delete_file(deletion.path)
            commit = changes.complete()
        results = (DeletionResult(d, version_id=commit.id, is_marker=True) for d in wanted)
        return DeletionSummary(commit.id, tuple(results))


@dataclass(slots=True)
class _Session:
    """Deletions in one transaction. A commit begins with the first one that changes anything."""

    tx: Transaction
    engine: Engine
    place: Place
    pen: Pen | None = None

    @property
    def view(self) -> Snapshot | None:
        """What is visible, with the deletions done so far."""
        if self.pen is not None:
            return self.pen.at
        return self.place.head.at if self.place.head else None

    def delete(self, deletion: Deletion) -> DeletionResult:
        try:
            if deletion.version:
                return self._delete_version(deletion)
            return self._delete_latest(deletion)
        except PachliteError as error:
            return DeletionResult(deletion, error=error)

    def finish(self) -> str:
        """Add the commit, if there is one; return its id or an empty text."""
        return self.pen.finish(self.tx).hex if self.pen is not None else ""

    def _delete_latest(self, deletion: Deletion) -> DeletionResult:
        view = self.view
        row = lines.get(self.tx, view, deletion.path) if view else None
        if row is None:
            return DeletionResult(deletion)
        check_value(row.value, deletion.precondition)
        pen = self._need_pen()
        pen.write(self.tx, deletion.path, None)
        return DeletionResult(deletion, version_id=pen.id.hex(), is_marker=True)

    def _delete_version(self, deletion: Deletion) -> DeletionResult:
        done = DeletionResult(deletion, version_id=deletion.version)
        row = self._find_version(deletion.path, check_version_id(deletion.version))
        view = self.view
        if row is None or view is None:
            return done
        if row.is_live:
            check_value(row.value, deletion.precondition)
        pen = self._need_pen()
        before = lines.get(self.tx, view, deletion.path)
        lines.delete_version(self.tx, pen.at, view, deletion.path, row.origin)
        after = lines.get(self.tx, pen.at, deletion.path)
        pen.count(before.value if before else None, after.value if after else None)
        is_marker = row.value.kind == DELETED
        return DeletionResult(deletion, version_id=deletion.version, is_marker=is_marker)

    def _find_version(self, path: str, version: bytes) -> Row | None:
        """Return the row that the commit `version` wrote, unless it is hidden already."""
        view = self.view
        if view is None:
            return None
        commit = find_commit_by_id(self.tx, self.place.repo, version)
        if commit is None or not is_in_history(self.tx, commit, view):
            return None
        row = lines.find(self.tx, commit.at, path)
        if row is None or lines.is_hidden(self.tx, view, path, row.origin):
            return None
        writer = lines.kept_commit(self.tx, row.origin, view)
        return row if writer is not None and writer[1] == version else None

    def _need_pen(self) -> Pen:
        if self.pen is None:
            self.pen = open_pen(self.tx, self.engine, self.place)
        return self.pen
