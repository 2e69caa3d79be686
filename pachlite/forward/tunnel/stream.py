"""One connection inside a tunnel: what waits to be sent, what may be sent, how it ends."""

from __future__ import annotations

from collections import deque
from typing import Protocol


class StreamHandler(Protocol):
    """Who uses a stream. It is called as things happen, never while it calls itself."""

    def stream_data(self, data: bytes) -> None:
        """Take what the far end sent; say `consume` once it is out of memory."""

    def stream_ended(self) -> None:
        """The far end sends no more."""

    def stream_drained(self) -> None:
        """There is room again after `write` has said that there was none."""

    def stream_lost(self, error: OSError | None) -> None:
        """It is over: None after both sides have ended, else why it broke. Nothing follows."""


class Outbox(Protocol):
    """What a stream asks of its session."""

    def stream_ready(self, stream: Stream) -> None:
        """It has something to send."""

    def stream_reset(self, stream: Stream) -> None:
        """It is to be broken at the far end."""

    def stream_consumed(self, stream: Stream) -> None:
        """There may be room for more from the far end."""


class Stream:
    """See the module. Counts are totals since it was opened.

    Attributes:
        credit_bytes: How much the far end allows to be sent.
        granted_bytes: How much the far end was allowed to send.
    """

    __slots__ = (
        "_is_waiting",
        "_outbox",
        "_pending",
        "_room_bytes",
        "consumed_bytes",
        "credit_bytes",
        "granted_bytes",
        "handler",
        "has_received_end",
        "has_sent_end",
        "is_ending",
        "is_over",
        "is_queued",
        "number",
        "pending_bytes",
        "received_bytes",
        "sent_bytes",
    )

    def __init__(
        self, number: int, handler: StreamHandler, outbox: Outbox, *, first_window: int, room: int
    ) -> None:
        self.number = number
        self.handler = handler
        self.credit_bytes = self.granted_bytes = first_window
        self.sent_bytes = self.received_bytes = self.consumed_bytes = 0
        self.pending_bytes = 0
        self.has_sent_end = self.has_received_end = False
        self.is_ending = self.is_over = self.is_queued = False
        self._outbox = outbox
        self._pending: deque[bytes] = deque()
        self._room_bytes = room
        self._is_waiting = False

    @property
    def is_sendable(self) -> bool:
        """Whether it could send a frame now."""
        if self.is_over or self.has_sent_end:
            return False
        if self.pending_bytes:
            return self.credit_bytes > self.sent_bytes
        return self.is_ending

    def write(self, data: bytes) -> bool:
        """Queue bytes; say whether there is room for more.

        After an end or a loss they go nowhere.
        """
        if self.is_over or self.is_ending:
            return True
        self._pending.append(data)
        self.pending_bytes += len(data)
        self._outbox.stream_ready(self)
        self._is_waiting = self.pending_bytes > self._room_bytes
        return not self._is_waiting

    def end(self) -> None:
        """Send no more than what is queued."""
        if not self.is_over and not self.is_ending:
            self.is_ending = True
            self._outbox.stream_ready(self)

    def reset(self) -> None:
        """Break it; what is queued is dropped."""
        if not self.is_over:
            self._drop()
            self._outbox.stream_reset(self)

    def consume(self, count: int) -> None:
        """Say that so many received bytes are out of memory."""
        self.consumed_bytes += count
        if not self.is_over and not self.has_received_end:
            self._outbox.stream_consumed(self)

    def take(self, limit: int) -> bytes:
        """Return what is to be sent next, no more than `limit` and than the far end allows."""
        size = min(limit, self.credit_bytes - self.sent_bytes, self.pending_bytes)
        first = self._pending.popleft()
        if len(first) > size:
            self._pending.appendleft(first[size:])
            first = first[:size]
        elif len(first) < size and self._pending:
            first = self._join(first, size)
        self.pending_bytes -= len(first)
        self.sent_bytes += len(first)
        return first

    def relieve(self) -> None:
        """Tell the writer that there is room again, if it waits for that."""
        if self._is_waiting and self.pending_bytes <= self._room_bytes // 4:
            self._is_waiting = False
            self.handler.stream_drained()

    def lose(self, error: OSError | None) -> None:
        """Take note that it is over."""
        if not self.is_over:
            self._drop()
            self.handler.stream_lost(error)

    def _join(self, first: bytes, size: int) -> bytes:
        """Join small pieces while they fit whole."""
        pieces, total = [first], len(first)
        while self._pending and total + len(self._pending[0]) <= size:
            pieces.append(self._pending.popleft())
            total += len(pieces[-1])
        return b"".join(pieces)

    def _drop(self) -> None:
        self.is_over = True
        self._pending.clear()
        self.pending_bytes = 0

    def __repr__(self) -> str:
        state = "over" if self.is_over else f"{self.pending_bytes} bytes pending"
        return f"<Stream {self.number}: {state}>"
