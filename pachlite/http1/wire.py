"""The bytes of a connection: what is read and when, what waits to be sent, what takes too long.

An asyncio protocol. It finds where a head ends, but does not understand it.
"""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, Future, Transport
from enum import Enum
from typing import Final, Protocol

from pachlite.config import HttpLimits
from pachlite.http1.refusals import BAD_REQUEST, HEAD_TOO_LARGE, HEAD_TOO_SLOW, RequestRefused

_HEAD_END: Final = b"\r\n\r\n"
_WRONG_HEAD_ENDS: Final = (b"\n\n", b"\n\r\n")
_TOKEN_BYTES: Final = frozenset(
    b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
_JOINED_BYTES: Final = 64 * 1024
"""Up to this size copying blocks together is cheaper than sending them apart."""
_WRITE_HIGH_WATER_BYTES: Final = 256 * 1024


class Sink(Protocol):
    """Who gets the body of the request that is being served."""

    queued_bytes: int

    @property
    def is_body_complete(self) -> bool:
        """Whether the whole body has arrived."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Take what belongs to the body; return what follows it."""
        ...

    def lose(self) -> None:
        """Learn that the client is gone."""
        ...


class Phase(Enum):
    """What the connection waits for."""

    IDLE = 1  # a request
    HEAD = 2  # the rest of a head
    SERVING = 3  # the application
    LINGERING = 4  # the client, to read the answer and go


class Wire(asyncio.Protocol):
    """Reads and writes one connection, from which something has been received already."""

    def __init__(
        self,
        transport: Transport,
        loop: AbstractEventLoop,
        limits: HttpLimits,
        early: bytes,
        *,
        is_ended: bool,
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._limits = limits
        self._is_tls = transport.get_extra_info("ssl_object") is not None
        self._buffer = early
        self._at = 0
        self._phase = Phase.IDLE
        self._since = loop.time()
        self._sink: Sink | None = None
        self._waiter: Future[None] | None = None
        self._drained: Future[None] | None = None
        self._lost: Future[None] = loop.create_future()
        self._is_ended = is_ended
        self._is_paused = self._is_late = False
        self._written_bytes = self._taken_bytes = 0
        self._taken_at = self._since
        self.is_stopping = False
        transport.set_write_buffer_limits(_WRITE_HIGH_WATER_BYTES)

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will come."""
        return self._is_ended

    def __repr__(self) -> str:
        return f"<Wire {self._phase.name.lower()}, {len(self._buffer) - self._at} bytes ahead>"

    # What is read.

    async def read_head(self) -> bytes | None:
        """Return the next head whole, or None when there will be none.

        Raises:
            RequestRefused: It is too large, takes too long, or is no head.
        """
        is_ahead = len(self._buffer) > self._at
        self._enter(Phase.HEAD if is_ahead else Phase.IDLE)
        if is_ahead:
            await asyncio.sleep(0)  # a client that sends ahead is not served before all others
        while (raw := self._take_head()) is None:
            if self._is_ended or self.is_stopping:
                return None
            if self._is_late:
                raise RequestRefused(HEAD_TOO_SLOW, "the head of the request takes too long")
            if self._phase is Phase.IDLE and len(self._buffer) > self._at:
                self._enter(Phase.HEAD)
            self.resume()
            self._waiter = self._loop.create_future()
            await self._waiter
        self._phase = Phase.SERVING
        return raw

    def attach(self, sink: Sink | None) -> None:
        """Let a sink have the body that follows, what has been read of it included."""
        self._sink = sink
        if sink is not None and not sink.is_body_complete:
            rest = self.take_rest()
            if rest:
                self.data_received(rest)
            if self._is_ended and not sink.is_body_complete:
                sink.lose()

    def take_rest(self) -> bytes:
        """Return what has been read and not been used."""
        rest = self._buffer[self._at :]
        self._buffer, self._at = b"", 0
        return rest

    def resume(self) -> None:
        """Read on, if reading was paused and there is room again."""
        if not self._is_paused:
            return
        if self._sink is not None and self._sink.queued_bytes > self._limits.unread_bytes // 2:
            return
        self._is_paused = False
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Give the sink its body; keep what comes after it. Data may come even after a pause."""
        sink = self._sink
        if sink is not None and not sink.is_body_complete:
            data = sink.feed(data)
            if sink.queued_bytes > self._limits.unread_bytes:
                self._pause()
        if not data or self._phase is Phase.LINGERING:
            return
        if self._at < len(self._buffer):
            data = self._buffer[self._at :] + data
        self._buffer, self._at = data, 0
        if len(data) > self._limits.head_bytes:
            self._pause()  # or all that a socket holds would come before anybody can take it
        if self._phase is not Phase.SERVING:
            self._wake()

    def eof_received(self) -> bool:
        """Remember that nothing more comes; an answer may still go out, except over TLS."""
        self._is_ended = True
        if self._sink is not None and not self._sink.is_body_complete:
            self._sink.lose()
        if self._phase is Phase.LINGERING:
            self._transport.close()
        self._wake()
        return not self._is_tls

    # What is written.

    def write(self, *blocks: bytes) -> None:
        """Send blocks, without waiting."""
        if self._transport.is_closing():
            return
        size = sum(map(len, blocks))
        self._written_bytes += size
        if size <= _JOINED_BYTES:
            self._transport.write(b"".join(blocks))
        else:
            self._transport.writelines(blocks)

    async def drained(self) -> None:
        """Wait until the client has taken most of what was written, or is gone."""
        if self._drained is not None:
            await asyncio.shield(self._drained)

    def pause_writing(self) -> None:
        """Let the application wait."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """Let the application send on."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    # How it ends.

    def stop(self) -> None:
        """Take no further request; at once, when none is being served."""
        self.is_stopping = True
        self._wake()

    def close(self, *, may_be_sending: bool) -> None:
        """Send what was written and close.

        Closing under a client that sends would destroy the answer on its way: such a client is told
        that this is the end, and what it sends is dropped until it has gone.
        """
        if self._transport.is_closing():
            return
        if self._is_ended or not may_be_sending:
            self._transport.close()
            return
        self._enter(Phase.LINGERING)
        self._sink = None
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self.resume()

    def abort(self) -> None:
        """Close at once, whatever has not been sent."""
        self._transport.abort()

    async def closed(self) -> None:
        """Wait for the end of the connection."""
        await self._lost

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._is_ended = True
        if self._sink is not None:
            self._sink.lose()
        self.resume_writing()
        self._wake()
        if not self._lost.done():
            self._lost.set_result(None)

    def check(self, now: float) -> None:
        """End what has taken too long by `now`."""
        waited_s = now - self._since
        if self._phase is Phase.IDLE and waited_s > self._limits.idle_timeout_s:
            self.stop()
        elif self._phase is Phase.HEAD and waited_s > self._limits.head_timeout_s:
            self._is_late = True
            self._wake()
        elif self._phase is Phase.LINGERING and waited_s > self._limits.linger_timeout_s:
            self._transport.abort()
        waiting_bytes = self._transport.get_write_buffer_size()
        taken_bytes = self._written_bytes - waiting_bytes
        if not waiting_bytes or taken_bytes != self._taken_bytes:
            self._taken_bytes, self._taken_at = taken_bytes, now
        elif now - self._taken_at > self._limits.stall_timeout_s:
            self._transport.abort()

    def _enter(self, phase: Phase) -> None:
        self._phase, self._since = phase, self._loop.time()

    def _pause(self) -> None:
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _take_head(self) -> bytes | None:
        while self._buffer.startswith(b"\r\n", self._at):
            self._at += 2  # some clients end a body with a line end too many
        end = self._buffer.find(_HEAD_END, self._at) + len(_HEAD_END)
        size = end - self._at if end >= len(_HEAD_END) else len(self._buffer) - self._at
        if size > self._limits.head_bytes:
            raise RequestRefused(HEAD_TOO_LARGE, "the head of the request is too large")
        if end < len(_HEAD_END):
            self._check_beginning(self._buffer[self._at :])
            return None
        raw = self._buffer[self._at : end]
        self._at = end
        return raw

    def _check_beginning(self, beginning: bytes) -> None:
        """Refuse what will never become a head, rather than wait for its end."""
        if beginning[:1] == b"\r" and len(beginning) == 1:
            return
        is_text = not beginning or beginning[0] in _TOKEN_BYTES
        if not is_text or any(end in beginning for end in _WRONG_HEAD_ENDS):
            raise RequestRefused(BAD_REQUEST, "this is no HTTP request")
