"""The command that serves the store to S3 clients."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pachlite.config import ServerConfig
from pachlite.errors import InvalidOption

DEFAULTS = ServerConfig()


def serve_s3(
    *,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Listen on this address.")
    ] = DEFAULTS.host,
    port: Annotated[
        int,
        typer.Option("--port", "-p", min=0, max=65535, help="Listen on this port; 0: a free one."),
    ] = DEFAULTS.port,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Serve others without asking who they are."),
    ] = False,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Write a line about every request.")
    ] = False,
) -> None:
    """Serve S3: every branch is a bucket.

    Runs until it is interrupted; then requests under way may take 30 seconds more, unless it is
    interrupted again. Any access key is accepted, so it listens on this machine only.

    Examples:
      pachlite serve s3
      pachlite serve s3 --port 9000 --access-log

    Next: aws --endpoint-url http://127.0.0.1:30600 s3 ls
    """
    _check_reach(host, insecure=insecure)
    from pachlite.asgi import run
    from pachlite.cli.context import opened_store
    from pachlite.server import create_app, first_commands

    _log_to_stderr("INFO" if access_log else "WARNING")
    with opened_store() as pfs:
        info = pfs.inspect_store()

        def announce(bound_host: str, bound_port: int) -> None:
            endpoint = f"http://{_bracketed(bound_host)}:{bound_port}"
            sys.stdout.write(f"S3 endpoint: {endpoint}\n")
            sys.stdout.flush()
            commands = "".join(f"  {command}\n" for command in first_commands(endpoint))
            warnings = "".join(f"warning: {warning}\n" for warning in info.warnings)
            sys.stderr.write(f"store: {info.location}\n{warnings}try:\n{commands}")
            sys.stderr.flush()

        run(create_app(pfs), ServerConfig(host, port), announce)


def _check_reach(host: str, *, insecure: bool) -> None:
    if insecure or host == "localhost":
        return
    import ipaddress

    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise InvalidOption(
            f"listening on {host} would let everybody who can reach it read and change the store",
            hint="listen on 127.0.0.1, or accept that with --insecure",
        )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _log_to_stderr(level: str) -> None:
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("pachlite")
    logger.addHandler(handler)
    logger.setLevel(level)
