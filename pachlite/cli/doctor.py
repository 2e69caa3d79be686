"""The command that says what is wrong: with this machine, or with an S3 client on it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from pachlite.cli.arguments import OutputOption
from pachlite.cli.checks import State, check_everything, worst
from pachlite.cli.client_trial import SCRATCH_REPO, Installed, Result, find_client, try_client
from pachlite.cli.context import environment, opened_store, store_home
from pachlite.cli.diagnosis import advice, proxy_in_the_way
from pachlite.cli.exit_codes import FAILURE
from pachlite.cli.output import Format, Output, View, show_one
from pachlite.cli.s3 import (
    AccessKeyOption,
    CaFileOption,
    EndpointOption,
    SecretKeyOption,
    connection_of,
)
from pachlite.cli.s3_snippets import DEFAULT_ENDPOINT, Client, Connection, known_client
from pachlite.errors import PachliteError, SourceUnavailable
from pachlite.pfs.names import DEFAULT_PROJECT
from pachlite.pfs.refs import RepoRef

_STOP_S: Final = 30


def doctor(
    *,
    client: Annotated[
        str,
        typer.Option("--client", metavar="CLIENT", help="Try this S3 client out, step by step."),
    ] = "",
    program: Annotated[
        str,
        typer.Option(
            "--program",
            metavar="FILE",
            show_default="found on the search path",
            help="The client, or the Python interpreter that has it.",
        ),
    ] = "",
    endpoint: EndpointOption = "",
    access_key: AccessKeyOption = "",
    secret_key: SecretKeyOption = "",
    ca_file: CaFileOption = "",
    output: OutputOption = Format.TABLE,
) -> None:
    """Look for what is wrong, and say what to change.

    Without --client it looks at the store, the disk, the clock, the gateway and which S3 clients
    there are. With --client it takes that client through every step on a scratch bucket, which it
    removes: at --endpoint, or at a gateway of its own on a store that it throws away.

    Examples:
      pachlite doctor
      pachlite doctor --client aws
      pachlite doctor --client boto3 --program .venv/bin/python
      pachlite doctor --client rclone --endpoint http://localhost:30600 -o json

    Next: pachlite s3 config aws
    """
    connection = connection_of(endpoint or DEFAULT_ENDPOINT, access_key, secret_key, ca_file)
    if client:
        report = _examine(
            known_client(client), program, connection, output, is_at_endpoint=bool(endpoint)
        )
    else:
        report = _look(connection, output, is_gateway_needed=bool(endpoint))
    if output is not Format.TABLE:
        show_one(report, _REPORT, Output(output))
    if not report["ok"]:
        raise typer.Exit(FAILURE)


def _look(connection: Connection, output: Format, *, is_gateway_needed: bool) -> dict[str, Any]:
    checks = []
    for check in check_everything(connection, is_gateway_needed=is_gateway_needed):
        checks.append(check)
        _line(output, check.state, check.name, check.evidence, check.change)
    return {
        "ok": worst(checks) is not State.FAILED,
        "checks": [
            {
                "name": check.name,
                "state": check.state.lower(),
                "evidence": check.evidence,
                "change": check.change,
            }
            for check in checks
        ],
    }


def _examine(
    client: Client, program: str, connection: Connection, output: Format, *, is_at_endpoint: bool
) -> dict[str, Any]:
    installed = find_client(client, program)
    if installed is None:
        where = f"not at {program}" if program else "not on the search path, nor in python3"
        _line(output, "FAIL", "start", f"{client.name} is {where}", client.install)
        return _report(client, connection, change=client.install)
    place = nullcontext(connection) if is_at_endpoint else _own_gateway()
    with place as found:
        report = _try_out(installed, found, output)
    if is_at_endpoint:
        _forget_scratch_repo()
    return report


def _try_out(installed: Installed, connection: Connection, output: Format) -> dict[str, Any]:
    client = installed.client
    results: list[Result] = []

    def tell(result: Result) -> None:
        results.append(result)
        _line(output, "ok" if result.is_ok else "FAIL", result.step, f"{result.seconds:.2f} s")
        if not result.is_ok:
            _explain(output, result, _change(client, result, connection))

    scratch = replace(connection, bucket=f"try-{secrets.token_hex(4)}.{SCRATCH_REPO}")
    version = ""
    try:
        version = try_client(installed, scratch, tell)
    except SourceUnavailable as error:
        tell(Result("start", False, 0.0, f"GET {connection.endpoint}", error.message))
    last = results[-1]
    if last.is_ok:
        _line(output, "ok", "altogether", f"{client.name} {version} works")
        return _report(client, connection, version, results)
    return _report(client, connection, version, results, _change(client, last, connection))


def _report(
    client: Client,
    connection: Connection,
    version: str = "",
    results: Sequence[Result] = (),
    change: str = "",
) -> dict[str, Any]:
    return {
        "ok": not change,
        "client": client.name,
        "version": version,
        "endpoint": connection.endpoint,
        "steps": [_record(result) for result in results],
        "change": change,
    }


def _record(result: Result) -> dict[str, Any]:
    return {
        "name": result.step,
        "ok": result.is_ok,
        "seconds": round(result.seconds, 3),
        "sent": result.sent,
        "answer": result.answer,
    }


def _change(client: Client, result: Result, connection: Connection) -> str:
    variable = proxy_in_the_way(connection.endpoint, environment())
    if variable:
        return f"{variable} sends requests to a proxy: set NO_PROXY, or unset it"
    return advice(result.answer, client.name, client.install)


def _line(output: Format, state: str, name: str, evidence: str, change: str = "") -> None:
    if output is Format.TABLE:
        sys.stdout.write(f"{state:<5} {name:<11} {evidence}\n")
        if change:
            sys.stdout.write(f"      {'':<11} change: {change}\n")
        sys.stdout.flush()


def _explain(output: Format, result: Result, change: str) -> None:
    if output is Format.TABLE:
        answer = result.answer.strip().replace("\n", "\n                  ")
        sys.stdout.write(
            f"      sent:       {result.sent}\n"
            f"      came back:  {answer}\n"
            f"      change:     {change}\n"
        )


@contextmanager
def _own_gateway() -> Iterator[Connection]:
    """Serve a store that lasts as long as the trial."""
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            [sys.executable, "-m", "pachlite", "serve", "s3", "--port", "0"],
            env={**os.environ, "PACHLITE_HOME": str(Path(directory) / "store")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                if not line:
                    raise SourceUnavailable("pachlite serve s3", "it ended at once")
                yield Connection(line.split()[-1])
            finally:
                process.terminate()
                process.wait(_STOP_S)


def _forget_scratch_repo() -> None:
    """Remove the repo of scratch buckets, if it is in the store of this machine and empty."""
    if not (store_home() / "metadata.db").exists():
        return
    with suppress(PachliteError), opened_store() as pfs:
        repo = RepoRef(DEFAULT_PROJECT, SCRATCH_REPO)
        if not list(pfs.list_branch(repo)):
            pfs.delete_repo(repo)


_REPORT: Final[View[dict[str, Any]]] = View(columns={}, details={}, record=dict, raw=dict)
