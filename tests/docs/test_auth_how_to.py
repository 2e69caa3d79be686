"""The page about sharing a store: its commands work in the order in which they stand."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pachlite.cli.main import application

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "auth.md"
PREPARATIONS = ("create repo images", "create project vision")


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```\w*\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("pachlite auth ")]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("PACHLITE_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("PACH_CONFIG", str(tmp_path / "config.json"))
    return lambda words: CliRunner().invoke(application(words), words)


def test_the_commands_of_the_page_work(run):
    for preparation in PREPARATIONS:
        run(preparation.split())
    assert len(commands()) > 10
    for words in commands():
        result = run(words)
        assert result.exit_code == 0, (words, result.output)


def test_the_refusal_on_the_page_is_what_is_said(run):
    from pachlite.errors import NotAuthorized

    refusal = str(NotAuthorized("user:bob", "REPO_WRITE", "REPO default/images"))
    assert f"\n{refusal}\n" in PAGE.read_text()
