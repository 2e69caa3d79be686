"""How tests start programs of pachlite: on a store of their own, sound or with a seeded bug."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def program(module: str, *arguments: str, bug: str = "") -> list[str]:
    """Return the command that runs a module, with a bug of `faults.seeded` if one is named."""
    seeded = ["tests.faults.seeded", bug] if bug else []
    return [sys.executable, "-m", *seeded, module, *arguments]


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a process that is to use the store in `home`."""
    return {**os.environ, "PACHLITE_HOME": str(home), "PYTHONPATH": str(ROOT)}
