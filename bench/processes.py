"""Processes that are measured: commands that end, and servers. Reads /proc, so it needs Linux."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from bench.measure import Sample

ROOT: Final = Path(__file__).parents[1]
PACHLITE: Final = str(Path(sys.executable).with_name("pachlite"))
_POLL_S: Final = 0.01
_CPUCLOCK_SCHED: Final = 2


def run(command: Sequence[str | Path], *, home: Path | None = None) -> Sample:
    """Run a command to its end; return seconds and CPU seconds, its children's included."""
    start = time.perf_counter()
    process = _start(command, home)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    _check(process)
    return Sample(seconds, usage.ru_utime + usage.ru_stime)


def peak_mib_of(command: Sequence[str | Path], *, home: Path | None = None) -> Sample:
    """Run a command to its end; return the most memory that it held."""
    process = _start(command, home)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, peak_mib(process.pid))
        time.sleep(_POLL_S)
    _check(process)
    return Sample(peak)


def peak_mib(pid: int) -> float:
    """Return the most memory that a process has held so far, in MiB; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0


class Server:
    """A program that prints the address it listens on; use it in a `with`."""

    keeps_connections = True

    def __init__(self, *command: str, home: Path | None = None) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.port = self._wait_for_port()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_clock(self) -> float:
        """Return the CPU seconds that the server has used."""
        return self.clock_of(self._process.pid)

    @staticmethod
    def clock_of(pid: int) -> float:
        """Return the CPU seconds of a process; see clock_getcpuclockid(3)."""
        return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)

    def peak_mib(self) -> float:
        return peak_mib(self._process.pid)

    def kill(self) -> None:
        self._process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def _wait_for_port(self) -> int:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                return int(found.group(1))
        raise RuntimeError(f"the server ended with {self._process.wait()}")


def gateway(home: Path) -> Server:
    """Serve a store, as users do."""
    return Server(PACHLITE, "serve", "s3", "--port", "0", home=home)


def constant_server(connections: str = "own") -> Server:
    """Serve constants with the same settings, over our own connections or the `stock` ones."""
    return Server(sys.executable, "-m", "bench.constant_server", connections)


def _start(command: Sequence[str | Path], home: Path | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=_environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _environment(home: Path | None) -> dict[str, str]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if home is not None:
        environment["PACHLITE_HOME"] = str(home)
    return environment


def _check(process: subprocess.Popen[bytes]) -> None:
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
