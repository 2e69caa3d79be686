"""Take the body of an upload: the event loop collects blocks, worker threads decode and store.

At most two blocks of an upload are in memory: one being collected, one being worked on. What the
store holds beside that has a bound as well: an upload of several blocks needs a seat. One that gets
none, since slow clients have them, goes to disk until it is whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from typing import Any, Final

from pachlite.gateway.body import BodyDecoder, DeclaredBody
from pachlite.gateway.framing import ChunkVerifier
from pachlite.gateway.incoming import Incoming
from pachlite.gateway.messages import Intake, Pending, S3Response
from pachlite.gateway.seats import Room, Seats
from pachlite.gateway.spool import Spool

BLOCK_BYTES: Final = 1024 * 1024
QUICK_BYTES: Final = 16 * 1024
"""Up to here, decoding and hashing take less time than passing a body to a worker and back."""


class Ingest:
    """One upload as the worker threads see it. Its methods are never called at the same time.

    Attributes:
        is_inline: Whether the event loop may do the work on a small body itself.
    """

    def __init__(
        self,
        begin: Callable[[], Intake],
        declared: DeclaredBody,
        verifier: ChunkVerifier | None = None,
        *,
        is_inline: bool = False,
    ) -> None:
        self.is_inline = is_inline
        self._begin = begin
        self._declared = declared
        self._verifier = verifier
        self._intake: Intake | None = None
        self._decoder: BodyDecoder | None = None

    def open(self) -> None:
        """Begin the upload unless it has begun; whatever the store objects to is raised here."""
        if self._intake is None:
            self._intake = self._begin()
            self._decoder = BodyDecoder(
                self._declared,
                sum_algorithm=self._intake.sum_algorithm,
                verifier=self._verifier,
            )

    def take(self, pieces: list[bytes]) -> None:
        """Decode and store the next pieces of the body."""
        self.open()
        assert self._intake is not None
        assert self._decoder is not None
        block = self._decoder.feed(pieces)
        if block:
            self._intake.write(block)

    def submit(self, pieces: list[bytes]) -> Pending:
        """Take the last pieces, verify the whole, and hand it over."""
        self.take(pieces)
        assert self._intake is not None
        assert self._decoder is not None
        return self._intake.finish(self._decoder.finish())

    def finish(self, pieces: list[bytes]) -> S3Response:
        """Take the last pieces, verify the whole, and publish."""
        return self.submit(pieces).wait()

    def finish_spooled(self, spool: Spool) -> S3Response:
        """Take everything from a spool, verify and publish."""
        with closing(spool):
            for block in spool.blocks():
                self.take([block])
            return self.finish([])

    def abort(self, running: Future[None] | Future[S3Response] | None) -> None:
        """Forget everything, once what is running has ended."""
        if running is not None:
            with suppress(CancelledError):
                running.exception()
        if self._intake is not None:
            self._intake.abort()


async def receive_upload(
    workers: ThreadPoolExecutor, incoming: Incoming, ingest: Ingest, room: Room
) -> S3Response:
    """Run an upload to its answer; when anything goes wrong nothing of it stays.

    A body of a few KiB costs no hop to a worker, a single block costs one. For a larger one the
    upload begins before the body is there, so that a refusal does not wait for it.
    """
    upload = _Upload(workers, incoming, ingest)
    try:
        return await upload.receive(room)
    except BaseException:
        upload.abort()
        raise


class _Upload:
    """An upload from the first piece of its body to its answer."""

    def __init__(self, workers: ThreadPoolExecutor, incoming: Incoming, ingest: Ingest) -> None:
        self._workers = workers
        self._incoming = incoming
        self._ingest = ingest
        self._pieces: list[bytes] = []
        self._running: Future[None] | None = None
        self._last: Future[S3Response] | None = None

    async def receive(self, room: Room) -> S3Response:
        incoming = self._incoming
        if incoming.is_uninvited or not incoming.is_at_most(BLOCK_BYTES):
            self._running = opening = self._workers.submit(self._ingest.open)
            if incoming.is_uninvited:
                await asyncio.wrap_future(opening)  # a refusal spares the client its body
        self._pieces = await self._collect()
        if incoming.is_complete:
            if self._ingest.is_inline and incoming.received_bytes <= QUICK_BYTES:
                return await self._finish_here()
            return await self._finish(partial(self._ingest.finish, self._pieces))
        if await room.uploads.take_if_moving():
            return await self._store(room.uploads)
        return await self._keep(room)

    def abort(self) -> None:
        """Forget everything, in a worker."""
        self._workers.submit(self._ingest.abort, self._last or self._running)

    async def _store(self, seats: Seats) -> S3Response:
        """Store block after block as they arrive."""
        try:
            while not self._incoming.is_complete:
                self._running = self._workers.submit(self._ingest.take, self._taken())
                self._pieces = await self._collect()
            return await self._finish(partial(self._ingest.finish, self._taken()))
        finally:
            seats.give_back()

    async def _keep(self, room: Room) -> S3Response:
        """Keep everything on disk until it is there, then store it."""
        spool = await asyncio.wrap_future(self._workers.submit(Spool, room.spool))
        try:
            while True:
                self._running = self._workers.submit(spool.write, self._taken())
                if self._incoming.is_complete:
                    break
                self._pieces = await self._collect()
            await asyncio.wrap_future(self._running)
            await room.spooled.take()
        except BaseException:
            self._workers.submit(_close_after, spool, self._running)
            raise
        try:
            return await self._finish(partial(self._ingest.finish_spooled, spool))
        finally:
            room.spooled.give_back()

    def _taken(self) -> list[bytes]:
        """Return the pieces of the last block for somebody else to hold."""
        pieces, self._pieces = self._pieces, []
        return pieces

    async def _finish_here(self) -> S3Response:
        """Do everything but the wait for the disk on the event loop."""
        pending = self._ingest.submit(self._pieces)
        await _done(pending.written)
        return pending.wait()

    async def _finish(self, work: Callable[[], S3Response]) -> S3Response:
        self._last = self._workers.submit(work)
        return await asyncio.wrap_future(self._last)

    async def _collect(self) -> list[bytes]:
        """Return the next block once the last one is done with; give up early when that failed."""
        pieces = await _collect(self._incoming, self._running)
        if self._running is not None:
            await asyncio.wrap_future(self._running)
            self._running = None
        return pieces


async def _done(future: Future[Any]) -> None:
    """Wait until a future is done. Nothing else is taken over from it, which is quick."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def call(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            loop.call_soon_threadsafe(wake)

    future.add_done_callback(call)
    await waiter


def _close_after(spool: Spool, running: Future[None] | None) -> None:
    if running is not None:
        with suppress(CancelledError):
            running.exception()
    spool.close()


async def _collect(incoming: Incoming, running: Future[None] | None) -> list[bytes]:
    """Return the pieces of the next block; give up early when the work on the last one failed."""
    pieces: list[bytes] = []
    size = 0
    while size < BLOCK_BYTES and not incoming.is_complete:
        pieces.append(await incoming.piece())
        size += len(pieces[-1])
        if running is not None and running.done():
            running.result()
    return pieces
