"""Bound how many connections are served at once, whatever serves them.

Descriptors are what a process runs out of first, and then the store could not open its files
either: as many as the system allows are asked for, and some are kept for the store.
"""

from __future__ import annotations

import resource
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from pachlite.gateway.traffic import Traffic

KEPT_DESCRIPTORS: Final = 256
"""For the store, its readers and its packs."""
MIN_CONNECTIONS: Final = 16

_BUSY_BODY: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code>'
    b"<Message>There are too many connections; try again later.</Message></Error>"
)
_BUSY: Final = (
    b"HTTP/1.1 503 Slow Down\r\ncontent-type: application/xml\r\nretry-after: 1\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(_BUSY_BODY), _BUSY_BODY)
)

Serve = Callable[..., Awaitable[None]]
"""Serves one connection; its last two arguments are the reader and the writer."""


def raise_descriptor_limit() -> int:
    """Ask for as many descriptors as the system allows; return how many there are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with suppress(OSError, ValueError):  # macOS says it is unlimited, and has a limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def affordable_connections(wanted: int, descriptors: int) -> int:
    """Return how many connections there may be, so that the store can open its files."""
    return max(MIN_CONNECTIONS, min(wanted, descriptors - KEPT_DESCRIPTORS))


def bounded(serve: Serve, limit: int, traffic: Traffic) -> Serve:
    """Return a function that serves a connection if there are not too many, and counts it."""

    async def serve_or_refuse(*arguments: Any) -> None:  # noqa: ANN401 - they are passed on
        if traffic.connections >= limit:
            await _refuse(*arguments[-2:])
            return
        traffic.connections += 1
        try:
            await serve(*arguments)
        finally:
            traffic.connections -= 1

    return serve_or_refuse


async def _refuse(_reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(_BUSY)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
