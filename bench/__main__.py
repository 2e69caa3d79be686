"""Measure pachlite beside peers and physical limits: `python -m bench [NAME...]`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from bench import (
    clusters,
    commits,
    copying,
    forwarding,
    http,
    listing,
    memory,
    page,
    peers,
    reading,
    reopening,
    scale,
    startup,
    tunnelling,
)
from bench.sizes import FULL, QUICK
from bench.topic import Run, Topic

TOPICS: Final = (
    startup.TOPIC,
    commits.TOPIC,
    reading.TOPIC,
    http.TOPIC,
    peers.TOPIC,
    listing.TOPIC,
    copying.TOPIC,
    memory.TOPIC,
    scale.TOPIC,
    reopening.TOPIC,
    forwarding.TOPIC,
    tunnelling.TOPIC,
    clusters.TOPIC,
)
_DIRECTORY: Final = page.PAGE.parents[1] / "build" / "bench"


def main() -> None:
    options = _parse_options()
    run = Run(QUICK if options.quick else FULL, options.directory.resolve())
    shutil.rmtree(run.scratch, ignore_errors=True)
    run.scratch.mkdir(parents=True)
    wanted = [topic for topic in TOPICS if not options.names or topic.name in options.names]
    try:
        for topic in wanted:
            section = _measure(topic, run)
            if options.write:
                page.write(topic, section, TOPICS)
    finally:
        shutil.rmtree(run.scratch)


def _measure(topic: Topic, run: Run) -> str:
    start, load = time.monotonic(), os.getloadavg()[0]
    rows = topic.measure(run)
    section = page.section(topic, rows, (load, os.getloadavg()[0]))
    print(section, flush=True)
    print(f"{topic.name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return section


def _parse_options() -> argparse.Namespace:
    names = [topic.name for topic in TOPICS]
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"one of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run?")
    parser.add_argument("--write", action="store_true", help="rewrite docs/benchmarks.md")
    parser.add_argument(
        "--directory", type=Path, default=_DIRECTORY, help="emptied, filled and removed"
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    if options.quick and options.write:
        parser.error("small sizes tell too little to be written down")
    return options


if __name__ == "__main__":
    main()
