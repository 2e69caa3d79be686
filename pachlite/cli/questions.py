"""Ask before something is lost. Only on a terminal: a script says what it means with options."""

from __future__ import annotations

import sys

import typer

from pachlite.cli.exit_codes import FAILURE

_QUESTION = "Are you sure you want to do this? (y/N): "


def confirm(consequence: str, *, is_sure: bool) -> None:
    """Return when the user agrees, or is not there to be asked; exit otherwise."""
    if is_sure or sys.stdin is None or not sys.stdin.isatty():
        return
    sys.stderr.write(f"{consequence}\n{_QUESTION}")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        sys.stderr.write("Nothing was changed.\n")
        raise typer.Exit(FAILURE)
