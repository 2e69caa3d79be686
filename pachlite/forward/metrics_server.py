"""Answer every HTTP request with one text: the metrics. It is no general web server."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from pachlite.errors import AddressInUse, InvalidOption
from pachlite.forward.targets import Route, bracketed

_READ_TIMEOUT_S: Final = 5.0
_MAX_HEAD_BYTES: Final = 16 * 1024
_HEAD: Final = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
    "Content-Length: {}\r\nConnection: close\r\n\r\n"
)


@asynccontextmanager
async def serving_metrics(where: Route, render: Callable[[], str]) -> AsyncIterator[str]:
    """Serve as long as the context lasts; give the URL.

    Raises:
        AddressInUse: Somebody else listens there.
        InvalidOption: There is no such address here.
    """
    host = where.addresses[0]
    address = f"{bracketed(host)}:{where.port}"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_READ_TIMEOUT_S):
                await reader.readuntil(b"\r\n\r\n")
                body = render().encode()
                writer.write(_HEAD.format(len(body)).encode() + body)
                await writer.drain()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass  # whoever asked has gone, or speaks something else
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(answer, host, where.port, limit=_MAX_HEAD_BYTES)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(address) from error
        raise InvalidOption(f"cannot serve metrics on {address}: {error.strerror}") from error
    try:
        yield f"http://{bracketed(host)}:{server.sockets[0].getsockname()[1]}/metrics"
    finally:
        server.close()
