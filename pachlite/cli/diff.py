"""Show how files differ: their names, unified text, or what a command of the user's says."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Final

from pachlite.cli.arguments import TypedFile
from pachlite.cli.formats import printable, size
from pachlite.cli.selection import find_file, is_directory, missing, pinned
from pachlite.cli.terminal import paint
from pachlite.errors import InvalidOption
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import FileChange, FileInfo, FileType
from pachlite.pfs.paths import as_directory
from pachlite.pfs.refs import CommitRef, FileRef

_MAX_TEXT_BYTES: Final = 1 << 20
"""Comparing longer texts line by line takes too long here; git or diff do it well."""
_EXTERNAL: Final = (("git", "--no-pager", "diff", "--no-index"), ("diff", "-u"))
_COLOURS: Final = {"---": "bold", "+++": "bold", "@@": "cyan", "-": "red", "+": "green"}


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared; `old` is None when there was nothing before."""

    pfs: PFS
    new: FileRef
    old: FileRef | None

    def changes(self) -> Iterator[FileChange]:
        """Yield what differs; raise `FileNotFound` when neither side has anything there."""
        is_empty = True
        for change in self.pfs.diff_file(self.new, self.old):
            is_empty = False
            yield change
        if is_empty and not any(_exists(self.pfs, side) for side in (self.new, self.old)):
            raise missing(self.new.commit, self.new.path)


@dataclass(frozen=True, slots=True)
class Manner:
    """How differences are shown."""

    command: Sequence[str] = ()
    has_colour: bool = False


def compared_sides(pfs: PFS, new: TypedFile, old: TypedFile | None) -> Sides:
    """Look up what is compared: the second defaults to the first in the parent commit."""
    commit = pfs.inspect_commit(new.commit)
    now = FileRef(CommitRef(commit.repo, commit.id), new.path)
    if old:
        path = old.path if old.has_path else new.path
        return Sides(pfs, now, FileRef(pinned(pfs, old.commit), path))
    if not commit.parent_id:
        return Sides(pfs, now, None)
    return Sides(pfs, now, FileRef(CommitRef(commit.repo, commit.parent_id), new.path))


def shallow(changes: Iterable[FileChange], sides: Sides) -> Iterator[FileChange]:
    """Yield one change for everything that differs in a directory directly below the path."""
    last = ""
    for change in changes:
        info = _either(change)
        prefix = as_directory((sides.new if change.new or not sides.old else sides.old).path)
        name, slash, _ = info.path.removeprefix(prefix).partition("/")
        directory = f"{prefix}{name}/"
        if not slash:
            yield change
        elif directory != last:
            last = directory
            yield _as_directory(info, directory)


def name_lines(changes: Iterable[FileChange]) -> Iterator[str]:
    """Yield a table with a row for each side of a change."""
    yield f"{'OP':<3}{'SIZE':<10}NAME\n"
    for change in changes:
        for sign, info in (("-", change.old), ("+", change.new)):
            if info:
                yield f"{sign:<3}{_size(info):<10}{printable(f'/{info.path}')}\n"


def text_lines(changes: Iterable[FileChange], sides: Sides, manner: Manner) -> Iterator[str]:
    """Yield what differs in each file."""
    for change in changes:
        if _is_directory(change):
            yield f"directory /{printable(change.path)} differs\n"
        elif manner.command or _is_long(change):
            yield from _by_command(change, sides, manner)
        else:
            yield from _by_line(change, sides, manner)


def command_of(text: str) -> list[str]:
    """Split a command as a shell would; raise `InvalidOption` when it cannot be found."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InvalidOption(f"--diff-command {text}: {error}") from error
    if not words or shutil.which(words[0]) is None:
        raise InvalidOption(f"--diff-command {text}: there is no such program")
    return words


def _by_line(change: FileChange, sides: Sides, manner: Manner) -> Iterator[str]:
    old = _text(sides.pfs, sides.old, change.old)
    new = _text(sides.pfs, sides.new, change.new)
    if old is None or new is None:
        yield f"binary file /{printable(change.path)} differs ({_sizes(change)})\n"
        return
    before = f"a/{printable(change.old.path)}" if change.old else os.devnull
    after = f"b/{printable(change.new.path)}" if change.new else os.devnull
    for line in unified_diff(_lines(old), _lines(new), before, after):
        ended = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        yield _coloured(ended) if manner.has_colour else ended


def _by_command(change: FileChange, sides: Sides, manner: Manner) -> Iterator[str]:
    """Run a command on copies of both sides, and yield what it prints."""
    command = manner.command or next((each for each in _EXTERNAL if shutil.which(each[0])), ())
    if not command:
        yield f"file /{printable(change.path)} differs ({_sizes(change)})\n"
        return
    with tempfile.TemporaryDirectory(prefix="pachlite-diff-") as directory:
        old = _copy(sides.pfs, sides.old, change.old, Path(directory, "a"))
        new = _copy(sides.pfs, sides.new, change.new, Path(directory, "b"))
        result = subprocess.run(  # noqa: S603 - the user's own command, or git
            [*command, old, new], cwd=directory, stdout=subprocess.PIPE, check=False
        )
    yield result.stdout.decode(errors="replace")


def _copy(pfs: PFS, side: FileRef | None, info: FileInfo | None, root: Path) -> str:
    """Store one side as a local file; return its name as the command shall see it."""
    if side is None or info is None:
        return os.devnull
    # The repo's own name would be nicer to read, but not every key is a name for a disk.
    name = info.path.rpartition("/")[2][:100] or "file"
    root.mkdir()
    with pfs.get_file(FileRef(side.commit, info.path)) as reader, (root / name).open("wb") as file:
        for block in reader.blocks():
            file.write(block)
    return f"{root.name}/{name}"


def _text(pfs: PFS, side: FileRef | None, info: FileInfo | None) -> str | None:
    """Return a side as text; None when it is not text."""
    if side is None or info is None:
        return ""
    with pfs.get_file(FileRef(side.commit, info.path)) as reader:
        content = b"".join(reader.blocks())
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _lines(text: str) -> list[str]:
    """Split at newlines only, so that each line can be put back together."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [
        line for line in text.split("\n")[-1:] if line
    ]


def _coloured(line: str) -> str:
    colour = next((each for start, each in _COLOURS.items() if line.startswith(start)), None)
    return paint(line.removesuffix("\n"), colour) + "\n" if colour else line


def _as_directory(info: FileInfo, path: str) -> FileChange:
    directory = FileInfo(path, FileType.DIR, 0, info.modified_at)
    return FileChange(path, directory, directory)


def _is_directory(change: FileChange) -> bool:
    return _either(change).type is FileType.DIR


def _either(change: FileChange) -> FileInfo:
    info = change.new or change.old
    assert info is not None, "a change has a side"
    return info


def _exists(pfs: PFS, side: FileRef | None) -> bool:
    if side is None:
        return False
    return find_file(pfs, side) is not None or is_directory(pfs, side.commit, side.path)


def _is_long(change: FileChange) -> bool:
    return any(side and side.size_bytes > _MAX_TEXT_BYTES for side in (change.old, change.new))


def _size(info: FileInfo) -> str:
    return "-" if info.type is FileType.DIR else size(info.size_bytes)


def _sizes(change: FileChange) -> str:
    old, new = (size(side.size_bytes) if side else "absent" for side in (change.old, change.new))
    return f"{old} before, {new} now"
