"""Which local file each key is written to, and whether the disk can hold them all. Before writing.

Keys are any text; a disk knows directories, reserved names, links, and perhaps no difference
between upper and lower case.
"""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pachlite.errors import InvalidPath, OutputExists
from pachlite.pfs.infos import FileInfo

_MAX_NAME_BYTES: Final = 255


@dataclass(frozen=True, slots=True)
class Download:
    """A file and where it goes. `relative` ends in a slash for a directory that is to be made."""

    info: FileInfo
    relative: str
    target: Path

    @property
    def is_directory(self) -> bool:
        """Whether it is the empty file by which S3 clients mark a directory."""
        return self.relative.endswith("/")


def plan_get(infos: Iterable[FileInfo], prefix: str, output: Path) -> list[Download]:
    """Return what goes where below `output`, keys without `prefix`.

    Raises:
        InvalidPath: A key would leave the output directory, or the disk cannot hold two of them.
        OutputExists: Something else is in the way.
    """
    downloads = [_download(info, prefix, output) for info in infos]
    downloads = [each for each in downloads if each.relative]
    _refuse_clashes(downloads)
    _refuse_same_names(downloads, output)
    _refuse_obstacles(downloads, output)
    return downloads


def _download(info: FileInfo, prefix: str, output: Path) -> Download:
    is_below = info.path.startswith(prefix)
    relative = info.path[len(prefix) :] if is_below else info.path.rpartition("/")[2]
    if relative:
        _check_segments(info, relative)
    return Download(info, relative, output / relative)


def _check_segments(info: FileInfo, relative: str) -> None:
    is_marker = relative.endswith("/") and info.size_bytes == 0
    for segment in (relative[:-1] if is_marker else relative).split("/"):
        if reason := _segment_fault(segment):
            error = InvalidPath(f"/{info.path}", reason)
            error.hint = "nothing was written; get this file alone with --key and -o"
            raise error


def _segment_fault(segment: str) -> str:
    if not segment:
        return "a disk has no file with an empty name between or behind slashes"
    if segment in {".", ".."}:
        return "it would leave the output directory"
    if len(segment.encode()) > _MAX_NAME_BYTES:
        return f"a disk has no name of more than {_MAX_NAME_BYTES} bytes"
    return ""


def _refuse_clashes(downloads: Sequence[Download]) -> None:
    """Refuse a file below a file."""
    files = {each.relative: each for each in downloads if not each.is_directory}
    for each in downloads:
        for parent in _parents(each.relative):
            if parent in files:
                _refuse_pair(files[parent], each, "a file and a directory of the same name")


def _refuse_same_names(downloads: Sequence[Download], output: Path) -> None:
    """Refuse names that this disk takes for the same, such as `A` and `a`."""
    seen: dict[str, tuple[str, Download]] = {}
    for each in downloads:
        for path in (*_parents(each.relative), each.relative.rstrip("/")):
            other, first = seen.setdefault(_folded(path), (path, each))
            if first.relative == each.relative and first is not each:
                _refuse_pair(first, each, "one name for two files")
            if other != path and _is_same_on_disk(output, other, path):
                _refuse_pair(first, each, "names that are the same to this disk")


def _refuse_pair(first: Download, second: Download, reason: str) -> None:
    error = InvalidPath(f"/{second.info.path}", f"with /{first.info.path} it needs {reason}")
    error.hint = "nothing was written; get them one by one with -o"
    raise error


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _is_same_on_disk(output: Path, first: str, second: str) -> bool:
    """Try it out, in a directory of its own on the disk that will be written."""
    existing = next(path for path in (output, *output.absolute().parents) if path.is_dir())
    pairs = zip(first.split("/"), second.split("/"), strict=True)
    one, other = next((left, right) for left, right in pairs if left != right)
    with tempfile.TemporaryDirectory(dir=existing, prefix=".pachlite-") as name:
        Path(name, one).touch()
        return Path(name, other).exists()


def _refuse_obstacles(downloads: Sequence[Download], output: Path) -> None:
    checked: set[str] = set()
    root = output.resolve()
    for each in downloads:
        for parent in _parents(each.relative):
            if parent not in checked:
                checked.add(parent)
                _check_directory(output / parent, root)
        if each.is_directory:
            _check_directory(each.target, root)
        elif each.target.is_dir():
            raise OutputExists(str(each.target), "it is a directory, and a file is to be written")


def _check_directory(path: Path, root: Path) -> None:
    if path.exists() and not path.is_dir():
        raise OutputExists(str(path), "it is a file, and a directory is needed")
    if os.path.lexists(path) and not path.resolve().is_relative_to(root):
        raise OutputExists(str(path), "it is a link that leaves the output directory")


def _parents(relative: str) -> Iterator[str]:
    """Yield the directories above a relative path, the nearest first, without the root."""
    end = relative.rstrip("/").rfind("/")
    while end > 0:
        yield relative[:end]
        end = relative.rfind("/", 0, end)
