"""Make a link to a gateway: connect, ask for the tunnel, hand the connection over."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, cast

from pachlite.forward.api import MakeLeg
from pachlite.forward.tunnel.handshake import (
    HEAD_END,
    MAX_HEAD_BYTES,
    NoTunnel,
    check_response,
    request,
)

HANDSHAKE_TIMEOUT_S: Final = 10.0
_KEY_BYTES: Final = 16

Dial = Callable[[MakeLeg], Awaitable[None]]
Check = Callable[[bytes, bytes], None]
"""Takes the head of an answer and what came right behind; raises `OSError` if it is not wanted."""


class Opened(NamedTuple):
    """A connection that has become a tunnel.

    Attributes:
        rest: What came right behind the answer.
        become: Lets a protocol go on with the connection.
    """

    transport: asyncio.Transport
    rest: bytes
    become: Callable[[asyncio.Protocol], None]


async def open_tunnel(dial: Dial, host: str, token: str) -> Opened:
    """Connect by `dial` and ask for the tunnel.

    Raises:
        NoTunnel: The far end has none.
        TunnelDenied: It has one, but not for us.
        OSError: The far end cannot be reached now.
    """
    key = new_key()
    return await ask(dial, request(host, key, token), lambda head, _: check_response(head, key))


def new_key() -> str:
    """Return a `Sec-WebSocket-Key`."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


async def ask(dial: Dial, asked: bytes, check: Check) -> Opened:
    """Connect by `dial`, send a request, and hand over a connection whose answer passes `check`."""
    asking = _Asking(asked)
    try:
        async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
            await dial(lambda: asking)
            head, rest = await asking.answer
        check(head, rest)
    except BaseException:
        asking.abort()
        raise
    return Opened(asking.take_transport(), rest, asking.become)


class _Asking(asyncio.Protocol):
    """Sends a request, waits for the head of the answer, and passes all that follows on."""

    def __init__(self, asked: bytes) -> None:
        self._asked = asked
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._successor: asyncio.Protocol | None = None
        self.answer: asyncio.Future[tuple[bytes, bytes]] = (
            asyncio.get_running_loop().create_future()
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._asked)

    def become(self, successor: asyncio.Protocol) -> None:
        """Let another protocol hear of everything from now on. Not every transport can do that."""
        self._successor = successor

    def data_received(self, data: bytes) -> None:
        if self._successor is not None:
            self._successor.data_received(data)
            return
        self._received += data
        head, end, rest = self._received.partition(HEAD_END)
        if self.answer.done():
            return
        if end:
            self.take_transport().pause_reading()
            self.answer.set_result((head, rest))
        elif len(self._received) > MAX_HEAD_BYTES:
            self.answer.set_exception(NoTunnel("the target's answer has no end"))

    def pause_writing(self) -> None:
        if self._successor is not None:
            self._successor.pause_writing()

    def resume_writing(self) -> None:
        if self._successor is not None:
            self._successor.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._successor is not None:
            self._successor.connection_lost(exc)
        elif not self.answer.done():
            self.answer.set_exception(
                exc or ConnectionResetError("the target closed the connection without an answer")
            )

    def abort(self) -> None:
        """Leave nothing open."""
        if self._transport is not None:
            self._transport.abort()
        if not self.answer.cancel() and not self.answer.cancelled():
            self.answer.exception()  # somebody has heard of it

    def take_transport(self) -> asyncio.Transport:
        """Return the connection."""
        assert self._transport is not None, "it was made"
        return self._transport
