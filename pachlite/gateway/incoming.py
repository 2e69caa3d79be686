"""Receive the body of a request, with bounds on time and space. It knows ASGI, but no S3."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from pachlite.gateway.errors import REQUEST_TIMEOUT, S3Refusal

STALL_TIMEOUT_S: Final = 120.0
"""How long a peer may be silent while it is its turn."""
Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]


class ClientGone(Exception):
    """The client has closed the connection; nobody waits for an answer."""


class Incoming:
    """The body of one request. Read it from one task at a time.

    A server may say what is `ready`: the event that `receive` would give without waiting, or None.
    """

    def __init__(
        self,
        receive: Receive,
        headers: Mapping[str, str],
        *,
        stall_timeout_s: float = STALL_TIMEOUT_S,
        ready: Callable[[], Event | None] = lambda: None,
    ) -> None:
        self._receive = receive
        self._ready = ready
        self.stall_timeout_s = stall_timeout_s
        self._declared = headers.get("content-length", "")
        self._is_silent = False
        self._is_expected = headers.get("expect", "").lower() == "100-continue"
        self.received_bytes = 0
        self.is_complete = self._declared in {"", "0"} and "transfer-encoding" not in headers

    def __repr__(self) -> str:
        return f"<Incoming {'complete' if self.is_complete else 'open'}>"

    @property
    def is_uninvited(self) -> bool:
        """Whether the client waits to be asked for the body, and nobody has asked."""
        return self._is_expected and not self.is_complete

    @property
    def declared_bytes(self) -> int:
        """The size of the body, framing included, or 0 when it is not known."""
        return int(self._declared) if self._declared.isdecimal() else 0

    def is_at_most(self, size_bytes: int) -> bool:
        """Say whether the body, framing included, is known to fit."""
        return self._declared.isdecimal() and self.declared_bytes <= size_bytes

    async def piece(self) -> bytes:
        """Return what arrives next; may be empty, and is when `is_complete` was set before."""
        if self.is_complete:
            return b""
        event = self._ready()
        if event is not None:
            return self._understand(event)  # a timeout would cost more than the piece
        try:
            async with asyncio.timeout(self.stall_timeout_s):
                return await self._next()
        except TimeoutError as error:
            self._is_silent = True
            raise S3Refusal(REQUEST_TIMEOUT, "no data arrived for too long") from error

    async def discard(self, limit_bytes: int, *, timeout_s: float) -> None:
        """Read and forget; stop at the end, above the limit, and when it takes too long.

        A client that has gone, or has been given up, is not waited for.
        """
        if self.is_complete or self._is_silent:
            return
        size = 0
        with suppress(TimeoutError, ClientGone):
            async with asyncio.timeout(timeout_s):
                while not self.is_complete and size <= limit_bytes:
                    size += len(await self._next())

    async def disconnected(self) -> None:
        """Return when the client has gone; forget a body that it may still send."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> bytes:
        self._is_expected = False
        return self._understand(await self._receive())

    def _understand(self, event: Event) -> bytes:
        if event["type"] != "http.request":
            self._is_silent = True
            raise ClientGone
        self.is_complete = not event.get("more_body", False)
        body: bytes = event.get("body", b"")
        self.received_bytes += len(body)
        return body
