"""What a measurement is given, and what it is: a name, a text, and a function that makes rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Row
from bench.sizes import Sizes


@dataclass(frozen=True, slots=True)
class Run:
    """The sizes of this run and the directory that it may fill."""

    sizes: Sizes
    scratch: Path

    def fresh(self, name: str) -> Path:
        """Return a path in the scratch directory at which there is nothing."""
        path = self.scratch / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        return path


@dataclass(frozen=True, slots=True)
class Topic:
    """One section of the results. `peer` says what stands beside pachlite, and how it is fair."""

    name: str
    title: str
    peer: str
    measure: Callable[[Run], list[Row]]
