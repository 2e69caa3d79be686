"""`pachlite version`. Where no format is asked for, `__main__` answers before this is loaded."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pachlite import __version__
from pachlite.cli.arguments import OutputOption
from pachlite.cli.output import Format, show_records


def version(
    *,
    client_only: Annotated[
        bool, typer.Option("--client-only", help="Print the bare version of this program.")
    ] = False,
    output: OutputOption = Format.TABLE,
) -> None:
    """Print the versions of what takes part.

    Examples:
      pachlite version
      pachlite version --client-only
      pachlite version -o json

    Next: pachlite list repo
    """
    if client_only:
        sys.stdout.write(f"{__version__}\n")
    elif output is Format.TABLE:
        sys.stdout.write(version_table())
    else:
        show_records([{"component": "pachlite", "version": __version__}], output)


def version_table() -> str:
    """Return what `version` prints."""
    return f"COMPONENT VERSION\npachlite  {__version__}\n"
