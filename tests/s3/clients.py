"""Clients that live in environments of their own, since what they need does not go together."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from pachlite.cli.s3_snippets import Connection
from tests.programs import environment
from tests.programs import program as pachlite
from tests.s3.process import running_gateway

TIMEOUT_S = 1800  # a bound of its own kind; the tests have shorter ones
ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".venv-clients"
INSTALLED = {
    "aws": ("awscli", "aws"),
    "minio-py": ("minio", "python"),
    "s3fs": ("s3fs", "python"),
    "pandas": ("s3fs", "python"),
    "rclone": ("transfer", "rclone"),
    "s3cmd": ("transfer", "s3cmd"),
    "s5cmd": ("transfer", "s5cmd"),
    "pyarrow": ("tables", "python"),
    "polars": ("tables", "python"),
    "obstore": ("tables", "python"),
    "deltalake": ("tables", "python"),
    "duckdb": ("tables", "python"),
}
"""What `make test` installs: for each client its environment, and the program in there."""

HAS_BUILT_CLIENTS = bool(os.environ.get("PACHLITE_BUILT_CLIENTS"))
"""Whether to run the clients that have to be built first, which `make clients` does."""


@contextmanager
def served(home, scheme):
    """Serve over HTTP to those who sign with a key, over HTTPS to everybody; say how to get there.

    Over HTTP more of a request is signed: its body, with some clients chunk by chunk.
    """
    keys, options = {}, ("--tls", "auto")
    if scheme == "http":
        run_pachlite(home, "auth", "activate")
        keys, options = json.loads(run_pachlite(home, "auth", "create-s3-key", "root")), ()
    with running_gateway(home, *options) as gateway:
        chosen = {name: keys[name] for name in ("access_key", "secret_key") if keys}
        yield Connection(gateway.endpoint, **chosen, ca_file=str(gateway.ca or ""))


def run_pachlite(home, *words):
    """Run a command on a store; return its result as JSON."""
    command = pachlite("pachlite", *words, "-o", "json")
    done = subprocess.run(command, env=environment(home), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def client_program(client):
    """Return the program of a client, or for a library the interpreter that has it."""
    if client == "boto3":
        return Path(sys.executable)
    return program(*INSTALLED[client])


def built(*parts):
    """Return the path of something that `make clients` builds."""
    path = ENVIRONMENTS.joinpath(*parts)
    if not (HAS_BUILT_CLIENTS and path.exists()):
        pytest.skip(f"{parts[0]} is built and run by make clients")
    return path


def program(client, name):
    """Return the path of a program of a client; without it the test has nothing to run."""
    path = ENVIRONMENTS / client / "bin" / name
    if not path.exists():
        pytest.skip(f"{client} is not installed: make client-venvs")
    return path


def run(command, gateway, *, cwd, stdin=None, expect=0, pair=None):
    """Run a program that finds the gateway in its environment; return what it printed.

    Without a `pair` of keys it has any.
    """
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "AWS_ENDPOINT_URL": gateway.endpoint,
        "AWS_ACCESS_KEY_ID": pair.access_key if pair else "any",
        "AWS_SECRET_ACCESS_KEY": pair.secret_key if pair else "secretkey",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "ENDPOINT": gateway.endpoint,
    }
    result = subprocess.run(
        [str(word) for word in command],
        env=variables,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert result.returncode == expect, (result.stdout, result.stderr)
    return (result.stdout or result.stderr).decode()


def run_script(client, script, gateway, *arguments, cwd):
    """Run a script by the interpreter of a client, with warnings as errors of its own."""
    python = program(client, "python")
    return run([python, "-c", script, *arguments], gateway, cwd=cwd)
