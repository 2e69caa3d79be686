"""Read files of a commit into standard output or onto the disk."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import BinaryIO, Final

from pachlite.cli.arguments import TypedFile
from pachlite.cli.get_plan import Download, plan_get
from pachlite.cli.parallel import Stopped, work_through
from pachlite.cli.progress import Expectation, Meter, is_talkative, progress
from pachlite.cli.selection import selected_below
from pachlite.errors import DiskFull, OutputExists
from pachlite.pfs.api import PFS, FileReader
from pachlite.pfs.infos import FileInfo
from pachlite.pfs.refs import CommitRef, FileRef

_READ_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class GetManner:
    """How to read.

    Attributes:
        offset: Where to begin; for a single file.
        is_resumed: Keep what an output file holds and add what is missing.
    """

    offset: int = 0
    is_resumed: bool = False
    parallelism: int = 1
    is_shown: bool | None = None


def get_to_stdout(pfs: PFS, file: FileRef, offset: int) -> None:
    """Write a file to standard output."""
    with pfs.get_file(file) as reader:
        for block in reader.blocks(offset):
            sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()


def get_to_file(pfs: PFS, file: FileRef, info: FileInfo, output: Path, manner: GetManner) -> None:
    """Write a file to a local one; links are followed, and special files are written to."""
    target = output.resolve()
    if target.is_dir():
        raise OutputExists(str(output), "it is a directory; name the file to write")
    nearest = next(parent for parent in target.parents if parent.exists())
    if not nearest.is_dir():
        raise OutputExists(str(nearest), "it is a file, and a directory is needed")
    expected = Expectation("get", 1, max(info.size_bytes - manner.offset, 0))
    with progress(expected, wanted=manner.is_shown) as meter:
        _get(pfs, file, target, manner, _Watch(meter, Event()))
    _sum_up(meter, manner)


def get_below(pfs: PFS, typed: TypedFile, output: Path, manner: GetManner, *, is_key: bool) -> None:
    """Write everything that was named below a local directory, or nothing of it."""
    if output.exists() and not output.is_dir():
        raise OutputExists(str(output), "it is not a directory")
    selected = selected_below(pfs, typed, is_key=is_key)
    downloads = plan_get(selected.infos, selected.prefix, output)
    size_bytes = sum(each.info.size_bytes for each in downloads)
    output.mkdir(parents=True, exist_ok=True)
    with progress(Expectation("get", len(downloads), size_bytes), wanted=manner.is_shown) as meter:

        def get(download: Download, stop: Event) -> None:
            _get_download(pfs, selected.commit, download, manner, _Watch(meter, stop))

        work_through(downloads, get, count=min(manner.parallelism, len(downloads)))
    _sum_up(meter, manner)


@dataclass(frozen=True, slots=True)
class _Watch:
    """Counts blocks that pass, and lets none pass once everything is given up."""

    meter: Meter
    stop: Event

    def blocks(self, reader: FileReader, offset: int) -> Iterator[bytes]:
        for block in reader.blocks(offset):
            if self.stop.is_set():
                raise Stopped
            yield block
            self.meter.advance(len(block))


def _get_download(
    pfs: PFS, commit: CommitRef, download: Download, manner: GetManner, watch: _Watch
) -> None:
    if download.is_directory:
        download.target.mkdir(parents=True, exist_ok=True)
        watch.meter.finish_file()
        return
    _get(pfs, FileRef(commit, download.info.path), download.target, manner, watch)


def _get(pfs: PFS, file: FileRef, target: Path, manner: GetManner, watch: _Watch) -> None:
    with pfs.get_file(file) as reader:
        if manner.is_resumed and target.is_file():
            _append_missing(reader, target, watch)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            with _written(target, is_kept=manner.is_resumed) as local:
                for block in watch.blocks(reader, manner.offset):
                    local.write(block)
    watch.meter.finish_file()


def _append_missing(reader: FileReader, target: Path, watch: _Watch) -> None:
    """Add what a local file lacks. If that does not make the file that is stored, take it back."""
    present = target.stat().st_size
    if present > reader.info.size_bytes:
        raise OutputExists(str(target), "it is longer than the stored file")
    md5 = _md5_of(target) if _is_md5(reader.info.etag) else None
    with _disk_errors(target), target.open("ab", buffering=0) as local:
        for block in watch.blocks(reader, present):
            local.write(block)
            if md5:
                md5.update(block)
        if md5 and md5.hexdigest() != reader.info.etag:
            local.truncate(present)
            raise OutputExists(str(target), "it does not begin like the stored file")


def _md5_of(path: Path) -> hashlib._Hash:
    md5 = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            md5.update(block)
    return md5


def _is_md5(etag: str) -> bool:
    return bool(etag) and "-" not in etag


@contextmanager
def _written(target: Path, *, is_kept: bool) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its place in the end, when all went well.

    One that is to be resumed is written in its place, and so are pipes and devices.
    """
    if is_kept or (target.exists() and not target.is_file()):
        with _disk_errors(target), target.open("wb") as local:
            yield local
        return
    temporary = target.with_name(f".pachlite-{secrets.token_hex(8)}")
    try:
        with _disk_errors(target), temporary.open("xb") as local:
            yield local
        os.replace(temporary, target)  # noqa: PTH105 - the same, and says what happens
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(str(target.parent)) from error
        error.filename = str(target)  # and not what it is called until it is complete
        raise


def _sum_up(meter: Meter, manner: GetManner) -> None:
    if is_talkative(manner.is_shown):
        sys.stderr.write(meter.summary() + "\n")
