"""Deleting one version of a path, which may make the one before it current again."""

from __future__ import annotations

from pachlite.metadata.api import Reader, Transaction
from pachlite.store.line_hidden import hide
from pachlite.store.line_kept import newest, row_at
from pachlite.store.line_reads import ancestry, just_after
from pachlite.store.line_values import DELETED, NOWHERE, Snapshot, Value
from pachlite.store.line_versions import versions
from pachlite.store.line_writes import find_top, load_line, place, retract

_NEVER_WAS = Value(DELETED, vline=NOWHERE.line, vseq=NOWHERE.seq)


def delete_version(
    tx: Transaction, at: Snapshot, view_before: Snapshot, path: str, position: Snapshot
) -> None:
    """Delete the version of a path that stands at `position`, from the commit `at` on.

    If it was the latest, the version before it is current again; a path without one becomes absent,
    and no delete marker says so.

    Args:
        at: The open commit at the tip of its line, or the next one to be.
        view_before: What is looked at until then; for an open commit, `at` itself.
    """
    row = row_at(tx, position, path)
    made_at = row.origin if row else position
    if made_at != at:
        hide(tx, at, path, made_at)
    if _shown(tx, view_before, path) == made_at:
        _show(tx, at, path, _version_before(tx, view_before, path, made_at))


def _show(tx: Transaction, at: Snapshot, path: str, value: Value) -> None:
    """Make a path show an older version; without a row, when the commit before shows it already."""
    line = load_line(tx, at.line)
    if _shown(tx, Snapshot(at.line, at.seq - 1), path) == (value.vline, value.vseq):
        retract(tx, line, at.seq, path)
    else:
        place(tx, line, at.seq, path, value, find_top(tx, line, path))


def _version_before(q: Reader, view: Snapshot, path: str, made_at: Snapshot) -> Value:
    """Return what restores the newest version of a path other than the one made at `made_at`."""
    for version in versions(q, view, lower=path, upper=just_after(path), limit=2):
        row = row_at(q, version.position, path)
        if row is not None and row.origin != made_at:
            return row.value._replace(vline=row.origin.line, vseq=row.origin.seq)
    return _NEVER_WAS


def _shown(q: Reader, view: Snapshot, path: str) -> Snapshot:
    """Return the origin of what a path shows; of a delete marker too, which `find` may not have."""
    row = newest(q, ancestry(q, view), path)
    return row.origin if row else NOWHERE
