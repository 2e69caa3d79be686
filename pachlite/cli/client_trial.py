"""Take a user's own S3 client through every step on a scratch bucket, and leave nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

from pachlite.cli.probes.runner import KEY
from pachlite.cli.s3_requests import list_versions, remove_bucket, send
from pachlite.cli.s3_snippets import REGION, Client, Connection, snippet
from pachlite.errors import InvalidOption

SCRATCH_REPO: Final = "pachlite-doctor"
_PROBES: Final = Path(__file__).with_name("probes")
_LOOKS_BACK: Final = frozenset({"version", "sync again"})
"""The steps that need to know which versions there were before."""
_END_S: Final = 10
_MODULES: Final = {
    "boto3": "boto3",
    "minio-py": "minio",
    "s3fs": "s3fs",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "polars": "polars",
    "obstore": "obstore",
    "deltalake": "deltalake",
    "duckdb": "duckdb",
}
"""The clients that are libraries of Python; the others are programs."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one step went.

    Attributes:
        sent: What the client was asked to do, if it failed.
        answer: What came back, if it failed.
    """

    step: str
    is_ok: bool
    seconds: float
    sent: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Installed:
    """A client that is there: the interpreter for its probe, and the program it drives."""

    client: Client
    interpreter: str
    program: str = ""


def find_client(client: Client, chosen: str = "") -> Installed | None:
    """Find a client on the search path, or say that there is none.

    Args:
        chosen: The program, or for a library the interpreter of Python that has it.
    """
    if not has_probe(client):
        raise InvalidOption(
            f"{client.name} cannot be tried out from here",
            hint=f"pachlite s3 config {client.name} prints what it needs",
        )
    if client.name not in _MODULES:
        program = shutil.which(chosen or client.name)
        return Installed(client, sys.executable, program) if program else None
    for name in [chosen] if chosen else [sys.executable, "python3"]:
        interpreter = shutil.which(name)
        if interpreter and _MODULES[client.name] in _modules_of(interpreter):
            return Installed(client, interpreter)
    return None


def has_probe(client: Client) -> bool:
    """Say whether a client can be tried out at all."""
    return _probe(client).exists()


def _probe(client: Client) -> Path:
    return _PROBES / f"{client.name.replace('-', '_')}.py"


@cache
def _modules_of(interpreter: str) -> frozenset[str]:
    """Ask an interpreter once which of the libraries it has."""
    question = (
        "import importlib.util, sys; sys.path.pop(0);"
        "print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name)))"
    )
    done = subprocess.run(  # noqa: S603 - the user's own interpreter
        [interpreter, "-c", question, *_MODULES.values()],
        capture_output=True,
        text=True,
        check=False,
    )
    return frozenset(done.stdout.split())


class Trial:
    """A client at work. `version` and `steps` say what it is and offers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input: IO[str] = process.stdin
        self._output: IO[str] = process.stdout

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a line, return the answer."""
        try:
            self._input.write(json.dumps(request) + "\n")
            self._input.flush()
            line = self._output.readline()
        except OSError as error:
            line = json.dumps({"ok": False, "sent": "", "answer": str(error)})
        ended = {"ok": False, "sent": "", "answer": "the client ended without a word"}
        answer: dict[str, Any] = json.loads(line) if line else ended
        return answer


def try_client(installed: Installed, connection: Connection, tell: Callable[[Result], None]) -> str:
    """Run every step that the client offers, up to the first that fails; return its version.

    Args:
        tell: Called after each step.
    """
    with tempfile.TemporaryDirectory() as directory:
        told = _told(installed, connection, Path(directory))
        with _running(installed) as trial:
            first = trial.ask(told)
            if not first["ok"]:
                tell(Result("start", False, 0.0, first["sent"], first["answer"]))
                return ""
            try:
                _run_steps(trial, first["steps"], connection, tell)
            finally:
                with suppress(Exception):
                    remove_bucket(connection)
            return str(first["version"])


def _run_steps(
    trial: Trial, steps: list[str], connection: Connection, tell: Callable[[Result], None]
) -> None:
    if "create" not in steps:
        made = send(connection, "PUT", f"/{connection.bucket}")
        if not made.is_success:
            tell(Result("create", False, 0.0, f"PUT /{connection.bucket}", made.code))
            return
    for step in steps:
        start = time.monotonic()
        result = _run_step(trial, step, connection)
        tell(replace(result, seconds=time.monotonic() - start))
        if not result.is_ok:
            return


def _run_step(trial: Trial, step: str, connection: Connection) -> Result:
    before = list_versions(connection) if step in _LOOKS_BACK else []
    request = {"step": step}
    if step == "version":
        oldest = next((each.version_id for each in reversed(before) if each.key == KEY), "none")
        request |= {"old_version": oldest, "old_bucket": f"{oldest}.{connection.bucket}"}
    answer = trial.ask(request)
    result = Result(step, answer["ok"], 0.0, answer.get("sent", ""), answer.get("answer", ""))
    if step == "sync again" and result.is_ok:
        sent = len(list_versions(connection)) - len(before)
        if sent:
            return Result(step, False, 0.0, "the same directory again", f"{sent} new versions")
    return result


def _told(installed: Installed, connection: Connection, directory: Path) -> dict[str, Any]:
    """Return what the probe has to know, and write the configuration of the client."""
    config = directory / "client.conf"
    config.write_text(snippet(installed.client, connection))
    work = directory / "work"
    work.mkdir()
    trusted = {"SSL_CERT_FILE": connection.ca_file} if connection.ca_file else {}
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(directory / "none")}
    return {
        "endpoint": connection.endpoint,
        "access_key": connection.access_key,
        "secret_key": connection.secret_key,
        "region": REGION,
        "bucket": connection.bucket,
        "ca_file": connection.ca_file,
        "environment": {**connection.environment(), **trusted, **files},
        "directory": str(work),
        "program": installed.program,
        "config": str(config),
    }


@contextmanager
def _running(installed: Installed) -> Iterator[Trial]:
    """Start the probe of a client; in the end it ends."""
    process = subprocess.Popen(  # noqa: S603 - the user's own interpreter
        [installed.interpreter, str(_PROBES / "runner.py"), str(_probe(installed.client))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    with process:
        try:
            yield Trial(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
