"""Clients that live in environments of their own, since what they need does not go together."""

import os
import subprocess
from pathlib import Path

import pytest

TIMEOUT_S = 1800  # a bound of its own kind; the tests have shorter ones
ENVIRONMENTS = Path(__file__).parents[2] / ".venv-clients"


def program(client, name):
    """Return the path of a program of a client; without it the test has nothing to run."""
    path = ENVIRONMENTS / client / "bin" / name
    if not path.exists():
        pytest.skip(f"{client} is not installed: make clients")
    return path


def run(command, gateway, *, cwd, stdin=None, expect=0):
    """Run a program that finds the gateway in its environment; return what it printed."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "AWS_ENDPOINT_URL": gateway.endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "secretkey",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "ENDPOINT": gateway.endpoint,
    }
    result = subprocess.run(
        [str(word) for word in command],
        env=environment,
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
