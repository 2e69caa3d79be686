"""Send the answer to a request: a document, a small object at once, a large one block by block."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from pachlite.gateway.incoming import (
    STALL_TIMEOUT_S,
    ClientGone,
    Event,
    Incoming,
)
from pachlite.gateway.messages import Download, S3Response

REGION: Final = "us-east-1"
UNREAD_BYTES: Final = 1024 * 1024
UNREAD_S: Final = 1.0
"""How much of an unwanted body is read, and how long, so that the connection can be used again."""
LINGER_S: Final = 20.0
"""How long an unwanted body is read before the connection is closed under it."""
_KERNEL_BYTES: Final = 16 * 1024
"""What a socket takes without waiting for the client."""

Send = Callable[[Event], Awaitable[None]]


class Stream:
    """The blocks of a large object, fetched by worker threads, always one ahead."""

    def __init__(self, workers: ThreadPoolExecutor, download: Download) -> None:
        self.sent_bytes = 0
        self._workers = workers
        self._reader = download.reader
        self._blocks: Iterator[bytes] = download.reader.blocks(download.offset, download.length)
        self._next: Future[bytes | None] = self._fetch()

    async def peek(self) -> None:
        """Wait for the first block, so that an error can still be answered."""
        await asyncio.wrap_future(self._next)

    async def block(self) -> bytes | None:
        """Return the next block, or None at the end, and fetch the one after it."""
        block = await asyncio.wrap_future(self._next)
        if block is not None:
            self._next = self._fetch()
        return block

    def close(self) -> None:
        """Release the object once nothing reads it any more."""
        self._workers.submit(self._close_after, self._next)

    def _fetch(self) -> Future[bytes | None]:
        return self._workers.submit(next, self._blocks, None)

    def _close_after(self, running: Future[bytes | None]) -> None:
        futures.wait([running])
        self._reader.close()


async def prepare(
    workers: ThreadPoolExecutor, response: S3Response
) -> tuple[S3Response, Stream | None]:
    """Read as much of a download as lets its errors become error responses."""
    download = response.download
    if download is None:
        return response, None
    if download.reader.is_small:
        with download.reader as reader:
            body = b"".join(reader.blocks(download.offset, download.length))
        return replace(response, body=body, download=None), None
    stream = Stream(workers, download)
    try:
        await stream.peek()
    except BaseException:
        stream.close()
        raise
    return response, stream


async def send_response(
    send: Send, response: S3Response, *, request_id: str, incoming: Incoming
) -> None:
    """Send an answer that is in memory. A body that nobody has read is dealt with first."""
    await incoming.discard(UNREAD_BYTES, timeout_s=UNREAD_S)
    head = _start(response, request_id, closes=not incoming.is_complete)
    await _send(send, head)
    body = {"type": "http.response.body", "body": response.body}
    if incoming.is_complete:
        await _send(send, body)
        return
    # The client is still sending and may read the answer only when it is done: let it, for a while.
    # The events must be taken off the server's queue until the very end, or it would block there.
    await _send(send, {**body, "more_body": True})
    drain = asyncio.create_task(incoming.discard(sys.maxsize, timeout_s=LINGER_S + 1))
    await asyncio.wait([drain], timeout=LINGER_S)
    await _send(send, {"type": "http.response.body", "body": b""})
    drain.cancel()


async def send_stream(
    send: Send, response: S3Response, stream: Stream, *, request_id: str, incoming: Incoming
) -> None:
    """Send a large object; stop when the client goes away."""
    gone = asyncio.create_task(incoming.disconnected())
    try:
        await _send(send, _start(response, request_id, closes=False))
        while (block := await stream.block()) is not None:
            if gone.done():
                return
            await _send(send, {"type": "http.response.body", "body": block, "more_body": True})
            stream.sent_bytes += len(block)
        await _send(send, {"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        stream.close()


def _start(response: S3Response, request_id: str, *, closes: bool) -> Event:
    length = len(response.body) if response.length is None else response.length
    if response.download is not None:
        length = response.download.length
    headers = [(name.encode("ascii"), _clean(value).encode()) for name, value in response.headers]
    headers += [
        (b"x-amz-request-id", request_id.encode("ascii")),
        (b"x-amz-id-2", request_id.encode("ascii")),
    ]
    if all(name != b"x-amz-bucket-region" for name, _ in headers):
        headers.append((b"x-amz-bucket-region", REGION.encode("ascii")))
    if response.status not in {204, 304}:
        headers.append((b"content-length", b"%d" % length))
    if closes:
        headers.append((b"connection", b"close"))
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _clean(value: str) -> str:
    """Drop what cannot be in a header; metadata may come from elsewhere than a header."""
    if value.isprintable():
        return value
    return "".join(character for character in value if character.isprintable())


async def _send(send: Send, event: Event) -> None:
    if len(event.get("body", b"")) <= _KERNEL_BYTES:
        await send(event)  # a timeout costs as much as the rest of a small answer
        return
    try:
        async with asyncio.timeout(STALL_TIMEOUT_S):
            await send(event)
    except TimeoutError as error:
        raise ClientGone from error
