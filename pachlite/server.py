"""The application that `serve s3` serves: S3 at the edge, and behind it what is pachlite's own.

Quart owns everything but S3; the edge is wrapped around it where Quart says middleware belongs.
"""

from __future__ import annotations

from html import escape
from typing import Final, cast

from quart import Quart, request
from quart.typing import ResponseReturnValue

from pachlite.gateway.edge import Application, Edge
from pachlite.gateway.outgoing import REGION
from pachlite.pfs.api import PFS

MAX_CONTENT_LENGTH: Final = 1024 * 1024
BODY_TIMEOUT_S: Final = 30
RESPONSE_TIMEOUT_S: Final = 60

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


def create_app(pfs: PFS) -> Quart:
    """Return the ASGI application for a file system; its shutdown ends the worker threads."""
    app = Quart("pachlite")
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_CONTENT_LENGTH,
        BODY_TIMEOUT=BODY_TIMEOUT_S,
        RESPONSE_TIMEOUT=RESPONSE_TIMEOUT_S,
    )
    app.add_url_rule("/", view_func=_front_page)
    app.add_url_rule("/~/healthz", view_func=_healthz)
    edge = Edge(pfs, cast("Application", app.asgi_app))
    app.asgi_app = edge  # type: ignore[assignment] # the middleware point that Quart documents
    app.after_serving(edge.close)
    return app


def first_commands(endpoint: str) -> tuple[str, str, str]:
    """Return three commands that show the gateway at work."""
    return (
        f"export AWS_ENDPOINT_URL={endpoint} AWS_REGION={REGION} "
        "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any",
        "aws s3 mb s3://images",
        "echo hello | aws s3 cp - s3://images/hello.txt",
    )


async def _front_page() -> ResponseReturnValue:
    endpoint = request.host_url.rstrip("/")
    commands = "\n".join(first_commands(endpoint))
    return _PAGE.format(endpoint=escape(endpoint), commands=escape(commands))


async def _healthz() -> ResponseReturnValue:
    return "ok\n", 200, {"content-type": "text/plain"}
