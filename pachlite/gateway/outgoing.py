"""Send the answer to a request: a document, a small object at once, a large one block by block."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from pachlite.gateway.incoming import ClientGone, Event, Incoming
from pachlite.gateway.messages import Download, S3Response
from pachlite.gateway.seats import PATIENCE_S, Seats

REGION: Final = "us-east-1"
UNREAD_BYTES: Final = 1024 * 1024
UNREAD_S: Final = 1.0
"""How much of an unwanted body is read, and how long, so that the connection can be used again."""
LINGER_S: Final = 20.0
"""How long an unwanted body is read before the connection is closed under it."""
TURN_BYTES: Final = 8 * 1024 * 1024
"""How much of an object is sent before others who wait have their turn."""
SLOW_BYTES: Final = 256 * 1024
"""How much is on the way to a client that is known to be slow."""
_NOTHING: Final = memoryview(b"")
_KERNEL_BYTES: Final = 16 * 1024
"""What a socket takes without waiting for the client."""

Send = Callable[[Event], Awaitable[None]]


class Stream:
    """The blocks of a large object, fetched by worker threads, always one ahead.

    It needs a seat for that. When the client is slow it leaves the seat with everything that is in
    memory; what follows is read again when it is wanted.
    """

    def __init__(self, workers: ThreadPoolExecutor, download: Download, seats: Seats) -> None:
        self.sent_bytes = 0
        self._workers = workers
        self._seats = seats
        self._reader = download.reader
        self._offset = download.offset
        self._end = download.offset + download.length
        self._turn_end = 0
        self._is_seated = False
        self._is_slow = False
        self._rest = _NOTHING
        self._blocks: Iterator[bytes] = iter(())
        self._next: Future[bytes | None] | None = None

    def __repr__(self) -> str:
        return f"<Stream {self._end - self._offset} left{' slow' if self._is_slow else ''}>"

    async def peek(self) -> None:
        """Wait for the first block, so that an error can still be answered."""
        await asyncio.wrap_future(await self._sit_down())

    async def block(self) -> bytes | None:
        """Return the next block, or None at the end, and fetch the one after it."""
        if self._seats.is_wanted and self._offset >= self._turn_end:
            self._stand_up()
        if not self._rest:
            following = self._next if self._is_seated else None
            block = await asyncio.wrap_future(following or await self._sit_down())
            if block is None:
                return None
            self._next = self._fetch()
            if not self._is_slow:
                self._offset += len(block)
                return block
            self._rest = memoryview(block)
        piece = bytes(self._rest[:SLOW_BYTES])
        self._rest = self._rest[len(piece) :]
        self._offset += len(piece)
        return piece

    def give_way(self) -> None:
        """Take the client for slow: hold nothing until it wants more."""
        self._is_slow = True
        self._stand_up()

    def close(self) -> None:
        """Release the object once nothing reads it any more."""
        running = self._next
        self._stand_up()
        self._workers.submit(self._close_after, running)

    async def _sit_down(self) -> Future[bytes | None]:
        if not self._is_seated:
            await self._seats.take()
            self._is_seated = True
            self._turn_end = self._offset + TURN_BYTES
        self._blocks = self._reader.blocks(self._offset, self._end - self._offset)
        self._next = self._fetch()
        return self._next

    def _stand_up(self) -> None:
        self._rest, self._blocks, self._next = _NOTHING, iter(()), None
        if self._is_seated:
            self._is_seated = False
            self._seats.give_back()

    def _fetch(self) -> Future[bytes | None]:
        return self._workers.submit(next, self._blocks, None)

    def _close_after(self, running: Future[bytes | None] | None) -> None:
        if running is not None:
            futures.wait([running])
        self._reader.close()


async def prepare(
    workers: ThreadPoolExecutor, response: S3Response, seats: Seats
) -> tuple[S3Response, Stream | None]:
    """Read as much of a download as lets its errors become error responses."""
    download = response.download
    if download is None:
        return response, None
    if download.reader.is_small:
        with download.reader as reader:
            body = b"".join(reader.blocks(download.offset, download.length))
        return replace(response, body=body, download=None), None
    stream = Stream(workers, download, seats)
    try:
        await stream.peek()
    except BaseException:
        stream.close()
        raise
    return response, stream


async def send_response(
    send: Send, response: S3Response, *, request_id: str, incoming: Incoming
) -> None:
    """Send an answer that is in memory. A body that nobody has read is dealt with first.

    If the client waits to be asked for it, it is not asked.
    """
    if not incoming.is_uninvited:
        await incoming.discard(UNREAD_BYTES, timeout_s=UNREAD_S)
    head = _start(response, request_id, closes=not incoming.is_complete)
    await send(head)
    body = {"type": "http.response.body", "body": response.body}
    if incoming.is_complete:
        await _send(send, body, incoming.stall_timeout_s)
        return
    # The client is still sending and may read the answer only when it is done: let it, for a while.
    # The events must be taken off the server's queue until the very end, or it would block there.
    await _send(send, {**body, "more_body": True}, incoming.stall_timeout_s)
    drain = asyncio.create_task(incoming.discard(sys.maxsize, timeout_s=LINGER_S + 1))
    await asyncio.wait([drain], timeout=LINGER_S)
    await send({"type": "http.response.body", "body": b""})
    drain.cancel()


async def send_stream(
    send: Send, response: S3Response, stream: Stream, *, request_id: str, incoming: Incoming
) -> None:
    """Send a large object; stop when the client goes away."""
    gone = asyncio.create_task(incoming.disconnected())
    loop = asyncio.get_running_loop()
    timeout_s = incoming.stall_timeout_s
    try:
        await send(_start(response, request_id, closes=False))
        while (block := await stream.block()) is not None:
            if gone.done():
                return
            event = {"type": "http.response.body", "body": block, "more_body": True}
            impatience = loop.call_later(PATIENCE_S, stream.give_way)
            try:
                await _send(send, event, timeout_s)
            finally:
                impatience.cancel()
            stream.sent_bytes += len(block)
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        stream.close()


def _start(response: S3Response, request_id: str, *, closes: bool) -> Event:
    length = len(response.body) if response.length is None else response.length
    if response.download is not None:
        length = response.download.length
    headers = [
        (name.encode(), (value if value.isprintable() else _clean(value)).encode())
        for name, value in response.headers
    ]
    raw_id = request_id.encode()
    headers += ((b"x-amz-request-id", raw_id), (b"x-amz-id-2", raw_id))
    if b"x-amz-bucket-region" not in dict(headers):
        headers.append((b"x-amz-bucket-region", REGION.encode()))
    if response.status not in {204, 304}:
        headers.append((b"content-length", b"%d" % length))
    if closes:
        headers.append((b"connection", b"close"))
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _clean(value: str) -> str:
    """Drop what cannot be in a header; metadata may come from elsewhere than a header."""
    return "".join(character for character in value if character.isprintable())


async def _send(send: Send, event: Event, timeout_s: float) -> None:
    if len(event.get("body", b"")) <= _KERNEL_BYTES:
        await send(event)  # a timeout costs as much as the rest of a small answer
        return
    try:
        async with asyncio.timeout(timeout_s):
            await send(event)
    except TimeoutError as error:
        raise ClientGone from error
