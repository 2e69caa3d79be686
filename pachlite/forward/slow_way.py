"""One direction of a connection that is delayed or slowed down. It knows bytes, not sockets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from pachlite.forward.chaos import Fault, FaultKind, smallest

_DRIP_INTERVAL_S: Final = 0.02
_HIGH_WATER_BYTES: Final = 256 * 1024
_LOW_WATER_BYTES: Final = 64 * 1024

Action = Callable[[], None]


class SlowWay:
    """Delivers bytes in order: at once, after a delay, or so many per second.

    Args:
        faults: Delays add up; of several drips the slowest counts.
        deliver: Gets the bytes.
        on_full: Called when much is waiting; `on_room` when that is over.
    """

    def __init__(
        self,
        faults: tuple[Fault, ...],
        deliver: Callable[[bytes], None],
        *,
        on_full: Action,
        on_room: Action,
    ) -> None:
        self._delay_s = sum(each.amount for each in faults if each.kind is FaultKind.DELAY)
        self._rate = smallest(faults, FaultKind.DRIP)
        self._deliver = deliver
        self._on_full = on_full
        self._on_room = on_room
        self._queue: deque[tuple[float, bytes | Action]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.waiting_bytes = 0
        self.is_full = False

    def put(self, data: bytes) -> None:
        """Deliver bytes when it is their turn."""
        if not data:
            return
        if not self._delay_s and self._rate is None:
            self._deliver(data)
            return
        self._append(data)
        self.waiting_bytes += len(data)
        if self.waiting_bytes > _HIGH_WATER_BYTES and not self.is_full:
            self.is_full = True
            self._on_full()

    def end(self, action: Action) -> None:
        """Do something once everything before it has been delivered."""
        if self._queue or self._delay_s:
            self._append(action)
        else:
            action()

    def drop(self) -> None:
        """Deliver nothing more of what is waiting."""
        self._queue.clear()
        self.waiting_bytes = 0
        if self._timer is not None:
            self._timer.cancel()

    def _append(self, item: bytes | Action) -> None:
        loop = asyncio.get_running_loop()
        self._queue.append((loop.time() + self._delay_s, item))
        if len(self._queue) == 1:
            self._timer = loop.call_at(self._queue[0][0], self._advance)

    def _advance(self) -> None:
        """Deliver what is due, but no more than one interval's share."""
        loop = asyncio.get_running_loop()
        share = None if self._rate is None else max(1, int(self._rate * _DRIP_INTERVAL_S))
        while self._queue and self._queue[0][0] <= loop.time() and share != 0:
            due, item = self._queue.popleft()
            if not isinstance(item, bytes):
                item()
                continue
            piece = item if share is None else item[:share]
            if len(piece) < len(item):
                self._queue.appendleft((due, item[len(piece) :]))
            share = None if share is None else share - len(piece)
            self.waiting_bytes -= len(piece)
            self._deliver(piece)
        if self._queue:
            pause_s = _DRIP_INTERVAL_S if share == 0 else 0.0
            moment = max(self._queue[0][0], loop.time() + pause_s)
            self._timer = loop.call_at(moment, self._advance)
        if self.is_full and self.waiting_bytes <= _LOW_WATER_BYTES:
            self.is_full = False
            self._on_room()
