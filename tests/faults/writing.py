"""A program that puts files one by one: its own, and lines appended to one that all share."""

import sys
from pathlib import Path

from pachlite.config import StoreConfig
from pachlite.pfs.infos import PutOptions
from pachlite.pfs.refs import parse_commit, parse_file
from pachlite.wiring import open_store


def write(home: Path, name: str, count: int) -> None:
    with open_store(StoreConfig(home)) as pfs:
        for number in range(count):
            for path, is_append in ((f"{name}/{number}", False), ("shared", True)):
                file, options = parse_file(f"r@master:/{path}"), PutOptions(is_append=is_append)
                with pfs.put_file(file, options) as writer:
                    writer.write(f"{name} {number}\n".encode())
            pfs.list_file(parse_commit("r@master"))


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
