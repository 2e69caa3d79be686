"""What can be put: standard input, local files, http(s) URLs. Archives have a file of their own.

A source knows its name and size, can be checked without being read, and yields blocks. Where its
bytes end up is none of its business.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Final, Protocol

from pachlite.errors import SourceNotFound, SourceUnavailable

STDIN: Final = "-"
_BLOCK_BYTES: Final = 1 << 20
_HTTP_TIMEOUT_S: Final = 30.0
_HTTP_NOT_FOUND: Final = 404
_HTTP_OK: Final = 200
_SPECIAL_KINDS: Final = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Source(Protocol):
    """Bytes to be put."""

    @property
    def name(self) -> str:
        """What to call it in messages."""
        ...

    @property
    def size_bytes(self) -> int | None:
        """How much it holds, if that is known before it is read."""
        ...

    def blocks(self) -> Iterator[bytes]:
        """Yield the content; raise `SourceUnavailable` when it ends early."""
        ...


@dataclass(frozen=True, slots=True)
class StandardInput:
    """What is piped or typed into the command."""

    name: str = "standard input"
    size_bytes: int | None = None

    def blocks(self) -> Iterator[bytes]:
        """Yield the content; say so when that means waiting for somebody to type."""
        if sys.stdin is None:
            raise SourceUnavailable(self.name, "it is closed")
        read: Callable[[int], bytes] = sys.stdin.buffer.read
        if sys.stdin.isatty():
            sys.stderr.write("reading from the terminal; end with Ctrl-D\n")
            sys.stderr.flush()
            read = partial(os.read, sys.stdin.fileno())  # a buffer would want Ctrl-D twice
        while block := read(_BLOCK_BYTES):
            yield block


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A regular file on this machine. There may be a million: the name is all it keeps."""

    name: str
    size_bytes: int | None

    def blocks(self) -> Iterator[bytes]:
        """Yield the content. What is appended meanwhile belongs to it."""
        with source_errors(self.name), Path(self.name).open("rb", buffering=0) as file:
            while block := file.read(_BLOCK_BYTES):
                yield block
            self._check_end(file)

    def _check_end(self, file: FileIO) -> None:
        """Refuse a file that was cut: what was read is neither the old content nor the new one."""
        size_bytes = os.fstat(file.fileno()).st_size
        if size_bytes < (self.size_bytes or 0):
            raise SourceUnavailable(self.name, "it became shorter while it was read")


@dataclass(frozen=True, slots=True)
class Url:
    """What a web server answers to a GET, byte for byte."""

    name: str
    size_bytes: int | None = None

    def blocks(self) -> Iterator[bytes]:
        """Yield the body of the answer, without asking for compression."""
        import httpx  # slow to import

        request = httpx.stream(
            "GET",
            self.name,
            follow_redirects=True,
            timeout=_HTTP_TIMEOUT_S,
            headers={"Accept-Encoding": "identity"},
        )
        try:
            with request as response:
                self._check_status(response.status_code, response.reason_phrase)
                yield from response.iter_raw(_BLOCK_BYTES)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceUnavailable(self.name, str(error) or type(error).__name__) from error

    def _check_status(self, status: int, phrase: str) -> None:
        if status == _HTTP_NOT_FOUND:
            raise SourceNotFound(self.name, reason="the server answers 404 Not Found")
        if status != _HTTP_OK:
            raise SourceUnavailable(self.name, f"the server answers {status} {phrase}")


def local_file(name: str) -> LocalFile:
    """Return a regular file that can be opened; raise `SourceNotFound` or `SourceUnavailable`."""
    with source_errors(name):
        status = os.stat(name)  # noqa: PTH116 - called for every file of a tree
        kind = _SPECIAL_KINDS.get(stat.S_IFMT(status.st_mode))
        if kind is None:
            os.close(os.open(name, os.O_RDONLY))
    if kind is not None:
        error = SourceUnavailable(name, f"it is {kind}, not a regular file")
        error.hint = "pipe it in: command | pachlite put file repo@branch:/path -f -"
        raise error
    return LocalFile(name, status.st_size)


def files_below(directory: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the relative path of every file below a directory, links followed.

    Raises:
        SourceUnavailable: A link leads to a directory that contains it.
    """
    pending = [(directory, "", frozenset({_identity(directory)}))]
    while pending:
        here, relative, ancestors = pending.pop()
        with source_errors(here):
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        for entry in entries:
            path = f"{relative}{entry.name}"
            if not entry.is_dir():
                yield entry.path, path
                continue
            identity = _identity(entry.path)
            if identity in ancestors:
                raise SourceUnavailable(entry.path, "it is a link to a directory that contains it")
            pending.append((entry.path, f"{path}/", ancestors | {identity}))


def _identity(directory: str) -> tuple[int, int]:
    with source_errors(directory):
        status = Path(directory).stat()
    return status.st_dev, status.st_ino


@contextmanager
def source_errors(name: str) -> Iterator[None]:
    """Turn errors of reading into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceNotFound(name) from error
    except OSError as error:
        raise SourceUnavailable(name, (error.strerror or str(error)).lower()) from error
