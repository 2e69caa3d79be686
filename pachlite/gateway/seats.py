"""A bounded number of transfers hold memory at a time; the others wait, or do without.

A seat is for a transfer that moves. A client that is slow is no reason to keep one, or those who
are quick would wait for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

UPLOAD_SEATS: Final = 6
"""An upload that is cut into chunks holds up to 15 MiB."""
DOWNLOAD_SEATS: Final = 12
"""A download holds a chunk, which may have 4 MiB, and what is on its way."""
SPOOL_SEATS: Final = 2
"""How many spooled uploads are stored at a time. No client can delay that."""
DOCUMENT_SEATS: Final = 1
"""How many large documents are parsed at a time: that takes many times their size."""
PATIENCE_S: Final = 0.25
"""How long nothing has to happen before a transfer counts as slow."""


class Seats:
    """A number of seats, given to those who wait in the order in which they came.

    It is used from the event loop alone.
    """

    def __init__(self, count: int, clock: Callable[[], float]) -> None:
        self._free = count
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._moved_at_s = clock()

    def __repr__(self) -> str:
        return f"<Seats {self._free} free, {len(self._waiting)} waiting>"

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for a seat."""
        return bool(self._waiting)

    async def take(self) -> None:
        """Wait for a seat and take it."""
        if self._free and not self._waiting:
            self._sit_down()
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.give_back()  # it came at the same moment
            with suppress(ValueError):  # it may have been passed over by now
                self._waiting.remove(place)
            raise

    async def take_if_moving(self, patience_s: float = PATIENCE_S) -> bool:
        """Wait for a seat as long as seats change hands; say whether there was one."""
        while self._free or self._clock() - self._moved_at_s < patience_s:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self.take()
                    return True
        return False

    def give_back(self) -> None:
        """Leave a seat to whoever has waited longest."""
        self._free += 1
        self._moved_at_s = self._clock()
        while self._waiting and self._free:
            place = self._waiting.popleft()
            if not place.done():
                self._sit_down()
                place.set_result(None)

    def _sit_down(self) -> None:
        self._free -= 1
        self._moved_at_s = self._clock()


@dataclass(frozen=True, slots=True)
class Room:
    """What the transfers of a gateway share.

    Attributes:
        spool: The directory for uploads that have no seat; None for that of the system.
    """

    clock: Callable[[], float]
    spool: Path | None = None
    uploads: Seats = field(init=False)
    downloads: Seats = field(init=False)
    spooled: Seats = field(init=False)
    documents: Seats = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "uploads", Seats(UPLOAD_SEATS, self.clock))
        object.__setattr__(self, "downloads", Seats(DOWNLOAD_SEATS, self.clock))
        object.__setattr__(self, "spooled", Seats(SPOOL_SEATS, self.clock))
        object.__setattr__(self, "documents", Seats(DOCUMENT_SEATS, self.clock))
