"""The application that `serve s3` serves: S3 at the edge, and behind it what is pachlite's own.

Quart owns everything but S3; the edge is wrapped around it where Quart says middleware belongs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from html import escape
from ipaddress import ip_network
from pathlib import Path
from typing import Final, cast

from quart import Quart, Response, request
from quart.typing import ResponseReturnValue

from pachlite.errors import InvalidOption, NotFound, PachliteError, PermissionDenied
from pachlite.gateway.edge import Application, Edge
from pachlite.gateway.exchange import Observer
from pachlite.gateway.incoming import STALL_TIMEOUT_S
from pachlite.gateway.metrics import CONTENT_TYPE, Metrics, Sample
from pachlite.gateway.outgoing import REGION
from pachlite.gateway.proxies import Network
from pachlite.gateway.traffic import Traffic
from pachlite.pfs.api import PFS
from pachlite.pfs.names import DEFAULT_PROJECT
from pachlite.vitals import process_samples, store_samples

MAX_CONTENT_LENGTH: Final = 1024 * 1024
BODY_TIMEOUT_S: Final = 30
RESPONSE_TIMEOUT_S: Final = 60
HEALTH_TIMEOUT_S: Final = 5.0
"""How long a point read of the store may take before the gateway counts as ill."""
_PLAIN: Final = {"content-type": "text/plain; charset=utf-8"}

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>pachlite</title>
<style>body {{ font: 16px/1.5 system-ui; max-width: 46rem; margin: 4rem auto; padding: 0 1rem }}
pre {{ background: #8882; padding: 1rem; overflow-x: auto; border-radius: .5rem }}</style>
<h1>pachlite</h1>
<p>This is an S3 endpoint: <code>{endpoint}</code>. Every branch is a bucket.</p>
<pre>{commands}</pre>
</html>
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a gateway is told of the world around it.

    Attributes:
        trusted_proxies: Whose word is taken for where a request comes from.
        idle_timeout_s: How long a client may be silent while it is its turn.
        observers: Look at every exchange that is over.
        traffic: Counts what is under way, for whoever waits for its end.
        domains: Below which a host names a bucket; see `gateway.hosts`.
    """

    trusted_proxies: tuple[Network, ...] = ()
    idle_timeout_s: float = STALL_TIMEOUT_S
    observers: tuple[Observer, ...] = ()
    traffic: Traffic = field(default_factory=Traffic)
    domains: tuple[str, ...] = ()


def create_app(pfs: PFS, surroundings: Surroundings | None = None) -> Quart:
    """Return the ASGI application for a file system; its shutdown ends the worker threads."""
    around = surroundings or Surroundings()
    metrics = Metrics()
    app = Quart("pachlite")
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_CONTENT_LENGTH,
        BODY_TIMEOUT=BODY_TIMEOUT_S,
        RESPONSE_TIMEOUT=RESPONSE_TIMEOUT_S,
    )
    app.add_url_rule("/", "front_page", partial(_front_page, pfs))
    edge = Edge(
        pfs,
        cast("Application", app.asgi_app),
        domains=around.domains,
        stall_timeout_s=around.idle_timeout_s,
        trusted_proxies=around.trusted_proxies,
        observers=(metrics, *around.observers),
        traffic=around.traffic,
        spool=_directory_of(pfs),
    )
    app.asgi_app = edge  # type: ignore[assignment] # the middleware point that Quart documents
    app.after_serving(edge.close)
    _add_watching(app, pfs, metrics, around.traffic)
    return app


def _directory_of(pfs: PFS) -> Path | None:
    home = Path(pfs.inspect_store().location)
    return home if home.is_dir() else None


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks from `10.0.0.0/8` or single addresses.

    Raises:
        InvalidOption: Something is neither.
    """
    try:
        return tuple(ip_network(text, strict=False) for text in texts)
    except ValueError as error:
        raise InvalidOption(f"a proxy is named by its address or network: {error}") from error


def first_commands(endpoint: str, *, is_auth_active: bool = False) -> tuple[str, str, str]:
    """Return three commands that show the gateway at work."""
    access_key, secret_key = ("YOUR_KEY", "YOUR_SECRET") if is_auth_active else ("any", "any")
    return (
        f"export AWS_ENDPOINT_URL={endpoint} AWS_REGION={REGION} "
        f"AWS_ACCESS_KEY_ID={access_key} AWS_SECRET_ACCESS_KEY={secret_key}",
        "aws s3 mb s3://images",
        "echo hello | aws s3 cp - s3://images/hello.txt",
    )


async def _front_page(pfs: PFS) -> ResponseReturnValue:
    endpoint = request.host_url.rstrip("/")
    commands = "\n".join(first_commands(endpoint, is_auth_active=pfs.is_auth_active()))
    return _PAGE.format(endpoint=escape(endpoint), commands=escape(commands))


def _add_watching(app: Quart, pfs: PFS, metrics: Metrics, traffic: Traffic) -> None:
    """Add what tells machines how the gateway is."""
    location = pfs.inspect_store().location

    async def healthz() -> ResponseReturnValue:
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_S):
                await asyncio.to_thread(_read_a_point, pfs)
        except (TimeoutError, PachliteError) as error:
            why = str(error) or "the store does not answer"
            return f"{why}\n", 503, {**_PLAIN, "retry-after": "5"}
        return "ok\n", 200, _PLAIN

    async def show_metrics() -> ResponseReturnValue:
        samples = await asyncio.to_thread(lambda: (*process_samples(), *store_samples(location)))
        under_way = (
            Sample("pachlite_requests_in_flight", "Requests under way.", traffic.requests),
            Sample("pachlite_open_connections", "Of clients.", traffic.connections),
        )
        return Response(metrics.render((*under_way, *samples)), content_type=CONTENT_TYPE)

    app.add_url_rule("/~/healthz", view_func=healthz)
    app.add_url_rule("/~/metrics", view_func=show_metrics)


def _read_a_point(pfs: PFS) -> None:
    with suppress(NotFound, PermissionDenied):  # an answer, too
        pfs.inspect_project(DEFAULT_PROJECT)
