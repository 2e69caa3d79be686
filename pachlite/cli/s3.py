"""The commands that set S3 clients up: variables for the environment, snippets, configuration."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from pachlite.cli.arguments import OutputOption
from pachlite.cli.context import environment, store_home
from pachlite.cli.output import Format, Output, View, show_one
from pachlite.cli.s3_snippets import (
    ANY_ACCESS_KEY,
    ANY_SECRET_KEY,
    CLIENTS,
    DEFAULT_BUCKET,
    DEFAULT_ENDPOINT,
    Connection,
    checked_endpoint,
    known_client,
    snippet,
)

TOKEN_VARIABLE: Final = "PACHLITE_TOKEN"  # noqa: S105 - the name of a variable
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})

EndpointOption = Annotated[
    str, typer.Option("--endpoint", metavar="URL", help="Where the gateway listens.")
]
AccessKeyOption = Annotated[
    str,
    typer.Option("--access-key", metavar="KEY", help="The access key; any will do without auth."),
]
SecretKeyOption = Annotated[
    str, typer.Option("--secret-key", metavar="KEY", help="The secret key that goes with it.")
]
CaFileOption = Annotated[
    str,
    typer.Option(
        "--ca-file",
        metavar="FILE",
        show_default="the one of the store",
        help="The certificate to trust, where the gateway made its own.",
    ),
]


class Shell(StrEnum):
    """What `--shell` takes."""

    BASH = "bash"
    FISH = "fish"
    POWERSHELL = "powershell"


def s3_env(
    *,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    access_key: AccessKeyOption = "",
    secret_key: SecretKeyOption = "",
    ca_file: CaFileOption = "",
    shell: Annotated[
        Shell, typer.Option("--shell", help="The shell that is to read it; zsh reads bash.")
    ] = Shell.BASH,
    output: OutputOption = Format.TABLE,
) -> None:
    """Print the variables that lead S3 clients to the gateway.

    Keys that are not given are those of PACHLITE_TOKEN, or placeholders.

    Examples:
      eval "$(pachlite s3 env)"
      pachlite s3 env --endpoint https://localhost:30600
      pachlite s3 env --shell fish | source
      pachlite s3 env -o json

    Next: aws s3 ls
    """
    variables = connection_of(endpoint, access_key, secret_key, ca_file).environment()
    if output is Format.TABLE:
        write = _SHELLS[shell]
        sys.stdout.write("".join(f"{write(*each)}\n" for each in variables.items()))
    else:
        show_one(variables, _VARIABLES, Output(output))


def s3_config(
    *,
    client: Annotated[str, typer.Argument(metavar="CLIENT", help=f"One of {', '.join(CLIENTS)}.")],
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    bucket: Annotated[
        str, typer.Option("--bucket", metavar="BUCKET", help="The bucket in the example.")
    ] = DEFAULT_BUCKET,
    access_key: AccessKeyOption = "",
    secret_key: SecretKeyOption = "",
    ca_file: CaFileOption = "",
    write: Annotated[
        bool,
        typer.Option("--write", help="Write it into the configuration of the client."),
    ] = False,
) -> None:
    """Print what an S3 client needs to work with the gateway, ready to be pasted.

    With --write it goes into the configuration file of the client, beside what is there.

    Examples:
      pachlite s3 config boto3
      pachlite s3 config duckdb --bucket dev.images
      pachlite s3 config aws --write
      pachlite s3 config rclone --endpoint https://data.example.org --write

    Next: pachlite doctor --client aws
    """
    chosen = known_client(client)
    connection = connection_of(endpoint, access_key, secret_key, ca_file, bucket)
    if not write:
        sys.stdout.write(snippet(chosen, connection))
        return
    from pachlite.cli.s3_config_files import write_config

    sys.stderr.write(f"{write_config(chosen, connection, environment(), Path.home())}\n")


def connection_of(
    endpoint: str,
    access_key: str = "",
    secret_key: str = "",
    ca_file: str = "",
    bucket: str = DEFAULT_BUCKET,
) -> Connection:
    """Complete what was given by what the environment says and by placeholders."""
    endpoint = checked_endpoint(endpoint)
    token = environment().get(TOKEN_VARIABLE, "")
    access_key = access_key or token or ANY_ACCESS_KEY
    default = access_key if token else ANY_SECRET_KEY
    return Connection(
        endpoint, access_key, secret_key or default, ca_file or _own_certificate(endpoint), bucket
    )


def _own_certificate(endpoint: str) -> str:
    """Return the certificate that `serve s3 --tls auto` made here, if it is that endpoint's."""
    parts = urlsplit(endpoint)
    path = store_home() / "tls" / "certificate.pem"
    is_own = parts.scheme == "https" and parts.hostname in _HERE and path.exists()
    return str(path) if is_own else ""


def _bash(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    quoted = value.replace("'", "''")
    return f"$env:{name} = '{quoted}'"


_SHELLS: Final[dict[Shell, Callable[[str, str], str]]] = {
    Shell.BASH: _bash,
    Shell.FISH: _fish,
    Shell.POWERSHELL: _powershell,
}
_VARIABLES: Final[View[Mapping[str, str]]] = View(columns={}, details={}, record=dict, raw=dict)
