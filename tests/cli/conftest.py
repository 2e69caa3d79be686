"""The command line on a store of its own: in this process, and as a program."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pachlite.cli.main import application
from pachlite.config import StoreConfig
from pachlite.pfs.api import PFS
from pachlite.wiring import open_store


@dataclass(frozen=True)
class Cli:
    """Runs commands on the store of a test."""

    home: Path

    def run(self, *words, stdin=None, env=None):
        variables = {"PACHLITE_HOME": str(self.home), "NO_COLOR": "1", **(env or {})}
        typed = [str(word) for word in words]
        return CliRunner(env=variables).invoke(application(typed), typed, input=stdin)

    def ok(self, *words, stdin=None) -> str:
        """Return the standard output of a command that must succeed."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words):
        """Return what a command prints with `-o json`."""
        return json.loads(self.ok(*words, "-o", "json"))

    def fails(self, *words, stdin=None) -> str:
        """Return the standard error of a command that must fail, and change nothing."""
        before = self.state()
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        assert "defect" not in result.stderr
        assert self.state() == before
        return result.stderr

    def state(self) -> list[object]:
        """Return what the store holds, for comparison."""
        with self.store() as pfs:
            found: list[object] = [each.name for each in pfs.list_project()]
            for repo in pfs.list_repo():
                found += [repo, *pfs.list_branch(repo.repo), *pfs.list_commit(repo.repo)]
            return found

    def store(self):
        return _opened(self.home)


class _opened:  # noqa: N801 - a context manager
    def __init__(self, home: Path) -> None:
        self._pfs = open_store(StoreConfig(home, "tester"))

    def __enter__(self) -> PFS:
        return self._pfs

    def __exit__(self, *_: object) -> None:
        self._pfs.close()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """A command line on an empty store, in an empty working directory."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return Cli(tmp_path / "home")


@pytest.fixture
def images(cli: Cli) -> Cli:
    """A command line on a store with a few files in `images@master`."""
    cli.ok("create", "repo", "images")
    cli.ok("put", "file", "images@master:/cats/tom.txt", stdin="tom\n")
    cli.ok("put", "file", "images@master:/cats/kit.txt", stdin="kit\n")
    cli.ok("put", "file", "images@master:/readme", stdin="read me\n")
    return cli


@pytest.fixture
def program(tmp_path: Path):
    """Run the program as a process of its own; returns the completed process."""

    def run(*words, stdin=b"", env=None, timeout=60, **options):
        return subprocess.run(
            [sys.executable, "-m", "pachlite", *map(str, words)],
            input=stdin,
            capture_output=True,
            env={**os.environ, "PACHLITE_HOME": str(tmp_path / "home"), **(env or {})},
            timeout=timeout,
            check=False,
            **options,
        )

    return run
