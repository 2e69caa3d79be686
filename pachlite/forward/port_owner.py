"""Who listens on a port, as far as the system tells. It reads /proc, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LISTENING: Final = "0A"
_STATE, _LOCAL, _INODE = 3, 1, 9


def port_owner(port: int) -> str:
    """Return name and number of the process that listens on a port, or nothing."""
    inodes = set(_inodes(port))
    if not inodes:
        return ""
    links = {f"socket:[{inode}]" for inode in inodes}
    pid = next((pid for pid in _pids() if links & set(_links(pid))), "")
    return f"{_name(pid)} (pid {pid})" if pid else ""


def _inodes(port: int) -> Iterator[str]:
    for table in ("net/tcp", "net/tcp6"):
        for line in _read(_PROC / table).splitlines()[1:]:
            fields = line.split()
            is_there = fields[_LOCAL].rpartition(":")[2] == f"{port:04X}"
            if is_there and fields[_STATE] == _LISTENING:
                yield fields[_INODE]


def _pids() -> Iterator[str]:
    return (each.name for each in _PROC.iterdir() if each.name.isdigit())


def _links(pid: str) -> Iterator[str]:
    try:
        for each in (_PROC / pid / "fd").iterdir():
            yield str(each.readlink())
    except OSError:
        return  # somebody else's process, or it has ended


def _name(pid: str) -> str:
    return _read(_PROC / pid / "comm").strip() or "process"


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
