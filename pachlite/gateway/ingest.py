"""Take the body of an upload: the event loop collects blocks, worker threads decode and store.

At most two blocks of an upload are in memory: one being collected, one being worked on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from pachlite.gateway.body import BodyDecoder, DeclaredBody
from pachlite.gateway.framing import ChunkVerifier
from pachlite.gateway.incoming import Incoming
from pachlite.gateway.messages import Intake, S3Response

BLOCK_BYTES: Final = 1024 * 1024


class Ingest:
    """One upload as the worker threads see it. Its methods are never called at the same time."""

    def __init__(
        self,
        begin: Callable[[], Intake],
        declared: DeclaredBody,
        verifier: ChunkVerifier | None = None,
    ) -> None:
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

    def finish(self, pieces: list[bytes]) -> S3Response:
        """Take the last pieces, verify the whole, and publish."""
        self.take(pieces)
        assert self._intake is not None
        assert self._decoder is not None
        return self._intake.finish(self._decoder.finish())

    def abort(self, running: Future[None] | Future[S3Response] | None) -> None:
        """Forget everything, once what is running has ended."""
        if running is not None:
            with suppress(CancelledError):
                running.exception()
        if self._intake is not None:
            self._intake.abort()


async def receive_upload(
    workers: ThreadPoolExecutor, incoming: Incoming, ingest: Ingest
) -> S3Response:
    """Run an upload to its answer; when anything goes wrong nothing of it stays.

    A body of a single block costs one hop to a worker. For a larger one the upload begins before
    the body is there, so that a refusal does not wait for it.
    """
    running: Future[None] | None = None
    last: Future[S3Response] | None = None
    try:
        if not incoming.is_at_most(BLOCK_BYTES):
            running = workers.submit(ingest.open)
        while True:
            pieces = await _collect(incoming, running)
            if running is not None:
                await asyncio.wrap_future(running)
            if incoming.is_complete:
                last = workers.submit(ingest.finish, pieces)
                return await asyncio.wrap_future(last)
            running = workers.submit(ingest.take, pieces)
    except BaseException:
        workers.submit(ingest.abort, last or running)
        raise


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
