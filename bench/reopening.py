"""Opening a store whose last writer was killed."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Final

from bench.measure import Goal, Row, Sample, Stopwatch, Unit, compare
from bench.processes import ROOT
from bench.scale import big_store
from bench.sources import HEAD, put, reopen
from bench.topic import Run, Topic


def measure(run: Run) -> list[Row]:
    home = big_store(run)
    return [
        compare(
            what,
            Unit.SECONDS,
            partial(_after_kill, home, has_written=has_written),
            partial(_open, home, has_written=has_written),
            pairs=run.sizes.pairs,
            goal=Goal(1),
        )
        for what, has_written in (
            ("open and list a page", False),
            ("open and put a file", True),
        )
    ]


def _after_kill(home: Path, *, has_written: bool) -> Sample:
    command = (sys.executable, "-m", "bench.writing", str(home))
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        writer.kill()
    return _open(home, has_written=has_written)


def _open(home: Path, *, has_written: bool) -> Sample:
    """Open the store and do one thing with it; closing it is not timed."""
    watch = Stopwatch()
    with watch.running():
        pfs = reopen(home)
        if has_written:
            put(pfs, "opened", b"again")
        else:
            pfs.list_file(HEAD)
    pfs.close()
    return watch.each(1)


TOPIC: Final = Topic(
    "reopening",
    "Opening a store after kill -9",
    "The store of many files. A process that puts files one by one and stages tens of thousands is"
    " killed in the midst of it. The peer is the same store after it was closed properly.",
    measure,
)
