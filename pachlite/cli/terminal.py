"""What standard output and error are connected to: colours, letters, a pager, a broken pipe."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Final, TextIO

_RESET: Final = "\x1b[0m"
_COLOURS: Final = {"red": "\x1b[31m", "green": "\x1b[32m", "cyan": "\x1b[36m", "bold": "\x1b[1m"}
_DEFAULT_PAGER: Final = "less -RFX"


def has_colour(stream: IO[str], environment: Mapping[str, str]) -> bool:
    """Say whether to colour: on a terminal that can, unless `NO_COLOR` is set."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()


def paint(text: str, colour: str) -> str:
    """Return `text` in a colour."""
    return f"{_COLOURS[colour]}{text}{_RESET}"


def takes_any_letter(stream: TextIO) -> bool:
    """Say whether a stream can carry every character as it is."""
    return stream.encoding.lower().startswith("utf")


def mute_stdout() -> None:
    """Send what is still buffered nowhere: whoever read standard output has gone."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def write_paged(pieces: Iterable[str], *, is_paged: bool) -> None:
    """Write to standard output, through `$PAGER` when that is wanted and it is a terminal."""
    if not (is_paged and sys.stdout.isatty()):
        for piece in pieces:
            sys.stdout.write(piece)
        return
    with _pager() as stream, suppress(BrokenPipeError):  # the reader may leave before the end
        for piece in pieces:
            stream.write(piece)


@contextmanager
def _pager() -> Iterator[IO[str]]:
    """Start the pager; one that cannot be started costs a warning, not the output."""
    command = shlex.split(os.environ.get("PAGER", "") or _DEFAULT_PAGER)
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own pager
            command, stdin=subprocess.PIPE, text=True, encoding="utf-8"
        )
    except OSError as error:
        sys.stderr.write(f"warning: cannot start the pager {command[0]}: {error.strerror}\n")
        yield sys.stdout
        return
    assert process.stdin is not None
    try:
        yield process.stdin
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()
