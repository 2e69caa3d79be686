"""Completion of names, through the real script in a real bash, and the formats of the others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pachlite.cli.completion import Line, propose

SCRIPT = Path(__file__).parents[2] / "completions/pachlite.bash"


@pytest.fixture
def complete(images, monkeypatch):
    """Complete a line on a store with files."""
    monkeypatch.setenv("PACHLITE_HOME", str(images.home))

    def values(*words):
        return [each.value for each in propose(Line(words[:-1], words[-1]))]

    return values


def test_names_come_from_the_store(complete, images):
    images.ok("create", "project", "vision")
    images.ok("create", "repo", "words")
    images.ok("create", "branch", "images@dev")

    assert complete("inspect", "project", "") == ["default", "vision"]
    assert complete("list", "repo", "--project", "v") == ["vision"]
    assert sorted(complete("inspect", "repo", "")) == ["images", "words"]
    assert sorted(complete("inspect", "branch", "")) == ["images@", "words@"]
    assert sorted(complete("inspect", "branch", "i")) == ["images@dev", "images@master"]
    assert complete("inspect", "branch", "images@m") == ["images@master"]
    assert complete("list", "file", "--project", "vision", "i") == []


def test_commits_are_proposed_where_no_branch_fits(complete, images):
    ids = [each["id"] for each in images.json("list", "commit", "images")]

    assert complete("inspect", "commit", f"images@{ids[0][:4]}") == [
        f"images@{each}" for each in ids
    ]


def test_paths_are_proposed_level_by_level(complete):
    assert complete("list", "file", "i") == ["images@master:/cats/", "images@master:/readme"]
    assert complete("list", "file", "images@master:/c") == ["images@master:/cats/"]
    assert complete("get", "file", "images@master:/cats/") == [
        "images@master:/cats/kit.txt",
        "images@master:/cats/tom.txt",
    ]
    assert complete("get", "file", "images@master:cats/t") == ["images@master:cats/tom.txt"]


def test_nothing_is_proposed_or_made_without_a_store(tmp_path, monkeypatch):
    monkeypatch.setenv("PACHLITE_HOME", str(tmp_path / "none"))

    assert list(propose(Line(["list", "file"], ""))) == []
    assert not (tmp_path / "none").exists()


def test_nobody_sees_an_error_while_typing(complete):
    assert complete("list", "file", "nope@x:/") == []
    assert complete("list", "file", "images@ma^~:/") == []
    assert complete("list", "file", "@:@") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "replies"),
    [
        (["li"], ["list"]),
        (["list", "file", "images", "@", "m"], ["master:/cats/", "master:/readme"]),
        (["list", "file", "images", "@", "master", ":", "/c"], ["/cats/"]),
        (["get", "file", "images", "@", "master", ":", "/my"], ["/my\\ file"]),
        (["list", "repo", "-o", ""], ["table", "json", "yaml"]),
    ],
)
def test_bash_gets_what_it_can_insert(images, tmp_path, words, replies):
    images.ok("put", "file", "images@tmp:/my file", stdin="")
    images.ok("delete", "branch", "images@tmp")
    if "/my" in words:
        images.ok("put", "file", "images@master:/my file", stdin="")
    program = tmp_path / "bin/pachlite"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m pachlite "$@"\n')
    program.chmod(0o755)
    script = (
        f'source {SCRIPT}\nCOMP_WORDS=(pachlite "$@")\nCOMP_CWORD=$#\n'
        f"_pachlite_completion {program}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    )

    done = subprocess.run(
        ["bash", "-c", script, "bash", *words],
        env={**os.environ, "PACHLITE_HOME": str(images.home)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == replies
    assert done.stderr == ""


def test_other_shells_get_what_they_understand(program):
    def ask(shell, text, **more):
        return program(
            env={"_PACHLITE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": text, **more}
        )

    assert ask("zsh", "pachlite li").stdout == (
        b'_arguments \'*: :(("list":"Show what there is."))\'\n'
    )
    assert ask("zsh", "pachlite put file x -f ").stdout == b"_files\n"
    got = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert ask("fish", "pachlite li", **got).stdout == b"list\tShow what there is.\n"
    wanted = {"_TYPER_COMPLETE_FISH_ACTION": "is-args"}
    assert ask("fish", "pachlite li", **wanted).returncode == 0
    assert ask("fish", "pachlite put file x -f ", **wanted).returncode == 1
    word = {"_TYPER_COMPLETE_WORD_TO_COMPLETE": "li"}
    assert ask("pwsh", "pachlite li", **word).stdout == b"list:::Show what there is.\n"
    assert ask("unknown", "pachlite li").returncode == 1
