"""Port forwarders as processes: pachlite's, and those that stand beside it where installed."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bench.processes import PACHLITE, ROOT

_START_S: Final = 20.0
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_SBIN: Final = "/usr/sbin:/sbin"
_UTIME: Final = 11
"""Where /proc/PID/stat has CPU times, counted after the name: own ones, then those of children."""


class Process:
    """A program that listens on a port; use it in a `with`."""

    def __init__(self, command: Sequence[str | Path], port: int) -> None:
        self.port = port
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def cpu_s(self) -> float:
        """Return CPU seconds so far, those of children that have ended included."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[_UTIME : _UTIME + 4])) / _TICKS_PER_S

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def _wait(self) -> None:
        end = time.monotonic() + _START_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"{self._process.args!r} does not listen")


class Target:
    """The target of all forwarders, on a port of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.forward_target"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


@dataclass(frozen=True, slots=True)
class Peer:
    """A forwarder to stand beside: its name, its program, and how it is started."""

    name: str
    program: str
    start: Callable[[int, Path], Process]

    @property
    def is_installed(self) -> bool:
        return bool(_find(self.program))


def pachlite(target: int | str, mode: str = "raw", *options: str) -> Process:
    """Forward to a port of this machine, or to a target by its name."""
    port = free_port()
    name = f"127.0.0.1:{target}" if isinstance(target, int) else target
    command = [PACHLITE, "port-forward", name, "--port", str(port), *options]
    return Process([*command, "--mode", mode, "--probe", "off"], port)


def socat(target: int, _scratch: Path) -> Process:
    port = free_port()
    listen = f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=1024,nodelay"
    return Process([_find("socat"), "-b262144", listen, f"TCP:127.0.0.1:{target},nodelay"], port)


def haproxy(target: int, scratch: Path) -> Process:
    port, file = free_port(), scratch / "haproxy.cfg"
    file.write_text(
        "global\n  nbthread 1\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n"
        "  timeout server 60s\n"
        f"listen all\n  bind 127.0.0.1:{port}\n  server one 127.0.0.1:{target}\n"
    )
    return Process([_find("haproxy"), "-db", "-f", file], port)


def ssh(target: int, scratch: Path) -> Process:
    """Start a server, and the client that forwards; the client's CPU is what is counted."""
    keys = [scratch / "host_key", scratch / "user_key"]
    for key in keys:
        key.unlink(missing_ok=True)
        command = [_find("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
        subprocess.run(command, check=True)
    host_key, user_key = keys
    server_port, port = free_port(), free_port()
    options = {
        "HostKey": host_key,
        "AuthorizedKeysFile": user_key.with_suffix(".pub"),
        "StrictModes": "no",
        "PidFile": "none",
        "ListenAddress": "127.0.0.1",
        "UsePAM": "no",
    }
    server = [_find("sshd"), "-D", "-f", "/dev/null", "-p", str(server_port)]
    for name, value in options.items():
        server += ["-o", f"{name}={value}"]
    return _Tunnelled(
        Process(server, server_port),
        [
            *(_find("ssh"), "-N", "-F", "/dev/null", "-i", str(user_key), "-p", str(server_port)),
            *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
            *("-L", f"127.0.0.1:{port}:127.0.0.1:{target}", f"{getpass.getuser()}@127.0.0.1"),
        ],
        port,
    )


class _Tunnelled(Process):
    def __init__(self, server: Process, command: Sequence[str], port: int) -> None:
        self._server = server
        super().__init__(command, port)

    def __exit__(self, *failure: object) -> None:
        super().__exit__(*failure)
        self._server.__exit__(*failure)


PEERS: Final = (
    Peer("socat", "socat", socat),
    Peer("haproxy", "haproxy", haproxy),
    Peer("ssh -L", "sshd", ssh),
)


def _find(program: str) -> str:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{_SBIN}") or ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return int(trial.getsockname()[1])
