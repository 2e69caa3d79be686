"""The command that serves the store to S3 clients."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pachlite.cli.certificate import Certificate, choose_certificate, host_names
from pachlite.cli.server_log import LogFormat, LogLevel, opened_access_log, start_log
from pachlite.config import HttpLimits, ServerConfig
from pachlite.errors import AuthNotActivated, InvalidOption
from pachlite.pfs.api import PFS

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
    auth: Annotated[
        bool,
        typer.Option(
            "--auth",
            help="Serve nobody unless auth is active. When it is, it counts without this, too.",
        ),
    ] = False,
    tls: Annotated[
        str,
        typer.Option("--tls", metavar="auto", help="Speak HTTPS, with a certificate made for it."),
    ] = "",
    tls_cert: Annotated[
        Path | None,
        typer.Option("--tls-cert", metavar="FILE", help="Speak HTTPS, with this certificate."),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option("--tls-key", metavar="FILE", help="The private key of --tls-cert."),
    ] = None,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Write a line about every request.")
    ] = False,
    log_format: Annotated[
        LogFormat,
        typer.Option("--log-format", metavar="text|json", help="What the log looks like."),
    ] = LogFormat.TEXT,
    log_level: Annotated[
        LogLevel,
        typer.Option(
            "--log-level",
            metavar="debug|info|warning|error",
            help="What is worth a line, beside requests.",
        ),
    ] = LogLevel.WARNING,
    domain: Annotated[
        list[str] | None,
        typer.Option(
            "--domain",
            metavar="NAME",
            help="Take BUCKET.NAME in the Host header for a bucket; may be repeated.",
        ),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-proxy",
            metavar="CIDR",
            help="Believe the X-Forwarded headers of this address or network; may be repeated.",
        ),
    ] = None,
    idle_timeout: Annotated[
        float,
        typer.Option(
            "--idle-timeout",
            metavar="SECONDS",
            min=0.1,
            help="Cut clients that neither send nor take anything for so long.",
        ),
    ] = DEFAULTS.idle_timeout_s,
    max_connections: Annotated[
        int,
        typer.Option(
            "--max-connections",
            metavar="NUMBER",
            min=1,
            help="Tell clients above this number to come back later.",
        ),
    ] = DEFAULTS.max_connections,
) -> None:
    """Serve S3: every branch is a bucket.

    Runs until it is interrupted; then requests under way may take 30 seconds more, unless it is
    interrupted again. Unless auth is active, any access key is accepted, so it listens on this
    machine only.
    Certificates are read again on SIGHUP.

    Examples:
      pachlite serve s3
      pachlite serve s3 --port 9000 --access-log
      pachlite serve s3 --tls auto
      pachlite serve s3 --tls-cert server.pem --tls-key server.key
      pachlite serve s3 --domain s3.example.com

    Next: aws --endpoint-url http://127.0.0.1:30600 s3 ls
    """
    from pachlite.cli.context import opened_store, store_home

    start_log(log_format, log_level)
    with opened_store() as store, opened_access_log(log_format, is_on=access_log) as observers:
        pfs = _as_served(store, host, auth=auth, insecure=insecure)
        from pachlite.asgi import run
        from pachlite.gateway.hosts import check_domains
        from pachlite.server import Surroundings, create_app, parse_networks
        from pachlite.tunnels import tunnels_to_gateway

        domains = check_domains(domain or ())
        names = (*host_names(host), *domains, *(f"*.{each}" for each in domains))
        certificate = choose_certificate(tls, tls_cert, tls_key, store_home(), names)
        config = ServerConfig(
            host,
            port,
            certificate.files if certificate else None,
            HttpLimits(stall_timeout_s=idle_timeout),
            max_connections,
            idle_timeout,
        )
        around = Surroundings(
            trusted_proxies=parse_networks(trusted_proxy or ()),
            idle_timeout_s=idle_timeout,
            observers=observers,
            domains=domains,
        )
        announce = _announcing(pfs, certificate)
        renew = certificate.renew if certificate else None
        run(
            create_app(pfs, around),
            config,
            announce,
            traffic=around.traffic,
            renew=renew,
            upgrades=partial(tunnels_to_gateway, pfs, is_tls=certificate is not None),
        )


def _announcing(pfs: PFS, certificate: Certificate | None) -> Callable[[str, int], None]:
    def announce(host: str, port: int) -> None:
        endpoint = f"{'https' if certificate else 'http'}://{_bracketed(host)}:{port}"
        sys.stdout.write(f"S3 endpoint: {endpoint}\n")
        sys.stdout.flush()
        sys.stderr.write(_introduction(endpoint, pfs, certificate))
        sys.stderr.flush()

    return announce


def _introduction(endpoint: str, pfs: PFS, certificate: Certificate | None) -> str:
    from pachlite.server import first_commands

    info, is_auth_active = pfs.inspect_store(), pfs.is_auth_active()
    lines = [f"store: {info.location}", *(f"warning: {warning}" for warning in info.warnings)]
    commands = list(first_commands(endpoint, is_auth_active=is_auth_active))
    if is_auth_active:
        commands.insert(0, "pachlite auth create-s3-key")
    if certificate:
        lines.append(f"certificate: {certificate.files.certificate}")
    if certificate and certificate.is_own:
        commands.insert(
            0, f"export AWS_CA_BUNDLE={shlex.quote(str(certificate.files.certificate))}"
        )
    return "".join(f"{line}\n" for line in (*lines, "try:", *(f"  {each}" for each in commands)))


def _as_served(pfs: PFS, host: str, *, auth: bool, insecure: bool) -> PFS:
    """Return the file system as it may be served on an address; raise what forbids that.

    Where strangers are let in only because auth is active, nobody is once it is not.
    """
    if auth and not pfs.is_auth_active():
        raise AuthNotActivated
    if not auth and (insecure or _is_loopback(host)):
        return pfs
    if not pfs.is_auth_active():
        raise InvalidOption(
            f"listening on {host} would let everybody who can reach it read and change the store",
            hint="listen on 127.0.0.1, activate auth with pachlite auth activate, or accept that "
            "with --insecure",
        )
    from pachlite.store.insisting import insisting

    return insisting(pfs)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
