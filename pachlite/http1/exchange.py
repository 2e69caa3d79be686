"""One request and its answer, as the application sees them: what `receive` and `send` do."""

from __future__ import annotations

from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from pachlite.http1.answer import Answer, AnswerInvalid, Blocks
from pachlite.http1.body import BodyFraming, ChunkedBody, CountedBody
from pachlite.http1.head import RequestHead
from pachlite.http1.refusals import BAD_REQUEST, RequestRefused
from pachlite.http1.wire import Wire

Event = dict[str, Any]

_INVITATION: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Exchange:
    """What connects the application with the connection, for one request.

    Attributes:
        answer: What has been said to the client.
        refusal: What is wrong with the body, once that is known.
    """

    def __init__(
        self, wire: Wire, head: RequestHead, date: Callable[[], bytes], *, keeps_alive: bool
    ) -> None:
        self.answer = Answer(head.method, head.minor_version, keeps_alive=keeps_alive)
        self.refusal: RequestRefused | None = None
        self._wire = wire
        self._date = date
        self._body: BodyFraming = ChunkedBody() if head.length is None else CountedBody(head.length)
        self._is_uninvited = head.expects_invitation and not self._body.is_complete
        # Botocore takes an answer without it for that of the next request on the connection.
        self._greeting = _INVITATION if head.expects_invitation and self._body.is_complete else b""
        self._pieces: deque[bytes] = deque()
        self._waiter: Future[None] | None = None
        self._start: Event | None = None
        self._is_started = self._is_gone = self._is_end_told = self._is_framed = False
        self.queued_bytes = 0

    @property
    def is_body_complete(self) -> bool:
        """Whether the whole body has arrived."""
        return self._body.is_complete

    @property
    def is_started(self) -> bool:
        """Whether the client has been sent a part of the answer."""
        return self._is_started

    def feed(self, data: bytes) -> bytes:
        """Take what belongs to the body; return what follows it."""
        self._is_uninvited = False
        try:
            rest = self._body.feed(data, self._take)
        except RequestRefused as refusal:
            self.refusal = refusal
            self.lose()
            return b""
        self._wake()
        return rest

    def lose(self) -> None:
        """Tell the application that nothing will come any more and nobody listens."""
        self._is_gone = True
        if self.refusal is None and not self._body.is_complete:
            self.refusal = RequestRefused(BAD_REQUEST, "the body ended before its end")
        self._wake()

    def ready(self) -> Event | None:
        """Return the next event for the application if there is one: nobody has to wait for it."""
        if self._pieces:
            return self._next_piece()
        if not self._is_end_told and self._body.is_complete:
            self._is_end_told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        if self._is_gone or self.answer.is_complete:
            return {"type": "http.disconnect"}
        return None

    async def receive(self) -> Event:
        """Return the next event for the application, and ask the client for its body if need be."""
        while (event := self.ready()) is None:
            if self._is_uninvited and not self._is_started:
                self._is_uninvited = False
                self._wire.write(_INVITATION)
            await self._woken()
        return event

    async def send(self, event: Event) -> None:
        """Take an event of the application. The head leaves together with the first block.

        Raises:
            AnswerInvalid: It does not fit what was sent before.
        """
        if event["type"] == "http.response.start":
            if self._start is not None:
                raise AnswerInvalid("the answer has begun already")
            self._start = event
            return
        if event["type"] != "http.response.body" or self._start is None:
            raise AnswerInvalid(f"{event['type']} is not expected now")
        blocks = self.answer.block if self._is_framed else self._first_blocks
        self._is_framed = True  # also where it is not sent, since nobody is there any more
        made = blocks(event.get("body", b""), is_last=not event.get("more_body", False))
        if not self._is_gone:
            self._is_started = True
            self._wire.write(*made)
            await self._wire.drained()
        if self.answer.is_complete:
            self._wake()

    def _first_blocks(self, body: bytes, *, is_last: bool) -> Blocks:
        assert self._start is not None
        if self._is_uninvited:
            # Nobody can know whether the client will send its body now.
            self.answer.keeps_alive = False
        head = self.answer.head(self._start["status"], self._start.get("headers", ()), self._date())
        return (self._greeting + head, *self.answer.block(body, is_last=is_last))

    def _take(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self.queued_bytes += len(piece)

    def _next_piece(self) -> Event:
        piece = self._pieces.popleft()
        self.queued_bytes -= len(piece)
        self._wire.resume()
        self._is_end_told = self._body.is_complete and not self._pieces
        return {"type": "http.request", "body": piece, "more_body": not self._is_end_told}

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _woken(self) -> None:
        if self._waiter is None or self._waiter.done():
            self._waiter = get_running_loop().create_future()
        await self._waiter
