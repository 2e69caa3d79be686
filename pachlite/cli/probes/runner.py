"""Takes one S3 client through steps, one by one. It stands alone and knows nothing of pachlite.

The interpreter that has the client runs it: `runner.py PROBE`. The first line of its input says
where to go, each further one asks for a step, and each is answered by a line; all are JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
HELLO = b"hello\n"
KEY = "dir/hello.txt"
COPY = "dir/copy.txt"
BIG_KEY = "dir/big.bin"
BIG_BYTES = 17 * MIB  # more than a part of any client
OLD_S = 1_700_000_000  # what is as new as its upload would be sent again, seconds being whole
PROGRAM_TIMEOUT_S = 120
SHOWN_CHARACTERS = 2000

STEPS = {
    "create": "create_bucket",
    "put": "put_object",
    "get": "get_object",
    "list": "list_objects",
    "copy": "copy_object",
    "delete": "delete_object",
    "multipart": "upload_in_parts",
    "version": "read_version",
    "sync": "sync",
    "sync again": "sync",
}
"""The steps in their order, and the function of a probe that does each; it may lack some."""


class ProgramFailed(Exception):
    """A program ended with an error."""

    def __init__(self, command: str, output: str) -> None:
        super().__init__(output)
        self.command = command
        self.output = output


@dataclass(frozen=True)
class Place:
    """Where a probe works.

    Attributes:
        program: The path of the client; empty for libraries.
        config: The configuration file of the client, as its snippet has it.
        old_bucket: A bucket that shows the first version of `KEY`.
        old_version: The id of that version.
    """

    endpoint: str
    access_key: str
    secret_key: str
    region: str
    bucket: str
    ca_file: str
    environment: Mapping[str, str]
    directory: str
    program: str = ""
    config: str = ""
    old_bucket: str = ""
    old_version: str = ""

    @property
    def host(self) -> str:
        """The endpoint without its scheme."""
        return self.endpoint.partition("://")[2]

    @property
    def is_secure(self) -> bool:
        """Whether to speak TLS."""
        return self.endpoint.startswith("https:")

    @property
    def path(self) -> Path:
        """A directory for local files."""
        return Path(self.directory)

    def file(self, name: str, content: bytes) -> str:
        """Write a local file and return its path."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def tree(self) -> str:
        """Write a directory with a few files, unless it is there, and return its path."""
        root = self.path / "tree"
        if not root.exists():
            for name in ("a.txt", "b/c d.txt", "b/empty"):
                path = self.file(f"tree/{name}", b"" if name == "b/empty" else name.encode())
                os.utime(path, (OLD_S, OLD_S))
        return str(root)

    def run(self, *words: str, data: bytes = b"") -> str:
        """Run the client and return what it printed."""
        command = [self.program, *words]
        done = subprocess.run(  # noqa: S603 - the client that the user asked for
            command,
            input=data,
            env={**os.environ, **self.environment},
            cwd=self.directory,
            capture_output=True,
            timeout=PROGRAM_TIMEOUT_S,
            check=False,
        )
        output = (done.stdout + done.stderr).decode(errors="replace")
        if done.returncode:
            shown = " ".join([Path(self.program).name, *words])
            raise ProgramFailed(shown, output or f"exit code {done.returncode}, and no word")
        return done.stdout.decode(errors="replace")


def big() -> bytes:
    """Return what takes several parts."""
    return hashlib.shake_128(b"big").digest(BIG_BYTES)


def expect(actual: object, expected: object) -> None:
    """Fail unless two things are the same."""
    if actual != expected:
        raise AssertionError(f"expected {_short(expected)}, got {_short(actual)}")


def expect_in(part: str, whole: object) -> None:
    """Fail unless one thing is in the other."""
    if part not in str(whole):
        raise AssertionError(f"expected {part} in {_short(whole)}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)"  # noqa: PLR2004


def main() -> None:
    """Serve until there is nothing more to do."""
    sys.path.pop(0)  # the probes have the names of the libraries they drive
    sys.modules["pachlite.cli.probes.runner"] = sys.modules["__main__"]
    told = json.loads(sys.stdin.readline())
    try:
        probe = runpy.run_path(sys.argv[1])
        version = str(probe["version"](Place(**told)))
    except Exception as error:  # noqa: BLE001 - whatever it is, somebody wants to know
        _answer(ok=False, **_failure(error))
        return
    _answer(ok=True, version=version, steps=[step for step in STEPS if STEPS[step] in probe])
    for line in sys.stdin:
        request = json.loads(line)
        step = request.pop("step")
        _answer(**_result(probe[STEPS[step]], Place(**{**told, **request})))


def _result(function: Callable[[Place], None], place: Place) -> dict[str, Any]:
    try:
        function(place)
    except Exception as error:  # noqa: BLE001 - a client may raise anything
        return {"ok": False, **_failure(error)}
    return {"ok": True}


def _failure(error: Exception) -> dict[str, str]:
    """Say what was sent and what came back, as far as a client shows it."""
    if isinstance(error, ProgramFailed):
        return {"sent": error.command, "answer": error.output[-SHOWN_CHARACTERS:]}
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == sys.argv[1]]
    answer = f"{type(error).__name__}: {error}"
    return {"sent": (own[-1].line or "") if own else "", "answer": answer[:SHOWN_CHARACTERS]}


def _answer(**content: Any) -> None:  # noqa: ANN401 - JSON
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
