"""What a command costs before it does anything."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Final

from bench.measure import Row, Unit, compare
from bench.processes import PACHLITE, run
from bench.sources import open_new
from bench.topic import Run, Topic

_TYPER: Final = "import typer; typer.run(lambda: None)"
_COMMANDS: Final[dict[str, Sequence[str]]] = {
    "`pachlite version`": (PACHLITE, "version"),
    "`pachlite --help`": (PACHLITE, "--help"),
    "`pachlite list repo`": (PACHLITE, "list", "repo"),
    "a Typer command that does nothing": (sys.executable, "-c", _TYPER),
}


def measure(bench: Run) -> list[Row]:
    home = bench.fresh("start-store")
    open_new(home).close()
    return [
        compare(
            name,
            Unit.SECONDS,
            partial(run, command, home=home),
            partial(run, (sys.executable, "-c", "pass")),
            pairs=bench.sizes.start_pairs,
        )
        for name, command in _COMMANDS.items()
    ]


TOPIC: Final = Topic(
    "startup",
    "Starting",
    "The peer is `python -c pass`. The last row is no part of pachlite: it shows what the library"
    " costs that parses the command line.",
    measure,
)
