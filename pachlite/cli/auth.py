"""The commands that turn auth on and off, and say who somebody is."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pachlite.cli.arguments import OutputOption
from pachlite.cli.context import opened_store
from pachlite.cli.formats import timestamp
from pachlite.cli.output import Format, show_record
from pachlite.cli.questions import confirm
from pachlite.errors import AuthAlreadyActivated
from pachlite.pfs.credentials import Identity

_WARNING = (
    "warning: whoever has the root token may do everything. Keep it safe: it is not shown again\n"
)


def auth_activate(
    *,
    supply_root_token: Annotated[
        bool,
        typer.Option(
            "--supply-root-token",
            help="Take the token of root from the terminal or standard input.",
        ),
    ] = False,
    output: OutputOption = Format.TABLE,
) -> None:
    """Begin to ask who callers are; print the token of root.

    From then on S3 requests must be signed with a key or token. Everybody may create projects, and
    repos in the default project; repos that exist are root's until roles are given. Active
    already, nothing is changed.

    Examples:
      pachlite auth activate
      pachlite auth activate --supply-root-token < token.txt

    Next: pachlite auth create-s3-key alice
    """
    from pachlite.cli.config_file import keep_session_token

    supplied = _supplied("Root token: ") if supply_root_token else ""
    try:
        with opened_store() as pfs:
            token = pfs.activate_auth(root_token=supplied)
    except AuthAlreadyActivated as error:
        sys.stderr.write(f"{error.message}; nothing was changed\n")
        return
    _show_root_token("" if supplied else token, output)
    keep_session_token(token)


def auth_deactivate(
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask. Without a terminal it never asks.")
    ] = False,
) -> None:
    """Let everybody do everything again, and forget all tokens, keys and roles.

    Gateways that listen on this machine only serve everybody from then on; those with --auth, or
    that other machines can reach, serve nobody.

    Examples:
      pachlite auth deactivate
      pachlite auth deactivate --yes

    Next: pachlite auth activate
    """
    with opened_store() as pfs:
        pfs.whoami()
        confirm(
            "This deletes all tokens, S3 keys and roles. Gateways without --auth that only this "
            "machine can reach serve everybody from then on.",
            is_sure=yes,
        )
        pfs.deactivate_auth()


def auth_rotate_root_token(
    *,
    supply_token: Annotated[
        bool,
        typer.Option(
            "--supply-token", help="Take the new token from the terminal or standard input."
        ),
    ] = False,
    output: OutputOption = Format.TABLE,
) -> None:
    """Replace the token of root by a new one, and print it.

    Examples:
      pachlite auth rotate-root-token
      pachlite auth rotate-root-token --supply-token < token.txt

    Next: pachlite auth use-auth-token
    """
    supplied = _supplied("New root token: ") if supply_token else ""
    with opened_store() as pfs:
        token = pfs.rotate_root_token(root_token=supplied)
    _show_root_token("" if supplied else token, output)


def auth_whoami(*, output: OutputOption = Format.TABLE) -> None:
    """Say as whom commands act.

    Who can open the directory of a store is root there, whatever token is in use.

    Examples:
      pachlite auth whoami
      pachlite auth whoami -o json

    Next: pachlite auth check repo images
    """
    with opened_store() as pfs:
        identity = pfs.whoami()
        where = pfs.inspect_store().location
    _show_identity(identity, output)
    sys.stderr.write(f"access to {where} is root's access\n")


def auth_login(*, output: OutputOption = Format.TABLE) -> None:
    """Check a token and use it from now on.

    The token comes from the terminal, unseen, or from standard input.

    Examples:
      pachlite auth login
      pachlite auth login < token.txt

    Next: pachlite auth whoami
    """
    from pachlite.cli.config_file import keep_session_token

    token = _supplied("Token: ")
    with opened_store() as pfs:
        identity = pfs.identify(token)
    keep_session_token(token)
    _show_identity(identity, output)


def auth_use_auth_token() -> None:
    """Use a token from now on, without asking whose it is.

    It comes from the terminal, unseen, or from standard input, and is kept in the configuration
    file, which only you can read.

    Examples:
      pachlite auth use-auth-token
      pachlite auth use-auth-token < token.txt

    Next: pachlite auth whoami
    """
    from pachlite.cli.config_file import keep_session_token

    keep_session_token(_supplied("Token: "))


def auth_logout() -> None:
    """Forget the token in use. It stays valid; `auth revoke` ends it.

    Examples:
      pachlite auth logout

    Next: pachlite auth login
    """
    from pachlite.cli.config_file import keep_session_token

    keep_session_token("")


def _supplied(question: str) -> str:
    from pachlite.cli.secret_input import read_token

    return read_token(question)


def _show_root_token(token: str, output: Format) -> None:
    """Print a token that was made. One that was supplied is known, and `token` is empty."""
    if not token:
        return
    sys.stderr.write(_WARNING)
    if output is Format.TABLE:
        sys.stdout.write(f"Pachlite root token:\n{token}\n")
    else:
        show_record({"root_token": token}, output)
    sys.stdout.flush()


def _show_identity(identity: Identity, output: Format) -> None:
    expires = timestamp(identity.expires_at) if identity.expires_at else None
    if output is not Format.TABLE:
        show_record({"subject": identity.subject, "expires_at": expires}, output)
        return
    sys.stdout.write(f'You are "{identity.subject}"\n')
    if expires:
        sys.stdout.write(f"session expires: {expires}\n")
