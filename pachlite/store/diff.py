"""What differs between two trees of files. It costs what was changed since they parted."""

from __future__ import annotations

from collections.abc import Iterator

from pachlite.pfs.infos import FileChange, FileInfo
from pachlite.pfs.paths import as_directory
from pachlite.pfs.refs import FileRef
from pachlite.store import lines
from pachlite.store.deltas import paths_between
from pachlite.store.engine import Engine
from pachlite.store.files import walk
from pachlite.store.lines import Row, Snapshot
from pachlite.store.lookup import find_commit, parent_of
from pachlite.store.values import brief_info


class Diffs:
    """The comparing part of `pfs.api.Files`."""

    _engine: Engine

    def diff_file(self, new: FileRef, old: FileRef | None = None) -> Iterator[FileChange]:
        q = self._engine.reader
        after = find_commit(q, new.commit)
        if old is None:
            parent = parent_of(q, after.at)
            return self._same_path(parent.at if parent else None, after.at, new.path)
        before = find_commit(q, old.commit)
        if before.repo == after.repo and old.path == new.path:
            return self._same_path(before.at, after.at, new.path)
        return self._two_trees((before.at, old.path), (after.at, new.path))

    def _same_path(self, old: Snapshot | None, new: Snapshot, path: str) -> Iterator[FileChange]:
        q = self._engine.reader
        for changed in paths_between(q, old, new, path):
            if not _is_below(changed, path):
                continue
            before = lines.get(q, old, changed) if old else None
            change = _compare(changed, before, lines.get(q, new, changed))
            if change is not None:
                yield change

    def _two_trees(
        self, old: tuple[Snapshot, str], new: tuple[Snapshot, str]
    ) -> Iterator[FileChange]:
        """Merge two sorted walks by the path below each root."""
        left, right = self._relative(*old), self._relative(*new)
        a, b = next(left, None), next(right, None)
        while a is not None or b is not None:
            if b is None or (a is not None and a[0].encode() < b[0].encode()):
                assert a is not None
                yield FileChange(a[1].path, _info(a[1]), None)
                a = next(left, None)
            elif a is None or b[0].encode() < a[0].encode():
                yield FileChange(b[1].path, None, _info(b[1]))
                b = next(right, None)
            else:
                change = _compare(b[1].path, a[1], b[1])
                if change is not None:
                    yield change
                a, b = next(left, None), next(right, None)

    def _relative(self, at: Snapshot, root: str) -> Iterator[tuple[str, Row]]:
        base = as_directory(root)
        for row in walk(self._engine.reader, at, root):
            yield ("" if row.path == root else row.path[len(base) :]), row


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(as_directory(root))


def _compare(path: str, old: Row | None, new: Row | None) -> FileChange | None:
    """Return the change of a path; None when the content is the same on both sides."""
    if old is not None and new is not None and _is_same_content(old, new):
        return None
    if old is None and new is None:
        return None
    return FileChange(path, _info(old) if old else None, _info(new) if new else None)


def _is_same_content(old: Row, new: Row) -> bool:
    """Equal digests, or equal sizes and plain MD5s: chunks may be cut differently."""
    a, b = old.value, new.value
    if a.size != b.size:
        return False
    return a.chash == b.chash or (not a.nparts and not b.nparts and a.etag == b.etag)


def _info(row: Row) -> FileInfo:
    return brief_info(row.path, row.value)
