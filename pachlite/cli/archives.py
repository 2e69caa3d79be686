"""What is in tar archives, as sources: every file of an archive, or an error.

An archive is read twice: once to learn what is in it, before anything is written, once for the
content. What is damaged, cut off or holds nothing is found the first time.
"""

from __future__ import annotations

import lzma
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pachlite.cli.sources import source_errors
from pachlite.errors import SourceNotFound, SourceUnavailable

_BLOCK_BYTES: Final = 1 << 20


class TarArchive:
    """A tar archive on this machine. Its members are best read in order, by one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: tarfile.TarFile | None = None

    def members(self) -> Iterator[TarMember]:
        """Yield the files in it. Directories have no content; devices are refused."""
        is_empty = True
        with _archive_errors(str(self.path)), tarfile.open(self.path) as opened:
            for member in opened:
                if member.isdir():
                    continue
                size = _content_size(opened, member)
                if size is None:
                    raise SourceUnavailable(f"{self.path}:{member.name}", "it holds no content")
                is_empty = False
                yield TarMember(self, member, size)
            _check_end(opened)
        if is_empty:
            raise SourceNotFound(str(self.path), reason="there are no files in this archive")

    def content(self, member: tarfile.TarInfo) -> IO[bytes]:
        """Open a member."""
        if self._opened is None:
            self._opened = tarfile.open(self.path)  # noqa: SIM115 - stays open for the next member
        file = self._opened.extractfile(member)
        assert file is not None, "only members with content become sources"
        return file

    def close(self) -> None:
        """Release the archive. It may be read again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


@dataclass(frozen=True, slots=True)
class TarMember:
    """A file in a tar archive."""

    archive: TarArchive
    member: tarfile.TarInfo
    size_bytes: int | None

    @property
    def name(self) -> str:
        """Return the archive and the name in it."""
        return f"{self.archive.path}:{self.member.name}"

    def blocks(self) -> Iterator[bytes]:
        """Yield the content."""
        with _archive_errors(self.name), self.archive.content(self.member) as file:
            while block := file.read(_BLOCK_BYTES):
                yield block


def _content_size(archive: tarfile.TarFile, member: tarfile.TarInfo) -> int | None:
    """Return the size of what a member or the one that it links to holds; None without content."""
    if member.isreg():
        return member.size
    try:
        file = archive.extractfile(member)
    except (KeyError, RecursionError):  # a link out of the archive, or in a circle
        return None
    if file is None:
        return None
    with file:
        return file.seek(0, os.SEEK_END)


def _check_end(archive: tarfile.TarFile) -> None:
    """Raise unless the archive ends where the last member did, and its compression is intact.

    A damaged header looks like the end to `tarfile`: all members behind it would be lost.
    """
    file = archive.fileobj
    assert file is not None, "archives are opened by name"
    file.seek(archive.offset)
    if file.read(tarfile.BLOCKSIZE).strip(tarfile.NUL):
        raise tarfile.ReadError("a header is damaged")
    while file.read(_BLOCK_BYTES):
        pass


@contextmanager
def _archive_errors(name: str) -> Iterator[None]:
    """Turn errors of reading an archive into ours."""
    try:
        with source_errors(name):
            yield
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        reason = str(error).partition(":\n")[0]  # what every decompressor said follows
        raise SourceUnavailable(name, f"not a readable tar archive: {reason}") from error
