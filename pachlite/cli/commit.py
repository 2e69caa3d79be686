"""The commands for commits."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pachlite.cli.arguments import (
    BranchArgument,
    CommitArgument,
    MessageOption,
    NewMessageOption,
    OutputOption,
    ProjectOption,
    RawOption,
    TimesOption,
    commit_of_branch,
    output_of,
)
from pachlite.cli.commit_lists import Selection, listed_commits, listed_sets, whole_id
from pachlite.cli.context import opened_store
from pachlite.cli.output import Format, show_list, show_one
from pachlite.cli.views import COMMIT_SET_VIEW, COMMIT_VIEW
from pachlite.errors import InvalidReference
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import Origin
from pachlite.pfs.names import DEFAULT_PROJECT
from pachlite.pfs.refs import parse_branch, parse_commit

SetArgument = Annotated[
    str,
    typer.Argument(
        metavar="COMMIT",
        help="The id of a commit, or REPO@COMMIT. All commits that share the id are meant.",
    ),
]

ListArgument = Annotated[
    str,
    typer.Argument(
        metavar="[REPO[@COMMIT]]",
        help="A repo, a commit whose ancestry is listed, or the id of a set of commits. "
        "Without it: the sets of commits of the project.",
    ),
]
FromOption = Annotated[
    str, typer.Option("--from", "-f", metavar="COMMIT", help="End before this commit.")
]
NumberOption = Annotated[
    int, typer.Option("--number", "-n", min=0, metavar="N", help="At most so many; 0 is all.")
]
OriginOption = Annotated[
    Origin | None,
    typer.Option(
        "--origin",
        metavar="USER|AUTO|FSCK",
        case_sensitive=False,
        help="Only commits made for this reason.",
    ),
]
ExpandOption = Annotated[
    bool, typer.Option("--expand", "-x", help="A row for each commit of a set.")
]


def start_commit(
    *,
    branch: BranchArgument,
    parent: Annotated[
        str,
        typer.Option(
            "--parent",
            "-p",
            metavar="COMMIT",
            show_default="the head of the branch",
            help="The commit to build on.",
        ),
    ] = "",
    message: MessageOption = "",
    project: ProjectOption = DEFAULT_PROJECT,
) -> None:
    """Open a commit and print its id. What is put on the branch joins it until it is finished.

    Examples:
      pachlite start commit images@master -m "photos of May"
      pachlite start commit images@fix --parent master^

    Next: pachlite put file images@master -r -f photos
    """
    ref = parse_branch(branch, project)
    base = commit_of_branch(parent, ref) if parent else None
    with opened_store() as pfs:
        info = pfs.start_commit(ref, parent=base, description=message)
    sys.stdout.write(f"{info.id}\n")


def finish_commit(
    *,
    commit: CommitArgument,
    message: NewMessageOption = None,
    project: ProjectOption = DEFAULT_PROJECT,
) -> None:
    """Close an open commit. It never changes after that.

    Examples:
      pachlite finish commit images@master
      pachlite finish commit images@master -m "photos of May"

    Next: pachlite list commit images@master
    """
    with opened_store() as pfs:
        pfs.finish_commit(parse_commit(commit, project), description=message)


def inspect_commit(
    *,
    commit: CommitArgument,
    project: ProjectOption = DEFAULT_PROJECT,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
    full_timestamps: TimesOption = False,
) -> None:
    """Show a commit.

    Examples:
      pachlite inspect commit images@master
      pachlite inspect commit images@master^ -o json

    Next: pachlite diff file images@master
    """
    if "@" not in commit:
        raise InvalidReference(
            commit, "a repo is missing", hint=f"pachlite list commit {commit} shows all of the id"
        )
    with opened_store() as pfs:
        info = pfs.inspect_commit(parse_commit(commit, project))
    show_one(info, COMMIT_VIEW, output_of(output, raw, full_timestamps))


def list_commit(
    *,
    what: ListArgument = "",
    start: FromOption = "",
    number: NumberOption = 0,
    origin: OriginOption = None,
    expand: ExpandOption = False,
    project: ProjectOption = DEFAULT_PROJECT,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
    full_timestamps: TimesOption = False,
) -> None:
    """List commits, newest first.

    Examples:
      pachlite list commit images@master
      pachlite list commit images@master --from 4f2a91c0 -n 10
      pachlite list commit

    Next: pachlite inspect commit images@master
    """
    selection = Selection(what, start, number or None, origin, project)
    printed = output_of(output, raw, full_timestamps)
    with opened_store() as pfs:
        if what or expand:
            show_list(listed_commits(pfs, selection), COMMIT_VIEW, printed)
        else:
            show_list(listed_sets(pfs, selection), COMMIT_SET_VIEW, printed)


def delete_commit(*, commit: SetArgument, project: ProjectOption = DEFAULT_PROJECT) -> None:
    """Delete commits with the data that they brought. Only commits without children can go.

    Examples:
      pachlite delete commit images@master
      pachlite delete commit 4f2a91c0

    Next: pachlite list commit images@master
    """
    with opened_store() as pfs:
        pfs.delete_commit(_set_id(pfs, commit, project))


def squash_commit(*, commit: SetArgument, project: ProjectOption = DEFAULT_PROJECT) -> None:
    """Remove commits and keep their data, which their children take over.

    Examples:
      pachlite squash commit images@master^
      pachlite squash commit 4f2a91c0

    Next: pachlite list commit images@master
    """
    with opened_store() as pfs:
        pfs.squash_commit(_set_id(pfs, commit, project))


def _set_id(pfs: PFS, commit: str, project: str) -> str:
    if "@" in commit:
        return pfs.inspect_commit(parse_commit(commit, project)).id
    return whole_id(pfs, commit)
