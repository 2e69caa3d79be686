"""The commands for roles: who has which on what, and what they allow."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pachlite.cli.arguments import (
    OutputOption,
    ProjectArgument,
    ProjectOption,
    RepoArgument,
    utf8_text,
)
from pachlite.cli.auth_views import binding_record
from pachlite.cli.context import opened_store
from pachlite.cli.output import Format, show_record, show_records
from pachlite.pfs.names import DEFAULT_PROJECT, check_project_name
from pachlite.pfs.permissions import (
    CLUSTER,
    Resource,
    parse_permission,
    project_resource,
    repo_resource,
    roles_for,
)
from pachlite.pfs.refs import parse_repo

NO_ROLES = "none"

RolesArgument = Annotated[
    str,
    typer.Argument(
        metavar="ROLES",
        callback=utf8_text,
        help="The roles that the subject has from now on, with commas between them; or none.",
    ),
]
SubjectArgument = Annotated[
    str,
    typer.Argument(
        metavar="SUBJECT",
        callback=utf8_text,
        help="user:alice, robot:ci, or allClusterUsers for everybody.",
    ),
]
OtherArgument = Annotated[
    str,
    typer.Argument(
        metavar="[SUBJECT]",
        callback=utf8_text,
        help="user:alice, robot:ci or allClusterUsers; left out: you.",
    ),
]


def auth_get_repo(
    *,
    name: RepoArgument,
    project: ProjectOption = DEFAULT_PROJECT,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show who has roles on a repo. Roles on its project and the cluster count there as well.

    Examples:
      pachlite auth get repo images
      pachlite auth get repo images --project vision -o json

    Next: pachlite auth set repo images repoReader user:alice
    """
    _show_roles(repo_resource(parse_repo(name, project)), output)


def auth_get_project(*, name: ProjectArgument, output: OutputOption = Format.TABLE) -> None:
    """Show who has roles on a project.

    Examples:
      pachlite auth get project vision

    Next: pachlite auth set project vision projectWriter user:alice
    """
    _show_roles(project_resource(check_project_name(name)), output)


def auth_get_cluster(*, output: OutputOption = Format.TABLE) -> None:
    """Show who has roles on the whole store.

    Examples:
      pachlite auth get cluster

    Next: pachlite auth set cluster clusterAdmin user:alice
    """
    _show_roles(CLUSTER, output)


def auth_set_repo(
    *,
    name: RepoArgument,
    roles: RolesArgument,
    subject: SubjectArgument,
    project: ProjectOption = DEFAULT_PROJECT,
) -> None:
    """Set the roles of a subject on a repo, in place of those it had.

    Examples:
      pachlite auth set repo images repoReader user:alice
      pachlite auth set repo images none user:alice

    Next: pachlite auth get repo images
    """
    _set_roles(repo_resource(parse_repo(name, project)), roles, subject)


def auth_set_project(
    *, name: ProjectArgument, roles: RolesArgument, subject: SubjectArgument
) -> None:
    """Set the roles of a subject on a project, in place of those it had.

    Examples:
      pachlite auth set project vision projectWriter,repoReader user:alice
      pachlite auth set project default none allClusterUsers

    Next: pachlite auth get project vision
    """
    _set_roles(project_resource(check_project_name(name)), roles, subject)


def auth_set_cluster(*, roles: RolesArgument, subject: SubjectArgument) -> None:
    """Set the roles of a subject on the whole store, in place of those it had.

    Examples:
      pachlite auth set cluster clusterAdmin user:alice
      pachlite auth set cluster none user:alice

    Next: pachlite auth get cluster
    """
    _set_roles(CLUSTER, roles, subject)


def auth_check_repo(
    *,
    name: RepoArgument,
    subject: OtherArgument = "",
    project: ProjectOption = DEFAULT_PROJECT,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show what somebody may do with a repo, and which roles say so.

    Examples:
      pachlite auth check repo images
      pachlite auth check repo images user:alice

    Next: pachlite auth roles-for-permission REPO_WRITE
    """
    _show_access(repo_resource(parse_repo(name, project)), subject, output)


def auth_check_project(
    *, name: ProjectArgument, subject: OtherArgument = "", output: OutputOption = Format.TABLE
) -> None:
    """Show what somebody may do with a project, and which roles say so.

    Examples:
      pachlite auth check project vision user:alice

    Next: pachlite auth roles-for-permission PROJECT_CREATE_REPO
    """
    _show_access(project_resource(check_project_name(name)), subject, output)


def auth_roles_for_permission(
    *,
    permission: Annotated[
        str,
        typer.Argument(metavar="PERMISSION", help="A permission, as REPO_READ in a refusal."),
    ],
    output: OutputOption = Format.TABLE,
) -> None:
    """List the roles that grant a permission.

    Examples:
      pachlite auth roles-for-permission REPO_READ

    Next: pachlite auth set repo images repoReader user:alice
    """
    names = roles_for(parse_permission(permission))
    if output is Format.TABLE:
        sys.stdout.write("".join(f"{name}\n" for name in names))
    else:
        show_records([{"role": name} for name in names], output)


def _show_roles(resource: Resource, output: Format) -> None:
    with opened_store() as pfs:
        bindings = pfs.get_roles(resource)
    if output is not Format.TABLE:
        show_records(map(binding_record, bindings), output)
        return
    for binding in bindings:
        sys.stdout.write(f"{binding.subject}: [{' '.join(binding.roles)}]\n")


def _set_roles(resource: Resource, roles: str, subject: str) -> None:
    wanted = [] if roles == NO_ROLES else roles.split(",")
    with opened_store() as pfs:
        pfs.set_roles(resource, subject, wanted)


def _show_access(resource: Resource, subject: str, output: Format) -> None:
    with opened_store() as pfs:
        access = pfs.check_access(resource, subject)
    if output is Format.TABLE:
        sys.stdout.write(
            f"Roles: [{' '.join(access.roles)}]\nPermissions: [{' '.join(access.permissions)}]\n"
        )
        return
    record = {
        "subject": access.subject,
        "roles": list(access.roles),
        "permissions": [str(each) for each in access.permissions],
    }
    show_record(record, output)
