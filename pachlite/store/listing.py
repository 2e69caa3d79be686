"""Pages of a snapshot as S3 lists them: byte order, common prefixes, and globs. Reads only.

A common prefix costs one seek, however many files share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pachlite.metadata.api import Reader
from pachlite.pfs.globs import Glob
from pachlite.pfs.infos import FileInfo, FilePage, FileType
from pachlite.pfs.paths import after_prefix
from pachlite.store import lines
from pachlite.store.deltas import rows_below
from pachlite.store.lines import Row, Snapshot, Span
from pachlite.store.values import brief_info, directory_info, listed_info

_GROWTH: Final = 8  # how many times more files are read at once while no directory comes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page is to show; see `pfs.api.Files.list_file`."""

    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    limit: int = 1000


def common_prefix(path: str, prefix: str, delimiter: str) -> str:
    """Return `path` up to the first delimiter after `prefix`; empty when there is none."""
    if not delimiter:
        return ""
    found = path.find(delimiter, len(prefix))
    return path[: found + len(delimiter)] if found >= 0 else ""


def list_page(q: Reader, at: Snapshot, wanted: Wanted) -> FilePage:
    """Return one page; `next_after` is the last entry when there is more."""
    if wanted.limit <= 0:
        return FilePage(())
    if not wanted.delimiter:
        return _list_all(q, at, wanted)
    entries: list[FileInfo] = []
    for entry in iterate(q, at, wanted):
        if len(entries) == wanted.limit:
            return FilePage(tuple(entries), entries[-1].path)
        entries.append(entry)
    return FilePage(tuple(entries))


def _list_all(q: Reader, at: Snapshot, wanted: Wanted) -> FilePage:
    lower, after = _start(wanted)
    found = lines.scan_columns(
        q,
        at,
        lower=lines.just_after(lower) if after else lower,
        upper=after_prefix(wanted.prefix),
        limit=wanted.limit + 1,
    )
    files = tuple(map(listed_info, found[: wanted.limit]))
    return FilePage(files, files[-1].path if len(found) > wanted.limit else "")


def iterate(q: Reader, at: Snapshot, wanted: Wanted) -> Iterator[FileInfo]:
    """Yield entries in byte order from behind `wanted.after` on."""
    lower, after = _start(wanted)
    lower = lines.just_after(lower) if after else lower
    if wanted.delimiter:
        return _by_skimming(q, at, wanted, lower)
    return _by_seeking(q, at, wanted, lower)


def _by_skimming(q: Reader, at: Snapshot, wanted: Wanted, lower: str) -> Iterator[FileInfo]:
    prefix, delimiter, upper = wanted.prefix, wanted.delimiter, after_prefix(wanted.prefix)
    most = wanted.limit + 1
    while True:
        rows = lines.skim(q, at, Span(prefix, delimiter, lower, upper), limit=most)
        if rows is None:
            yield from _by_seeking(q, at, wanted, lower)
            return
        for row in rows:
            shared = common_prefix(row.path, prefix, delimiter)
            yield directory_info(shared) if shared else brief_info(row.path, row.value)
            lower = after_prefix(shared) if shared else lines.just_after(row.path)
        if len(rows) < most or not lower:
            return


def _by_seeking(q: Reader, at: Snapshot, wanted: Wanted, lower: str) -> Iterator[FileInfo]:
    prefix, delimiter, upper = wanted.prefix, wanted.delimiter, after_prefix(wanted.prefix)
    batch = 1 if delimiter else wanted.limit + 1
    while True:
        rows = _rows_from(q, at, (lower, upper), batch)
        for row in rows:
            shared = common_prefix(row.path, prefix, delimiter)
            if shared:
                yield directory_info(shared)
                lower, batch = after_prefix(shared), 1
                break
            yield brief_info(row.path, row.value)
            lower = lines.just_after(row.path)
        else:
            if len(rows) < batch:
                return
            batch = min(batch * _GROWTH, wanted.limit + 1)
        if not lower:
            return


def _rows_from(q: Reader, at: Snapshot, bounds: tuple[str, str], limit: int) -> list[Row]:
    if limit > 1:
        return lines.scan(q, at, lower=bounds[0], upper=bounds[1], limit=limit)
    row = lines.seek(q, at, *bounds)
    return [row] if row else []


def _start(wanted: Wanted) -> tuple[str, bool]:
    """Return where to seek to, and whether that key itself is to be skipped."""
    if wanted.after.encode() < wanted.prefix.encode():
        return wanted.prefix, False
    shared = common_prefix(wanted.after, wanted.prefix, wanted.delimiter)
    if shared and wanted.after.startswith(wanted.prefix):
        return after_prefix(shared), False
    return wanted.after, bool(wanted.after)


def glob_entries(q: Reader, at: Snapshot, glob: Glob) -> Iterator[FileInfo]:
    """Yield files and directories that match, in byte order; a directory ends in a slash."""
    if glob.literal is not None:
        yield from _literal(q, at, glob.literal)
        return
    depth = None if "**" in glob.pattern else glob.pattern.strip("/").count("/")
    base = glob.prefix[: glob.prefix.rfind("/") + 1]
    if depth is None:
        yield from _glob_deep(q, at, glob, base)
    else:
        yield from _glob_level(q, at, glob, base)


def _literal(q: Reader, at: Snapshot, path: str) -> Iterator[FileInfo]:
    row = lines.get(q, at, path) if path else None
    if row is not None:
        yield brief_info(path, row.value)
    below = path.rstrip("/") + "/" if path.strip("/") else ""
    if below != path and lines.seek(q, at, below, after_prefix(below)) is not None:
        yield directory_info(below)
    if path == "" and lines.seek(q, at, "", "") is not None:
        yield directory_info("/")


def _glob_level(q: Reader, at: Snapshot, glob: Glob, base: str) -> Iterator[FileInfo]:
    """Walk level by level, going down only where the pattern has further segments.

    A group or brace may hold slashes, so the number of levels is what the pattern's slashes allow
    at most.
    """
    levels = glob.pattern.removeprefix("/").count("/") - base.count("/")
    yield from _descend(q, at, glob, base, levels)


def _descend(q: Reader, at: Snapshot, glob: Glob, base: str, levels: int) -> Iterator[FileInfo]:
    prefix = glob.prefix if glob.prefix.startswith(base) else base
    for entry in iterate(q, at, Wanted(prefix, "/", "", limit=1000)):
        if glob.matches(entry.path):
            yield entry
        if levels > 0 and entry.type is FileType.DIR:
            yield from _descend(q, at, glob, entry.path, levels - 1)


def _glob_deep(q: Reader, at: Snapshot, glob: Glob, base: str) -> Iterator[FileInfo]:
    """Scan everything below the fixed part; directories are seen as their first file passes."""
    seen = base
    for row in rows_below(q, at, glob.prefix):
        for directory in _new_directories(seen, row.path):
            if glob.matches(directory):
                yield directory_info(directory)
        seen = row.path
        if glob.matches(row.path):
            yield brief_info(row.path, row.value)


def _new_directories(seen: str, path: str) -> Iterator[str]:
    """Yield the directories of `path` that are not directories of `seen`, outermost first."""
    end = path.find("/")
    while end >= 0:
        directory = path[: end + 1]
        if not seen.startswith(directory) and directory != path:
            yield directory
        end = path.find("/", end + 1)
