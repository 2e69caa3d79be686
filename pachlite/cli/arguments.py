"""The arguments and options that several commands share, and what their texts mean.

The metavar of an argument says what it names; shell completion goes by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import typer

from pachlite.cli.output import Format, Output
from pachlite.errors import InvalidOption, InvalidPath, InvalidReference
from pachlite.pfs.names import DEFAULT_PROJECT
from pachlite.pfs.paths import normalize
from pachlite.pfs.refs import BranchRef, CommitRef, FileRef, parse_commit

PROJECT: Final = "PROJECT"
REPO: Final = "REPO"
BRANCH: Final = "REPO@BRANCH"
COMMIT: Final = "REPO@COMMIT"
FILE: Final = "REPO@COMMIT:PATH"


def utf8_text(value: str | None) -> str | None:
    """Return a text that can be stored; a shell may pass any bytes."""
    if value is not None and not _is_utf8(value):
        raise InvalidOption(f"{value!a} is not valid UTF-8")
    return value


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


ProjectArgument = Annotated[
    str, typer.Argument(metavar=PROJECT, callback=utf8_text, help="The project.")
]
RepoArgument = Annotated[str, typer.Argument(metavar=REPO, help="The repo.")]
BranchArgument = Annotated[
    str, typer.Argument(metavar=BRANCH, help="The branch, such as images@master.")
]
CommitArgument = Annotated[
    str,
    typer.Argument(
        metavar=COMMIT,
        help="The commit: images@master (the head of a branch), images@4f2a91c0 (an id, or "
        "enough of its first digits), images@master^2 (its grandparent).",
    ),
]
FileArgument = Annotated[
    str,
    typer.Argument(
        metavar=FILE,
        help="The file: images@master:/cats/tom.png. Everything after the first colon is the path.",
    ),
]

ProjectOption = Annotated[
    str,
    typer.Option("--project", metavar=PROJECT, callback=utf8_text, help="The project of the repo."),
]
DescriptionOption = Annotated[
    str,
    typer.Option("--description", "-d", metavar="TEXT", callback=utf8_text, help="What it is."),
]
NewDescriptionOption = Annotated[
    str | None,
    typer.Option("--description", "-d", metavar="TEXT", callback=utf8_text, help="What it is."),
]
MessageOption = Annotated[
    str,
    typer.Option(
        "--message",
        "-m",
        "--description",
        metavar="TEXT",
        callback=utf8_text,
        help="What the commit does.",
    ),
]
NewMessageOption = Annotated[
    str | None,
    typer.Option(
        "--message",
        "-m",
        "--description",
        metavar="TEXT",
        callback=utf8_text,
        help="What the commit does.",
    ),
]
KeyOption = Annotated[
    bool,
    typer.Option(
        "--key",
        help="Take what follows the colon as it is, as an S3 key: no slash is "
        "dropped, nothing is a wildcard.",
    ),
]
ParallelismOption = Annotated[
    int, typer.Option("--parallelism", "-p", metavar="N", min=1, help="Files at a time.")
]
ProgressOption = Annotated[
    bool | None,
    typer.Option(
        "--progress/--no-progress",
        show_default="where standard error is a terminal",
        help="Show how far it is.",
    ),
]
YesOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        help="Do not ask before deleting all repos. Without a terminal it never asks.",
    ),
]

OutputOption = Annotated[
    Format,
    typer.Option(
        "--output",
        "-o",
        metavar="table|json|yaml",
        case_sensitive=False,
        help="The format of the result.",
    ),
]
RawOption = Annotated[
    bool, typer.Option("--raw", help="Print what pachctl prints: a stream of objects.")
]
TimesOption = Annotated[
    bool, typer.Option("--full-timestamps", help="Show times rather than ages.")
]

DEFAULT_PARALLELISM: Final = 10


@dataclass(frozen=True, slots=True)
class TypedFile:
    """A file or directory as somebody typed it.

    Attributes:
        path: The key. It may be empty, and may end in a slash.
        has_path: Whether there was a path at all.
        typed: The path before it was normalised; glob patterns are read from it.
    """

    commit: CommitRef
    path: str
    has_path: bool
    typed: str

    @property
    def names_directory(self) -> bool:
        """Whether it can only mean a directory: the root, or a path that ends in a slash."""
        return self.path.endswith("/") or not self.path

    @property
    def ref(self) -> FileRef:
        """The file."""
        return FileRef(self.commit, self.path)

    def __str__(self) -> str:
        return str(self.ref)


def typed_file(text: str, project: str = DEFAULT_PROJECT, *, is_key: bool = False) -> TypedFile:
    """Understand `repo@branch:/path`; with `is_key` the path is left as it is."""
    repo, at, rest = text.partition("@")
    target, _, typed = rest.partition(":")
    commit = parse_commit(f"{repo}{at}{target}", project)
    if not _is_utf8(typed):
        raise InvalidPath(typed, "it is not valid UTF-8")
    return TypedFile(commit, typed if is_key else normalize(typed), bool(typed), typed)


def typed_file_with_path(text: str, project: str, *, is_key: bool = False) -> TypedFile:
    """Understand `repo@branch:/path` where the path is needed."""
    typed = typed_file(text, project, is_key=is_key)
    if not typed.has_path:
        raise InvalidReference(text, "a path is missing", hint=f"for example {typed.commit}:/path")
    return typed


def commit_of_branch(text: str, branch: BranchRef) -> CommitRef:
    """Understand a commit that may be named without the repo: `master^`, `4f2a91c0`, `repo@x`."""
    name = text if "@" in text else f"{branch.repo.name}@{text}"
    commit = parse_commit(name, branch.repo.project)
    if commit.repo != branch.repo:
        raise InvalidReference(text, "branch and head commit must belong to the same repo")
    return commit


def output_of(chosen: Format, raw: bool, full_timestamps: bool = False) -> Output:
    """Gather the options that say how to print."""
    return Output(format=chosen, is_raw=raw, full_timestamps=full_timestamps)
