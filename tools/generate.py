"""Write what is generated from the code: completions, the references of commands, errors,
roles and S3 operations.

Usage: python -m tools.generate [--check]

With `--check` nothing is written; the exit code is 1 when a file is not what it should be.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tools.client_guide import client_guide
from tools.command_reference import command_reference
from tools.completion_files import completion_script, completion_table
from tools.error_reference import error_reference
from tools.operation_reference import operation_reference
from tools.role_reference import role_reference

ROOT: Final = Path(__file__).parents[1]

GENERATED: Final[dict[str, Callable[[], str]]] = {
    "completions/pachlite.bash": lambda: completion_script("bash"),
    "completions/pachlite.fish": lambda: completion_script("fish"),
    "completions/_pachlite": lambda: completion_script("zsh"),
    "pachlite/cli/completion.json": completion_table,
    "docs/how-to/connect-clients.md": client_guide,
    "docs/reference/cli.md": command_reference,
    "docs/reference/errors.md": error_reference,
    "docs/reference/roles.md": role_reference,
    "docs/reference/s3-operations.md": operation_reference,
}


def stale_files() -> list[str]:
    """Return the generated files that are missing or out of date."""
    return [name for name, generate in GENERATED.items() if _present(name) != generate()]


def main(arguments: list[str]) -> int:
    """Write or check everything; return the exit code."""
    stale = stale_files()
    if "--check" in arguments:
        for name in stale:
            print(f"{name} is out of date; run make gen", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GENERATED[name]())
        print(f"wrote {name}")
    return 0


def _present(name: str) -> str | None:
    path = ROOT / name
    return path.read_text() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
