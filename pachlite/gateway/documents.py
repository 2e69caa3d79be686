"""Take a document that a client sends: a small one in memory, a larger one by way of the disk.

Clients may be slow, and a parsed document is many times its size: larger ones wait on disk until
they are whole, and few are worked on at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from pachlite.errors import LimitExceeded
from pachlite.gateway.incoming import Incoming
from pachlite.gateway.seats import Room
from pachlite.gateway.spool import Spool

T = TypeVar("T")

MAX_DOCUMENT_BYTES: Final = 8 * 1024 * 1024
SMALL_BYTES: Final = 256 * 1024


async def receive_document(
    workers: ThreadPoolExecutor, incoming: Incoming, room: Room, work: Callable[[bytes], T]
) -> T:
    """Return what `work`, in a worker thread, makes of the body.

    Raises:
        LimitExceeded: It is larger than any document.
    """
    loop = asyncio.get_running_loop()
    pieces, size = await _collect(incoming)
    if incoming.is_complete:
        return await loop.run_in_executor(workers, work, b"".join(pieces))
    spool = await loop.run_in_executor(workers, Spool, room.spool)
    try:
        while pieces:
            _check_size(size)
            await loop.run_in_executor(workers, spool.write, pieces)
            pieces, added = await _collect(incoming)
            size += added
        await room.documents.take()
        try:
            return await loop.run_in_executor(workers, _work_on, spool, work)
        finally:
            room.documents.give_back()
    finally:
        workers.submit(spool.close)


async def _collect(incoming: Incoming) -> tuple[list[bytes], int]:
    pieces: list[bytes] = []
    size = 0
    _check_size(incoming.declared_bytes)
    while size < SMALL_BYTES and not incoming.is_complete:
        pieces.append(await incoming.piece())
        size += len(pieces[-1])
    return pieces, size


def _check_size(size: int) -> None:
    if size > MAX_DOCUMENT_BYTES:
        raise LimitExceeded(f"the document has more than {MAX_DOCUMENT_BYTES} bytes")


def _work_on(spool: Spool, work: Callable[[bytes], T]) -> T:
    return work(b"".join(spool.blocks()))
