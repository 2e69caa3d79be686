"""The options of the commands that write, read and compare the content of files."""

from __future__ import annotations

from typing import Annotated

import typer

from pachlite.cli.arguments import COMMIT

SourcesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--file",
        "-f",
        metavar="SOURCE",
        show_default="standard input",
        help="A local file or directory, an http(s) URL, or - for standard input. Repeat it, or "
        "separate several with commas.",
    ),
]
InputFileOption = Annotated[
    str,
    typer.Option(
        "--input-file", "-i", metavar="SOURCE", help="Read the sources from it, one per line."
    ),
]
PutRecursiveOption = Annotated[
    bool, typer.Option("--recursive", "-r", help="Put everything below a directory.")
]
AppendOption = Annotated[
    bool, typer.Option("--append", "-a", help="Add to the content that is there.")
]
FullPathOption = Annotated[
    bool, typer.Option("--full-path", help="Keep the directories of the source's name.")
]
UntarOption = Annotated[
    bool, typer.Option("--untar", help="Put what is in .tar, .tar.gz and .tgz files.")
]

LocalOption = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="LOCAL",
        show_default="standard output",
        help="The local file to write; with -r, the directory.",
    ),
]
GetRecursiveOption = Annotated[
    bool, typer.Option("--recursive", "-r", help="Get everything below a directory.")
]
OffsetOption = Annotated[
    int, typer.Option("--offset", min=0, metavar="BYTES", help="Skip so many bytes.")
]
RetryOption = Annotated[
    bool, typer.Option("--retry", help="Keep what the output holds; get what is missing.")
]

OldArgument = Annotated[
    str,
    typer.Argument(
        metavar=f"[{COMMIT}[:PATH]]",
        show_default="the same path in the parent commit",
        help="What to compare with.",
    ),
]
NameOnlyOption = Annotated[bool, typer.Option("--name-only", help="Names and sizes, not contents.")]
ShallowOption = Annotated[
    bool, typer.Option("--shallow", "-s", help="Do not look into directories.")
]
DiffCommandOption = Annotated[
    str,
    typer.Option(
        "--diff-command", metavar="COMMAND", help="Run this on copies of each file's two sides."
    ),
]
NoPagerOption = Annotated[bool, typer.Option("--no-pager", help="Do not start a pager.")]
OldProjectOption = Annotated[
    str, typer.Option("--old-project", metavar="PROJECT", help="The project of the second.")
]
