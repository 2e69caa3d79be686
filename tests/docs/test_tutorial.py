"""The tutorial is run, block by block, and what it shows must be what happens."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(<!-- in the background -->\n)?```console\n(.*?)```", re.DOTALL)
AWS = ROOT / ".venv-clients" / "awscli" / "bin"


@dataclass(frozen=True)
class Step:
    """A command, what it is to print, and whether it goes on running."""

    command: str
    expected: str
    in_background: bool


def steps_of(page: Path) -> Iterator[Step]:
    for background, block in BLOCK.findall(page.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            yield Step(command, expected, bool(background))


def matches(shown: str, actual: str) -> bool:
    """Compare line by line; a run of dots stands for anything, spaces for any spaces."""
    shown_lines, actual_lines = shown.rstrip().splitlines(), actual.rstrip().splitlines()
    return len(shown_lines) == len(actual_lines) and all(
        re.fullmatch(_pattern(line), text.rstrip())
        for line, text in zip(shown_lines, actual_lines, strict=True)
    )


def _pattern(line: str) -> str:
    pieces = [
        ".*" if piece.startswith("...") else r"\s+" if piece.isspace() else re.escape(piece)
        for piece in re.split(r"(\.{3,}|\s+)", line.rstrip())
    ]
    return "".join(pieces).replace(r"\s+.*", r"\s*.*")


class Shell:
    """One bash for the whole page, so that variables and directories carry over."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.address = "127.0.0.1:30600"
        self.servers: list[subprocess.Popen[str]] = []
        self.state = directory / ".state"
        self.state.write_text("")

    def run(self, step: Step) -> str:
        if step.in_background:
            self.serve(step.command)
            return step.expected
        command = step.command.replace("127.0.0.1:30600", self.address)
        lines = [f'. "{self.state}"', "set -a", command, "status=$?"]
        script = "\n".join([*lines, f'export -p > "{self.state}"', "exit $status"])
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.directory,
            env=environment(),
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"$ {step.command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def serve(self, command: str) -> None:
        script = f'. "{self.state}"\nexec {command} --port 0'
        server = subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.directory,
            env=environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.servers.append(server)
        assert server.stdout is not None
        for line in server.stdout:
            found = re.search(r"http://(127\.0\.0\.1:\d+)", line)
            if found:
                self.address = found.group(1)
                return
        pytest.fail("the server did not announce itself")

    def close(self) -> None:
        for server in self.servers:
            server.terminate()
            server.communicate(timeout=30)


def environment() -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("HOME", "LANG", "USER") if key in os.environ}
    search = [str(ROOT / ".venv" / "bin"), str(AWS), os.environ["PATH"]]
    return {
        **kept,
        "PATH": os.pathsep.join(search),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    shell.close()


def test_the_tutorial_shows_what_happens(shell: Shell) -> None:
    steps = list(steps_of(ROOT / "docs" / "tutorial" / "index.md"))
    assert len(steps) > 20
    for step in steps:
        actual = shell.run(step)
        assert matches(step.expected, actual), (
            f"$ {step.command}\nshown:\n{step.expected}\nactual:\n{actual}"
        )


def test_the_first_five_minutes_of_the_readme_show_what_happens(
    shell: Shell, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text((ROOT / "README.md").read_text().partition("## The first five minutes")[2])
    shell.state.write_text(f'export PACHLITE_HOME="{tmp_path}/store"\n')
    shell.serve("pachlite serve s3")
    steps = list(steps_of(page))
    assert len(steps) > 10
    for step in steps:
        actual = shell.run(step)
        assert not step.expected or matches(step.expected, actual), f"$ {step.command}\n{actual}"


def test_a_difference_would_be_noticed() -> None:
    assert matches("SIZE NAME\n19B  /data\n", "SIZE NAME\n19B    /data\n")
    assert matches("default ....... 38B USER ...", "default 0123abc 38B USER me")
    assert not matches("19B /data", "20B /data")
    assert not matches("a\nb", "a")
