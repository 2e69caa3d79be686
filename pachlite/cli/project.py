"""The commands for projects."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pachlite.cli.arguments import (
    DescriptionOption,
    NewDescriptionOption,
    OutputOption,
    ProjectArgument,
    RawOption,
    TimesOption,
    YesOption,
    output_of,
)
from pachlite.cli.context import opened_store
from pachlite.cli.output import Format, show_list, show_one
from pachlite.cli.questions import confirm
from pachlite.cli.views import project_view
from pachlite.errors import InvalidOption
from pachlite.pfs.names import DEFAULT_PROJECT, check_project_name


def create_project(*, name: ProjectArgument, description: DescriptionOption = "") -> None:
    """Create a project, a namespace of repos.

    Examples:
      pachlite create project vision
      pachlite create project vision -d "everything about images"

    Next: pachlite create repo images --project vision
    """
    with opened_store() as pfs:
        pfs.create_project(check_project_name(name), description=description)


def update_project(
    *,
    name: ProjectArgument,
    description: NewDescriptionOption = None,
) -> None:
    """Change the description of a project.

    Examples:
      pachlite update project vision -d "images and videos"

    Next: pachlite inspect project vision
    """
    if description is None:
        raise InvalidOption("there is nothing to change", hint="give a description with -d")
    with opened_store() as pfs:
        pfs.update_project(name, description=description)


def inspect_project(
    *,
    name: ProjectArgument,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
    full_timestamps: TimesOption = False,
) -> None:
    """Show a project.

    Examples:
      pachlite inspect project vision
      pachlite inspect project vision -o json

    Next: pachlite list repo --project vision
    """
    with opened_store() as pfs:
        info = pfs.inspect_project(name)
    show_one(info, project_view(DEFAULT_PROJECT), output_of(output, raw, full_timestamps))


def list_project(
    *,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
    full_timestamps: TimesOption = False,
) -> None:
    """List the projects.

    Examples:
      pachlite list project
      pachlite list project -o json

    Next: pachlite list repo --project vision
    """
    with opened_store() as pfs:
        infos = pfs.list_project()
    show_list(infos, project_view(DEFAULT_PROJECT), output_of(output, raw, full_timestamps))


def delete_project(
    *,
    name: ProjectArgument,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Delete its repos with all data too.")
    ] = False,
    yes: YesOption = False,
) -> None:
    """Delete a project.

    Examples:
      pachlite delete project vision
      pachlite delete project vision --force

    Next: pachlite list project
    """
    with opened_store() as pfs:
        pfs.inspect_project(name)
        repos = pfs.list_repo(name)
        if force and repos:
            names = ", ".join(info.repo.name for info in repos)
            confirm(f"This deletes the repos {names} with all their data.", is_sure=yes)
        pfs.delete_project(name, force=force)
    sys.stderr.write("Project deleted.\n")
