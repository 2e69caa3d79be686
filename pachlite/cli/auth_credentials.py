"""The commands for tokens and S3 keys, and for the record of changes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pachlite.cli.arguments import OutputOption, TimesOption, output_of, utf8_text
from pachlite.cli.auth_views import AUDIT_VIEW, KEY_PAIR_VIEW, S3_KEY_VIEW, TOKEN_VIEW
from pachlite.cli.context import opened_store
from pachlite.cli.durations import parse_duration
from pachlite.cli.output import Format, show_list, show_one, show_record
from pachlite.errors import InvalidOption, InvalidSubject
from pachlite.pfs.permissions import PREFIXES, ROOT

QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print the token, nothing else.")]
TtlOption = Annotated[
    str,
    typer.Option("--ttl", metavar="TIME", help="How long it is valid, such as 12h; else for ever."),
]
UserArgument = Annotated[
    str,
    typer.Argument(metavar="USER", callback=utf8_text, help="The user: alice, or user:alice."),
]


def auth_get_robot_token(
    *,
    robot: Annotated[
        str,
        typer.Argument(metavar="ROBOT", callback=utf8_text, help="The robot: ci, or robot:ci."),
    ],
    quiet: QuietOption = False,
    ttl: TtlOption = "",
    output: OutputOption = Format.TABLE,
) -> None:
    """Make a token for a program.

    It is access key and secret key in one for S3 requests that are signed in a header.

    Examples:
      pachlite auth get-robot-token nightly
      pachlite auth get-robot-token robot:ci --ttl 720h -q

    Next: pachlite auth set repo images repoReader robot:nightly
    """
    subject = robot if robot.startswith("robot:") else f"robot:{robot}"
    _make_token(subject, quiet=quiet, ttl=ttl, output=output)


def auth_get_auth_token(
    *,
    user: UserArgument,
    quiet: QuietOption = False,
    ttl: TtlOption = "",
    output: OutputOption = Format.TABLE,
) -> None:
    """Make a token for a user.

    It is access key and secret key in one for S3 requests that are signed in a header.

    Examples:
      pachlite auth get-auth-token alice
      pachlite auth get-auth-token alice@example.com --ttl 30d -q

    Next: pachlite auth set repo images repoWriter user:alice
    """
    if user.startswith("robot:"):
        raise InvalidSubject(user, "tokens of robots are made by pachlite auth get-robot-token")
    _make_token(_subject(user), quiet=quiet, ttl=ttl, output=output)


def auth_create_s3_key(
    *,
    user: Annotated[
        str,
        typer.Argument(
            metavar="[USER]",
            callback=utf8_text,
            help="Whose it is: alice, user:alice or robot:ci. Left out: yours.",
        ),
    ] = "",
    expires: Annotated[
        str,
        typer.Option(
            "--expires", metavar="TIME", help="How long it is valid, such as 30d; else for ever."
        ),
    ] = "",
    output: OutputOption = Format.TABLE,
) -> None:
    """Make a pair of keys for S3 clients.

    Unlike a token, it can also sign URLs that others may see. The secret is shown only now.

    Examples:
      pachlite auth create-s3-key alice
      pachlite auth create-s3-key robot:ci --expires 30d -o json

    Next: pachlite auth list s3-key
    """
    subject = _subject(user) if user else ""
    with opened_store() as pfs:
        pair = pfs.create_s3_key(subject, ttl_s=_seconds(expires))
    show_one(pair, KEY_PAIR_VIEW, output_of(output, raw=False))


def auth_revoke(
    *,
    token: Annotated[
        str, typer.Option("--token", metavar="TOKEN", callback=utf8_text, help="End this token.")
    ] = "",
    user: Annotated[
        str,
        typer.Option(
            "--user",
            metavar="SUBJECT",
            callback=utf8_text,
            help="End all tokens and S3 keys of user:alice or robot:ci.",
        ),
    ] = "",
    s3_key: Annotated[
        str,
        typer.Option("--s3-key", metavar="ACCESS_KEY", callback=utf8_text, help="End this S3 key."),
    ] = "",
) -> None:
    """End a token, an S3 key, or all of a user; the next request with it is refused.

    Roles stay as they are.

    Examples:
      pachlite auth revoke --user user:alice
      pachlite auth revoke --token 5f0c1e...
      pachlite auth revoke --s3-key PLKS7WK4GQQHAQY4UQE

    Next: pachlite auth list token
    """
    if sum(map(bool, (token, user, s3_key))) != 1:
        raise InvalidOption("exactly one of --token, --user and --s3-key is needed")
    with opened_store() as pfs:
        if token:
            _tell(f"{pfs.revoke_token(token)} auth token(s) revoked")
        elif user:
            revoked = pfs.revoke_subject(user)
            _tell(f"{revoked.tokens} auth token(s) revoked")
            _tell(f"{revoked.s3_keys} S3 key(s) revoked")
        else:
            pfs.revoke_s3_key(s3_key)
            _tell("1 S3 key(s) revoked")


def auth_list_token(
    *, output: OutputOption = Format.TABLE, full_timestamps: TimesOption = False
) -> None:
    """List the tokens there are: whose, since when, until when.

    The tokens themselves are not known; an id begins the SHA-256 of one.

    Examples:
      pachlite auth list token
      pachlite auth list token -o json

    Next: pachlite auth revoke --user user:alice
    """
    with opened_store() as pfs:
        infos = pfs.list_token()
    show_list(infos, TOKEN_VIEW, output_of(output, raw=False, full_timestamps=full_timestamps))


def auth_list_s3_key(
    *, output: OutputOption = Format.TABLE, full_timestamps: TimesOption = False
) -> None:
    """List the S3 keys there are, without their secrets.

    Examples:
      pachlite auth list s3-key
      pachlite auth list s3-key -o json

    Next: pachlite auth revoke --s3-key PLKS7WK4GQQHAQY4UQE
    """
    with opened_store() as pfs:
        infos = pfs.list_s3_key()
    show_list(infos, S3_KEY_VIEW, output_of(output, raw=False, full_timestamps=full_timestamps))


def auth_list_audit(
    *,
    limit: Annotated[
        int, typer.Option("--number", "-n", metavar="N", min=1, help="Show so many.")
    ] = 100,
    output: OutputOption = Format.TABLE,
    full_timestamps: TimesOption = False,
) -> None:
    """List the changes of who may do what, newest first.

    Examples:
      pachlite auth list audit
      pachlite auth list audit -n 1000 -o json

    Next: pachlite auth get cluster
    """
    with opened_store() as pfs:
        entries = pfs.list_audit(limit=limit)
    show_list(entries, AUDIT_VIEW, output_of(output, raw=False, full_timestamps=full_timestamps))


def _make_token(subject: str, *, quiet: bool, ttl: str, output: Format) -> None:
    with opened_store() as pfs:
        token = pfs.create_token(subject, ttl_s=_seconds(ttl))
    if quiet:
        _tell(token)
    elif output is Format.TABLE:
        _tell(f"Token: {token}")
    else:
        show_record({"token": token, "subject": subject}, output)


def _subject(name: str) -> str:
    """Return the subject that a name means; a name alone is that of a user."""
    return name if name == ROOT or name.startswith(PREFIXES) else f"user:{name}"


def _seconds(text: str) -> float | None:
    return parse_duration(text) if text else None


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
