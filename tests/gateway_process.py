"""A gateway in a process of its own, as users run it."""

import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[1]


def program(module: str, *arguments: str, bug: str = "") -> list[str]:
    """Return the command that runs a module, with a bug of `faults.seeded` if one is named."""
    seeded = ["tests.faults.seeded", bug] if bug else []
    return [sys.executable, "-m", *seeded, module, *arguments]


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a process that is to use the store in `home`."""
    return {
        **os.environ,
        "PACHLITE_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


class GatewayProcess:
    """`pachlite serve s3` on a free port; use it in a `with`."""

    def __init__(self, home: Path, *options: str, bug: str = "") -> None:
        self.home = home
        self.process = subprocess.Popen(
            program("pachlite", "serve", "s3", "--port", "0", *options, bug=bug),
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.port = self._wait_for_port()

    def _wait_for_port(self) -> int:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                return int(found.group(1))
        raise AssertionError(f"the gateway ended with {self.process.wait()} before it listened")

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, timeout_s: float = 60) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)

    def kill(self) -> None:
        """End it as a power cut would, as far as a process can tell."""
        self.process.send_signal(signal.SIGKILL)
        self._finish()

    def stop(self) -> int:
        """Ask it to drain and end; return its exit code."""
        self.process.terminate()
        self._finish()
        return self.process.returncode

    def _finish(self) -> None:
        self.process.wait(timeout=60)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()
        elif self.process.stdout is not None:
            self.process.stdout.close()
