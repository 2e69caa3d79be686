"""Trees and large files, in and out by the command line."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from typing import Final

from bench.measure import Row, Sample, Unit, compare
from bench.processes import PACHLITE
from bench.processes import run as run_command
from bench.sizes import GiB, KiB
from bench.sources import write_file, write_tree
from bench.topic import Run, Topic

# The first fdatasync of a tree lets the file system write all of it; the others are cheap.
_DURABLE_COPY: Final = 'cp -r "$0" "$1" && find "$1" -type f -print0 | xargs -0 sync -d'


def measure(run: Run) -> list[Row]:
    sizes = run.sizes
    tree = write_tree(run.fresh("tree"), sizes.tree_files, sizes.tree_file_bytes)
    tree_name = f"{sizes.tree_files} files x {sizes.tree_file_bytes // KiB} KiB"
    rows = _in_and_out(run, tree, tree_name, pairs=sizes.pairs)
    shutil.rmtree(tree)
    large = run.fresh("large")
    write_file(large / "file.bin", sizes.large_file_bytes)
    large_name = f"one file of {sizes.large_file_bytes / GiB:g} GiB"
    rows += _in_and_out(run, large, large_name, pairs=sizes.long_pairs)
    shutil.rmtree(large)
    return rows


def _in_and_out(run: Run, source: Path, name: str, *, pairs: int) -> list[Row]:
    home = run.scratch / "copy-store"
    ours_in, peer_in = partial(_put, run, source, home), partial(_copy_durably, run, source)
    put = compare(f"`put file -r`, {name}", Unit.SECONDS, ours_in, peer_in, pairs=pairs)
    ours_out, peer_out = partial(_get, run, home), partial(_copy, run, source)
    get = compare(f"`get file -r`, {name}", Unit.SECONDS, ours_out, peer_out, pairs=pairs)
    run.fresh("copy-store")
    return [put, get]


def _put(run: Run, source: Path, home: Path) -> Sample:
    run.fresh(home.name)
    _command(home, "create", "repo", "r")
    os.sync()
    return _command(home, "put", "file", "-r", "r@master", "-f", str(source))


def _get(run: Run, home: Path) -> Sample:
    target = run.fresh("copy-target")
    os.sync()
    return _command(home, "get", "file", "-r", "r@master:/", "-o", str(target))


def _copy_durably(run: Run, source: Path) -> Sample:
    return _into_nothing(run, "sh", "-c", _DURABLE_COPY, str(source))


def _copy(run: Run, source: Path) -> Sample:
    return _into_nothing(run, "cp", "-r", str(source))


def _into_nothing(run: Run, *command: str) -> Sample:
    target = run.fresh("copy-target")
    os.sync()
    return run_command((*command, str(target)))


def _command(home: Path, *arguments: str) -> Sample:
    return run_command((PACHLITE, *arguments), home=home)


TOPIC: Final = Topic(
    "copying",
    "Trees and large files by the command line",
    "Putting stands beside `cp -r` and an fdatasync of every file, getting beside `cp -r`. Whole"
    " processes; every put goes to a store that holds nothing.",
    measure,
)
