"""Trees and large files, in and out by the command line."""

from __future__ import annotations

import os
import shutil
from itertools import count
from pathlib import Path
from typing import Final

from bench.measure import Row, Sample, Unit, compare
from bench.processes import PACHLITE
from bench.processes import run as run_command
from bench.sizes import GiB, KiB
from bench.sources import write_file, write_tree
from bench.topic import Run, Topic

_SYNC_EACH: Final = 'cp -r "$0" "$1" && find "$1" -type f -print0 | xargs -0 sync -d'
_SYNC_ALL: Final = 'cp -r "$0" "$1" && sync -f "$1"'


def measure(run: Run) -> list[Row]:
    sizes = run.sizes
    tree = write_tree(run.fresh("tree"), sizes.tree_files, sizes.tree_file_bytes)
    tree_name = f"{sizes.tree_files} files x {sizes.tree_file_bytes // KiB} KiB"
    rows = _in_and_out(Copies(run, tree), tree_name, pairs=sizes.pairs, few=sizes.long_pairs)
    large = run.fresh("large")
    write_file(large / "file.bin", sizes.large_file_bytes)
    large_name = f"one file of {sizes.large_file_bytes / GiB:g} GiB"
    pairs = sizes.long_pairs
    rows += _in_and_out(Copies(run, large), large_name, pairs=pairs, few=pairs)
    shutil.rmtree(large)
    return rows


class Copies:
    """Copies of a directory, into a store and out of it, and beside it.

    Those of many files stay until the run is over: on ext4, inodes that were freed a moment ago
    slow down whoever makes new ones by a factor of ten.
    """

    def __init__(self, run: Run, source: Path) -> None:
        self._run = run
        self._source = source
        self._is_kept = len(list(source.iterdir())) > 1
        self._numbers = count()
        self._home = run.scratch / "copy-store"

    def put(self) -> Sample:
        self._run.fresh(self._home.name)
        self._command("create", "repo", "r")
        os.sync()
        return self._command("put", "file", "-r", "r@master", "-f", str(self._source))

    def copy_and_sync_each(self) -> Sample:
        return self._into_new("sh", "-c", _SYNC_EACH, str(self._source))

    def copy_and_sync_all(self) -> Sample:
        return self._into_new("sh", "-c", _SYNC_ALL, str(self._source))

    def get(self) -> Sample:
        return self._into_new(PACHLITE, "get", "file", "-r", "r@master:/", "-o")

    def copy(self) -> Sample:
        return self._into_new("cp", "-r", str(self._source))

    def forget(self) -> None:
        shutil.rmtree(self._home)

    def _into_new(self, *command: str) -> Sample:
        target = self._run.scratch / f"{self._source.name}-{next(self._numbers)}"
        os.sync()
        sample = run_command((*command, str(target)), home=self._home)
        if not self._is_kept:
            shutil.rmtree(target)
        return sample

    def _command(self, *arguments: str) -> Sample:
        return run_command((PACHLITE, *arguments), home=self._home)


def _in_and_out(copies: Copies, name: str, *, pairs: int, few: int) -> list[Row]:
    put, get, unit = f"`put file -r`, {name}", f"`get file -r`, {name}", Unit.SECONDS
    rows = [
        compare(put, unit, copies.put, copies.copy_and_sync_each, pairs=few),
        compare(f"{put}, beside one sync", unit, copies.put, copies.copy_and_sync_all, pairs=pairs),
        compare(get, unit, copies.get, copies.copy, pairs=pairs),
    ]
    copies.forget()
    return rows


TOPIC: Final = Topic(
    "copying",
    "Trees and large files by the command line",
    "Putting stands beside `cp -r` and an fdatasync of every file, then beside `cp -r` and a single"
    " sync of the file system; getting beside `cp -r`. Whole processes; every put goes to a store"
    " that holds nothing.",
    measure,
)
