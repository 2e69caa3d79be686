"""Which paths may differ between two snapshots: the rows written since they parted. Reads only."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from pachlite.metadata.api import Reader
from pachlite.pfs.paths import after_prefix
from pachlite.store import lines
from pachlite.store.lines import Row, Snapshot

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The commits of a line with a seq in (low, high]."""

    line: int
    low: int
    high: int


def paths_between(
    q: Reader, old: Snapshot | None, new: Snapshot, prefix: str = ""
) -> Iterator[str]:
    """Yield, in byte order and once each, every path written on either side since they parted.

    A path that is not yielded has the same value in both snapshots.
    """
    if old is None:
        yield from (row.path for row in rows_below(q, new, prefix))
        return
    stretches = _parted(lines.ancestry(q, old), lines.ancestry(q, new))
    if stretches is None:
        sides = (rows_below(q, old, prefix), rows_below(q, new, prefix))
        paths = heapq.merge(*((row.path for row in side) for side in sides), key=_bytes)
    else:
        paths = heapq.merge(*(_changed(q, s, prefix) for s in stretches), key=_bytes)
    for path, _ in groupby(paths):
        yield path


def rows_below(q: Reader, at: Snapshot, prefix: str) -> Iterator[Row]:
    """Yield every live row whose path starts with `prefix`, in byte order."""
    lower, upper, after = prefix, after_prefix(prefix), False
    while True:
        rows = lines.scan(q, at, lower=lower, upper=upper, limit=_PAGE, after=after)
        yield from rows
        if len(rows) < _PAGE:
            return
        lower, after = rows[-1].path, True


def _parted(old: list[Snapshot], new: list[Snapshot]) -> list[_Stretch] | None:
    """Return the stretches of both ancestries since they parted; None if they share nothing."""
    bounds = {at.line: at.seq for at in old}
    shared = next((at for at in new if at.line in bounds), None)
    if shared is None:
        return None
    fork = min(shared.seq, bounds[shared.line])
    return _since(old, shared.line, fork) + _since(new, shared.line, fork)


def _since(chain: list[Snapshot], line: int, fork: int) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    for at in chain:
        if at.line == line:
            if at.seq > fork:
                stretches.append(_Stretch(line, fork, at.seq))
            break
        stretches.append(_Stretch(at.line, 0, at.seq))
    return stretches


def _changed(q: Reader, stretch: _Stretch, prefix: str) -> Iterator[str]:
    after = ""
    while True:
        paths = lines.changed(q, stretch.line, stretch.low, stretch.high, after=after, limit=_PAGE)
        yield from (path for path in paths if path.startswith(prefix))
        if len(paths) < _PAGE:
            return
        after = paths[-1]


def _bytes(path: str) -> bytes:
    return path.encode()
