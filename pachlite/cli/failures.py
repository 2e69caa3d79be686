"""Every way in which a command can fail, as one value that can be printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import typer

from pachlite.cli.context import environment, has_fine_exit_codes
from pachlite.cli.exit_codes import FAILURE, USAGE, exit_code
from pachlite.cli.formats import printable
from pachlite.cli.terminal import has_colour, paint, takes_any_letter
from pachlite.errors import PachliteError


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, what to do about it, and the fine exit code.

    Attributes:
        usage: How the command is called; only where it was called otherwise.
    """

    code: str
    message: str
    hint: str = ""
    exit_code: int = FAILURE
    usage: str = ""


def failure_of(error: Exception) -> Failure:
    """Describe an error; one that nobody foresaw is a bug and says so."""
    for kind, describe in _DESCRIPTIONS:
        if isinstance(error, kind):
            return describe(error)
    return Failure(
        "internal_error",
        f"unexpected {type(error).__name__}: {error}",
        "this is a defect of pachlite; --verbose shows where it happened",
    )


def report(failure: Failure, *, is_json: bool) -> int:
    """Print a failure on standard error, for `-o json` also as the result; return the exit code."""
    prefix = "error:"
    if has_colour(sys.stderr, environment()):
        prefix = paint(prefix, "red")
    lines = [failure.usage, f"{prefix} {printable(failure.message)}"]
    lines += [f"hint: {printable(failure.hint)}"] if failure.hint else []
    sys.stderr.write("".join(f"{line}\n" for line in lines if line))
    if is_json:
        content = {"code": failure.code, "message": failure.message, "hint": failure.hint}
        is_ascii = not takes_any_letter(sys.stdout)
        sys.stdout.write(json.dumps({"error": content}, ensure_ascii=is_ascii) + "\n")
        sys.stdout.flush()
    return failure.exit_code if has_fine_exit_codes() else FAILURE


def _own(error: PachliteError) -> Failure:
    return Failure(error.code, error.message, error.hint, exit_code(error))


def _usage(error: typer.TyperException) -> Failure:
    """Describe a command line that cannot be understood."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    if context is None:
        return Failure("usage", _lower_first(message), exit_code=USAGE)
    hint = f"{context.command_path} --help shows how it is used"
    return Failure("usage", _lower_first(message), hint, USAGE, context.get_usage())


def _abort(_error: typer.Abort) -> Failure:
    return Failure("aborted", "standard input ended before the question was answered")


def _os_error(error: OSError) -> Failure:
    where = f"{error.filename}: " if error.filename else ""
    return Failure("os_error", f"{where}{_lower_first(error.strerror or str(error))}")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


_DESCRIPTIONS: Final[tuple[tuple[type[Exception], Callable[..., Failure]], ...]] = (
    (PachliteError, _own),
    (typer.TyperException, _usage),
    (typer.Abort, _abort),
    (OSError, _os_error),
)
