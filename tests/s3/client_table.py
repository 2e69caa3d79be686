"""A plugin that writes which S3 clients ran what, and how it went: `--client-table FILE`.

A test that tries out a client tells by `tried`; the page is made of what the tests of one run told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STEPS = ("create", "put", "get", "list", "copy", "delete", "multipart", "version", "sync")
SCHEMES = ("http", "https")
_KEY = "client"

_INTRODUCTION = """# S3 clients

<!-- Written by `make clients`, from what the clients did. -->

Every client below is what its makers publish, with its default settings but for the endpoint, the
keys, and path style where that is not the default: see
[how to connect them](../how-to/connect-clients.md). Over HTTP auth is active: every request must be
signed with a key that exists, and every signature is verified. Over HTTPS the certificate is that
of `pachlite serve s3 --tls auto`.

"""
_LEGEND = """
A tick is what the client did and read back byte for byte; a dot is what it has no command for, or
what was not asked of it. *multipart* is an object larger than a part, *version* is reading what was
there before: by the id of the version, or from the bucket of the commit. *sync* brings a directory
there twice, and the second time makes no version.

`pachlite doctor --client NAME` does the same with the client that you have.
"""


@dataclass(frozen=True)
class Trial:
    """What one client did over one scheme."""

    title: str
    version: str
    scheme: str
    steps: tuple[str, ...]


def tried(record_property, title: str, version: str, scheme: str, steps: Sequence[str]) -> None:
    """Tell what a client is about to be judged by."""
    record_property(_KEY, [title, version, scheme, list(steps)])


def page(trials: Sequence[tuple[Trial, bool]]) -> str:
    """Return the page about all trials, each with whether it went well."""
    titles = sorted({trial.title for trial, _ in trials}, key=str.lower)
    head = _line(["client", "version", *STEPS, *SCHEMES])
    rule = "|---" * (2 + len(STEPS) + len(SCHEMES)) + "|\n"
    rows = "".join(_row(title, trials) for title in titles)
    return f"{_INTRODUCTION}{head}{rule}{rows}{_LEGEND}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _row(title: str, trials: Sequence[tuple[Trial, bool]]) -> str:
    own = [(trial, passed) for trial, passed in trials if trial.title == title]
    version = next((trial.version for trial, _ in own if trial.version), "?")
    done = {step for trial, _ in own for step in trial.steps}
    marks = ["✓" if step in done else "·" for step in STEPS]
    verdicts = {trial.scheme: "✓" if passed else "**fails**" for trial, passed in own}
    return _line([title, version, *marks, *(verdicts.get(scheme, "·") for scheme in SCHEMES)])


def pytest_addoption(parser):
    parser.addoption("--client-table", help="write the table of S3 clients to this file")


def pytest_configure(config):
    if config.getoption("--client-table"):
        config.pluginmanager.register(_Collector(Path(config.getoption("--client-table"))))


class _Collector:
    """Gathers what was told, and writes the page in the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trials: list[tuple[Trial, bool]] = []

    def pytest_runtest_logreport(self, report):
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == _KEY:
                title, version, scheme, steps = value
                self.trials.append((Trial(title, version, scheme, tuple(steps)), report.passed))

    def pytest_sessionfinish(self):
        self.path.write_text(page(self.trials))
