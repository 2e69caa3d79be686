"""A program that writes to a store until it is killed, and says when it is under way."""

from __future__ import annotations

import os
import sys
import threading
from itertools import count
from pathlib import Path

from bench.sources import HEAD, add, put, reopen
from pachlite.store.embedded import EmbeddedPFS


def put_on(pfs: EmbeddedPFS, name: str) -> None:
    for number in count():
        put(pfs, f"{name}/{number}", os.urandom(4096))


def stage_on(pfs: EmbeddedPFS, name: str) -> None:
    with pfs.open_file_set(HEAD) as files:
        for number in count():
            add(files, f"{name}/{number}", os.urandom(4096))
            if number == 10_000:
                sys.stdout.write("under way\n")
                sys.stdout.flush()


def main(home: Path) -> None:
    pfs = reopen(home)
    name = f"{os.getpid()}"
    for target in (put_on, stage_on):
        threading.Thread(target=target, args=(pfs, f"{name}-{target.__name__}")).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
