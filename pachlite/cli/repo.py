"""The commands for repos."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pachlite.cli.arguments import (
    DescriptionOption,
    NewDescriptionOption,
    OutputOption,
    ProjectOption,
    RawOption,
    RepoArgument,
    TimesOption,
    YesOption,
    output_of,
)
from pachlite.cli.context import opened_store
from pachlite.cli.output import Format, show_list, show_one
from pachlite.cli.questions import confirm
from pachlite.cli.views import REPO_VIEW
from pachlite.errors import InvalidOption
from pachlite.pfs.names import DEFAULT_PROJECT
from pachlite.pfs.refs import parse_repo

AllProjectsOption = Annotated[
    bool, typer.Option("--all-projects", "-A", help="In all projects, not just in one.")
]


def create_repo(
    *,
    name: RepoArgument,
    description: DescriptionOption = "",
    project: ProjectOption = DEFAULT_PROJECT,
) -> None:
    """Create a repo.

    Examples:
      pachlite create repo images
      pachlite create repo images -d "raw photos" --project vision

    Next: pachlite put file images@master:/cat.png -f cat.png
    """
    with opened_store() as pfs:
        pfs.create_repo(parse_repo(name, project), description=description)


def update_repo(
    *,
    name: RepoArgument,
    description: NewDescriptionOption = None,
    project: ProjectOption = DEFAULT_PROJECT,
) -> None:
    """Change the description of a repo.

    Examples:
      pachlite update repo images -d "raw photos, unsorted"

    Next: pachlite inspect repo images
    """
    if description is None:
        raise InvalidOption("there is nothing to change", hint="give a description with -d")
    with opened_store() as pfs:
        pfs.update_repo(parse_repo(name, project), description=description)


def inspect_repo(
    *,
    name: RepoArgument,
    project: ProjectOption = DEFAULT_PROJECT,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
    full_timestamps: TimesOption = False,
) -> None:
    """Show a repo.

    Examples:
      pachlite inspect repo images
      pachlite inspect repo images -o json

    Next: pachlite list branch images
    """
    with opened_store() as pfs:
        info = pfs.inspect_repo(parse_repo(name, project))
    show_one(info, REPO_VIEW, output_of(output, raw, full_timestamps))


def list_repo(
    *,
    all_projects: AllProjectsOption = False,
    project: ProjectOption = DEFAULT_PROJECT,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
    full_timestamps: TimesOption = False,
) -> None:
    """List the repos of a project, newest first.

    Examples:
      pachlite list repo
      pachlite list repo --all-projects -o json

    Next: pachlite list branch images
    """
    with opened_store() as pfs:
        infos = pfs.list_repo(None if all_projects else project)
    show_list(infos, REPO_VIEW, output_of(output, raw, full_timestamps))


def delete_repo(
    *,
    name: Annotated[str, typer.Argument(metavar="[REPO]", help="The repo.")] = "",
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Even if other repos depend on it.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Delete every repo of the project.")] = False,
    all_projects: AllProjectsOption = False,
    project: ProjectOption = DEFAULT_PROJECT,
    yes: YesOption = False,
) -> None:
    """Delete a repo with all its branches, commits and files.

    Examples:
      pachlite delete repo images
      pachlite delete repo --all --project vision

    Next: pachlite list repo
    """
    if bool(name) == every:
        raise InvalidOption("either a repo or --all is needed", hint="pachlite delete repo images")
    if all_projects and not every:
        raise InvalidOption("--all-projects goes with --all only")
    with opened_store() as pfs:
        if every:
            repos = [info.repo for info in pfs.list_repo(None if all_projects else project)]
            confirm(f"This deletes {', '.join(map(str, repos)) or 'nothing'}.", is_sure=yes)
        else:
            repos = [parse_repo(name, project)]
        for repo in repos:
            pfs.delete_repo(repo, force=force)
    sys.stderr.write("Repo deleted.\n" * len(repos))
