"""Keep the body of a slow upload on disk until it is whole. Its methods run in worker threads."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from pachlite.errors import DiskFull, Unavailable

_BLOCK_BYTES: Final = 1024 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Spool:
    """A file without a name: it is gone with the process, however that ends."""

    def __init__(self, directory: Path | None) -> None:
        try:
            self._file = TemporaryFile(buffering=0, dir=directory)  # noqa: SIM115 - closed by close
        except OSError as error:
            raise _failure(error) from error

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append pieces of the body.

        Raises:
            DiskFull: There is no space for them.
            Unavailable: The disk failed.
        """
        try:
            for piece in pieces:
                rest = memoryview(piece)
                while rest:
                    rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise _failure(error) from error

    def blocks(self) -> Iterator[bytes]:
        """Yield everything that was written."""
        self._file.seek(0)
        while block := self._file.read(_BLOCK_BYTES):
            yield block

    def close(self) -> None:
        """Give the space back. Harmless twice."""
        self._file.close()


def _failure(error: OSError) -> DiskFull | Unavailable:
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in _FULL:
        return DiskFull("the disk where slow uploads wait")
    return Unavailable(f"a slow upload cannot be kept on disk: {reason}")
