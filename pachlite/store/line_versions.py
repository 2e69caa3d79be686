"""Listing the versions of paths: by path, newest first. What a version is, `line_kept` says."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Final

from pachlite.metadata.api import Reader
from pachlite.store.line_hidden import hidden_between
from pachlite.store.line_kept import ancestry_of, find_kept, newest, rows_of_path, shown_at
from pachlite.store.line_reads import ancestry, just_after
from pachlite.store.line_values import (
    END_OF_PATHS,
    NOWHERE,
    Snapshot,
    Value,
    VersionRow,
    sql,
)

_PATH: Final = itemgetter(0)
_VLINE: Final = 3 + Value._fields.index("vline")  # behind path, line and seq; `vseq` follows
_ROWS: Final = sql("""
    SELECT path, line, seq, $brief, $commit_id FROM ent e
    WHERE line = ? AND path >= ? AND path < ? AND seq > 0 AND seq <= ?
    UNION ALL
    SELECT path, line, seq, $brief, $commit_id FROM hist e
    WHERE line = ? AND path >= ? AND path < ? AND seq > 0 AND seq <= ?
    ORDER BY path, seq DESC LIMIT ?""")


def versions(
    q: Reader,
    view: Snapshot,
    *,
    lower: str,
    upper: str,
    after_path: str = "",
    after_position: Snapshot | None = None,
    limit: int,
) -> list[VersionRow]:
    """Return the first `limit` versions of the paths with lower <= path < upper, seen from `view`.

    Values come without `parts`.

    Args:
        upper: Empty for no bound.
        after_path: Leave out this path and those before it.
        after_position: But not the versions of `after_path` that are older than the one that was
            made here, or that belongs to the commit here.
    """
    listing = _Listing(q, view, limit)
    if after_path >= lower and after_path:
        lower = just_after(after_path)
        if after_position is not None:
            listing.resume(after_path, after_position)
    listing.read(lower, upper or END_OF_PATHS)
    return listing.page


def find_version(q: Reader, view: Snapshot, path: str, commit: Snapshot) -> VersionRow | None:
    """Return the version of a path that the kept commit at `commit` names, seen from `view`."""
    return _Listing(q, view, 1).find(path, commit)


class _Listing:
    """A page of versions in the making.

    Attributes:
        path: The path that is being listed.
        commit: The commit to which the last row seen belongs; older rows of it are not shown.
        latest: The origin of the version that `path` shows now.
    """

    def __init__(self, q: Reader, view: Snapshot, limit: int) -> None:
        self.q = q
        self.chain = ancestry(q, view)
        self.limit = limit
        self.page: list[VersionRow] = []
        self.path = ""
        self.commit: bytes | None = None
        self.latest = NOWHERE

    @property
    def is_full(self) -> bool:
        return len(self.page) >= self.limit

    def resume(self, path: str, position: Snapshot) -> None:
        """Take the versions of a path that are older than the one at `position`."""
        kept = find_kept(self.q, self.chain, position)
        if kept is not None and self._enter(path):
            self.commit = kept.id
            self._read_path(path, ancestry_of(self.chain, position))

    def find(self, path: str, commit: Snapshot) -> VersionRow | None:
        """Return the version that a commit names."""
        if find_kept(self.q, self.chain, commit) is None or not self._enter(path):
            return None
        row = newest(self.q, ancestry_of(self.chain, commit), path)
        kept = find_kept(self.q, self.chain, row.at) if row else None
        if row is not None and kept is not None and kept.at == commit:
            self._take([(row.path, *row.at, *row.value, kept.id)])
        return self.page[0] if self.page else None

    def read(self, lower: str, upper: str) -> None:
        """Take all versions of a range of paths."""
        while not self.is_full:
            rows: list[tuple[Any, ...]] = []
            horizon = END_OF_PATHS
            for at in self.chain:
                arm, reached = self._read_arm(at, lower, upper)
                rows += arm
                horizon = min(horizon, reached)
            rows.sort(key=_PATH)  # stable: of a path, the newest row stays in front
            self._take([row for row in rows if row[0] < horizon])
            if horizon == END_OF_PATHS:
                return
            self._read_path(horizon, self.chain)
            lower = just_after(horizon)

    def _enter(self, path: str) -> bool:
        """Begin in the midst of a path; say whether it has any rows."""
        top = newest(self.q, self.chain, path)
        if top is not None:
            self.path, self.commit, self.latest = path, None, top.origin
        return top is not None

    def _read_arm(self, at: Snapshot, lower: str, upper: str) -> tuple[list[tuple[Any, ...]], str]:
        """Return what was written on a line, and before which path that is complete."""
        arm = (at.line, lower, upper, at.seq)
        rows = self.q.all(_ROWS, *arm, *arm, self.limit)
        return rows, END_OF_PATHS if len(rows) < self.limit else rows[-1][0]

    def _read_path(self, path: str, chain: list[Snapshot]) -> None:
        for rows in rows_of_path(self.q, chain, path, batch=self.limit):
            self._take(rows)
            if self.is_full:
                return

    def _take(self, rows: list[tuple[Any, ...]]) -> None:
        """Add to the page the versions for which rows stand; they come newest first."""
        if not rows or self.is_full:
            return
        hidden = hidden_between(self.q, self.chain[0], rows[0][0], rows[-1][0])
        for columns in rows:
            at, made_at = _positions(columns)
            if columns[0] != self.path:
                self.path, self.commit, self.latest = columns[0], None, made_at
            commit = columns[-1] or self._commit_after(at)
            if commit is None or commit == self.commit:
                continue
            self.commit = commit
            if hidden and (self.path, made_at) in hidden:
                continue
            if made_at is at or self._stands_for(at, made_at):
                value = tuple.__new__(Value, columns[3:-1])
                self.page.append(VersionRow(self.path, at, commit, value, made_at == self.latest))
                if self.is_full:
                    return

    def _stands_for(self, at: Snapshot, made_at: Snapshot) -> bool:
        """Say whether a row that restores a version is what is listed of it."""
        return made_at != NOWHERE and shown_at(self.q, self.chain, self.path, made_at) == at

    def _commit_after(self, position: Snapshot) -> bytes | None:
        kept = find_kept(self.q, self.chain, position)
        return None if kept is None else kept.id


def _positions(columns: tuple[Any, ...]) -> tuple[Snapshot, Snapshot]:
    """Return the position of a row, and where the version was made that it shows."""
    at = tuple.__new__(Snapshot, columns[1:3])
    if columns[_VLINE] is None:
        return at, at
    return at, tuple.__new__(Snapshot, columns[_VLINE : _VLINE + 2])
