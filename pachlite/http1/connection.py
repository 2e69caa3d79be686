"""Serve the requests of one connection, in their order, with an ASGI application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from pachlite.config import HttpLimits
from pachlite.http1.exchange import Event, Exchange
from pachlite.http1.head import HeadParser, RequestHead
from pachlite.http1.refusals import FAILED, RefusalKind, RequestRefused, render
from pachlite.http1.wire import Wire

Application = Callable[
    [Event, Callable[[], Awaitable[Event]], Callable[[Event], Awaitable[None]]], Awaitable[None]
]

READY: Final = "pachlite.ready"
"""The extension that gives the next event without waiting, or None."""
_H2_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\n"
_ASGI: Final = {"version": "3.0", "spec_version": "2.3"}

_log: Final = logging.getLogger(__name__)


class Foreign(NamedTuple):
    """What has been received of another protocol.

    Attributes:
        head: Of the request that asks for it, if one did.
        raw: The bytes of that head.
        rest: What came behind it.
    """

    head: RequestHead | None
    raw: bytes
    rest: bytes


class Connection:
    """Serves a connection until it ends or becomes another protocol's."""

    def __init__(
        self,
        wire: Wire,
        app: Application,
        scope: Event,
        limits: HttpLimits,
        date: Callable[[], bytes],
    ) -> None:
        self._wire = wire
        self._app = app
        self._scope = scope
        self._date = date
        self._parser = HeadParser(limits.headers)
        self._exchange: Exchange | None = None

    def __repr__(self) -> str:
        return f"<Connection {self._wire!r}>"

    async def run(self) -> Foreign | None:
        """Serve to the end of the connection.

        Returns:
            What has been received of a protocol that is not spoken here; the connection is open.
        """
        try:
            foreign = await self._serve()
            if foreign is None:
                await self._wire.closed()
        except asyncio.CancelledError:
            self._wire.abort()
            raise
        return foreign

    def stop(self) -> None:
        """End once the request under way has its answer; at once when there is none."""
        if self._exchange is not None:
            self._exchange.answer.keeps_alive = False
        self._wire.stop()

    def check(self, now: float) -> None:
        """End what has taken too long by `now`."""
        self._wire.check(now)

    async def _serve(self) -> Foreign | None:
        try:
            while (raw := await self._wire.read_head()) is not None:
                if raw == _H2_PREFACE:
                    return Foreign(None, raw, self._wire.take_rest())
                head = self._parser.parse(raw)
                if head.is_for_websocket:
                    return Foreign(head, raw, self._wire.take_rest())
                if not await self._answer(head):
                    return None
        except RequestRefused as refusal:
            self._refuse(refusal.kind, str(refusal))
            return None
        self._wire.close(may_be_sending=False)
        return None

    async def _answer(self, head: RequestHead) -> bool:
        """Serve one request; say whether another one may follow. If not, the end has begun."""
        keeps_alive = head.keeps_alive and not self._wire.is_stopping
        exchange = Exchange(self._wire, head, self._date, keeps_alive=keeps_alive)
        self._exchange = exchange
        self._wire.attach(exchange)
        try:
            await self._app(self._scope_of(head, exchange), exchange.receive, exchange.send)
        except Exception:  # noqa: BLE001 - the edge of the server: a defect behind it ends here
            path = head.target.partition(b"?")[0]  # what follows may sign a request
            _log.exception("%s %s failed", head.method, path.decode("latin-1"))
            exchange.answer.keeps_alive = False
        self._exchange = None
        return self._is_over(head, exchange)

    def _is_over(self, head: RequestHead, exchange: Exchange) -> bool:
        """Settle how it goes on after a request. Four cases."""
        wire, answer = self._wire, exchange.answer
        wire.attach(None)
        if not exchange.is_started:
            # 1. Nothing was said. If the body was no body, the client learns that.
            refusal = exchange.refusal
            if refusal is not None:
                self._refuse(refusal.kind, str(refusal))
            else:
                self._refuse(FAILED, "the request could not be served", method=head.method)
            return False
        if not answer.is_complete:
            # 2. The client must not take what it got for the whole.
            wire.close(may_be_sending=False)
            return False
        if answer.keeps_alive and exchange.is_body_complete:
            return True  # 3. The usual one.
        # 4. One side wants to end, or what the client sends next is not known to be a request.
        wire.close(may_be_sending=not exchange.is_body_complete)
        return False

    def _refuse(self, kind: RefusalKind, message: str, *, method: str = "") -> None:
        self._wire.write(render(kind, message, date=self._date(), is_head=method == "HEAD"))
        self._wire.close(may_be_sending=True)

    def _scope_of(self, head: RequestHead, exchange: Exchange) -> Event:
        raw_path, _, query = head.target.partition(b"?")
        path = raw_path.decode("latin-1")
        return {
            **self._scope,
            "asgi": _ASGI,
            "http_version": "1.1" if head.minor_version else "1.0",
            "method": head.method,
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": head.headers,
            "extensions": {READY: exchange.ready},
            "state": self._scope["state"].copy(),
        }
