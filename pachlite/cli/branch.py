"""The commands for branches."""

from __future__ import annotations

from typing import Annotated

import typer

from pachlite.cli.arguments import (
    BranchArgument,
    OutputOption,
    ProjectOption,
    RawOption,
    RepoArgument,
    TimesOption,
    commit_of_branch,
    output_of,
)
from pachlite.cli.context import opened_store
from pachlite.cli.output import Format, show_list, show_one
from pachlite.cli.views import BRANCH_VIEW
from pachlite.pfs.names import DEFAULT_PROJECT
from pachlite.pfs.refs import parse_branch, parse_repo


def create_branch(
    *,
    name: BranchArgument,
    head: Annotated[
        str,
        typer.Option(
            metavar="COMMIT",
            show_default="an empty commit",
            help="The commit it points to: master^2, 4f2a91c0, images@master.",
        ),
    ] = "",
    project: ProjectOption = DEFAULT_PROJECT,
) -> None:
    """Create a branch, or move its head.

    Examples:
      pachlite create branch images@dev
      pachlite create branch images@dev --head master
      pachlite create branch images@master --head master^

    Next: pachlite list branch images
    """
    branch = parse_branch(name, project)
    commit = commit_of_branch(head, branch) if head else None
    with opened_store() as pfs:
        pfs.create_branch(branch, head=commit)


def inspect_branch(
    *,
    name: BranchArgument,
    project: ProjectOption = DEFAULT_PROJECT,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
    full_timestamps: TimesOption = False,
) -> None:
    """Show a branch.

    Examples:
      pachlite inspect branch images@master
      pachlite inspect branch images@master -o json

    Next: pachlite list commit images@master
    """
    with opened_store() as pfs:
        info = pfs.inspect_branch(parse_branch(name, project))
    show_one(info, BRANCH_VIEW, output_of(output, raw, full_timestamps))


def list_branch(
    *,
    name: RepoArgument,
    project: ProjectOption = DEFAULT_PROJECT,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
) -> None:
    """List the branches of a repo, newest first.

    Examples:
      pachlite list branch images
      pachlite list branch images -o json

    Next: pachlite list file images@master
    """
    with opened_store() as pfs:
        infos = pfs.list_branch(parse_repo(name, project))
    show_list(infos, BRANCH_VIEW, output_of(output, raw))


def delete_branch(
    *,
    name: BranchArgument,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Even if other branches depend on it.")
    ] = False,
    project: ProjectOption = DEFAULT_PROJECT,
) -> None:
    """Delete a branch. Its commits stay.

    Examples:
      pachlite delete branch images@dev

    Next: pachlite list branch images
    """
    with opened_store() as pfs:
        pfs.delete_branch(parse_branch(name, project), force=force)
