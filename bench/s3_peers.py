"""Other S3 servers, started as their makers say, each with one bucket."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from bench.processes import ROOT, Server, gateway
from bench.topic import Run

ACCESS_KEY: Final = "benchmark"
SECRET_KEY: Final = "benchmark-secret"
BUCKET: Final = "benchmark"
_START_TIMEOUT_S: Final = 60
_PROGRAMS: Final = ROOT / ".venv-clients"


class Running(Server):
    """A server that listens on a port it was given; it is known by that, whatever it prints."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], port: int, *, keeps: bool
    ) -> None:
        self.keeps_connections = keeps
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.port = port
        end = time.monotonic() + _START_TIMEOUT_S
        while not _is_listening(port):
            if self._process.poll() is not None or time.monotonic() > end:
                self._process.kill()
                raise RuntimeError(f"{command[0]} did not start: {self._process.wait()}")
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


@dataclass(frozen=True, slots=True)
class Peer:
    """A kind of server.

    Attributes:
        program: The file that it runs as.
        command: Its words, for a directory to store in and a port.
        environment: What it reads from there.
        keeps_connections: Whether a connection serves more than one request.
    """

    name: str
    program: str
    command: Callable[[Path, int], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    keeps_connections: bool = True

    @property
    def path(self) -> str | None:
        """Where the program is, if it is installed."""
        built = [_PROGRAMS / place / "bin" for place in ("peers", "transfer")]
        return shutil.which(self.program, path=os.pathsep.join(map(str, built)))

    def start(self, run: Run) -> Server:
        """Start it on an empty directory."""
        home = run.fresh(f"peer-{self.program}")
        home.mkdir(parents=True)
        port = _free_port()
        assert self.path is not None
        words = [self.path, *self.command(home, port)]
        return Running(words, self.environment, port, keeps=self.keeps_connections)


PEERS: Final = (
    Peer(
        "moto",
        "moto_server",
        lambda _, port: ["-H", "127.0.0.1", "-p", str(port)],
        keeps_connections=False,
    ),
    Peer(
        "rclone serve s3",
        "rclone",
        lambda home, port: [
            "serve",
            "s3",
            str(home),
            "--addr",
            f"127.0.0.1:{port}",
            "--auth-key",
            f"{ACCESS_KEY},{SECRET_KEY}",
        ],
    ),
    Peer(
        "MinIO",
        "minio",
        lambda home, port: ["server", "--quiet", "--address", f"127.0.0.1:{port}", str(home)],
        {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY, "CI": "true"},
    ),
    Peer(
        "versitygw",
        "versitygw",
        lambda home, port: ["--keep-alive", "--port", f"127.0.0.1:{port}", "posix", str(home)],
        {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY},
    ),
)


def start_pachlite(run: Run) -> Server:
    """Start the gateway on an empty store."""
    return gateway(run.fresh("peers-store"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _is_listening(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
