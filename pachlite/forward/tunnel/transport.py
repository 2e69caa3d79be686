"""A stream as an asyncio transport, so that whoever copies bytes cannot tell it from a socket."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

from pachlite.forward.tunnel.stream import Stream


class StreamTransport(asyncio.Transport):
    """Both a transport for a protocol and the handler of a stream.

    Call `begin` with the stream and the protocol; the protocol hears of everything in later turns
    of the loop, as with sockets.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, extra: dict[str, Any]) -> None:
        super().__init__(extra)
        self._loop = loop
        self._protocol: asyncio.Protocol | None = None
        self._stream: Stream | None = None
        self._waiting: deque[bytes] = deque()
        self._is_reading = True
        self._is_closing = False
        self._has_ended = self._is_end_told = False
        self._is_writing_paused = self._is_loss_told = False

    def __repr__(self) -> str:
        state = "closing" if self._is_closing else "open"
        return f"<StreamTransport {state}, {self._stream!r}>"

    def begin(self, stream: Stream, protocol: asyncio.Protocol) -> None:
        """Connect a protocol with a stream."""
        self._stream, self._protocol = stream, protocol
        protocol.connection_made(self)

    # What the protocol asks.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Queue bytes for the far end."""
        stream = self._of_stream()
        if self._is_closing or not data or stream.write(bytes(data)) or self._is_writing_paused:
            return
        self._is_writing_paused = True
        self._of_protocol().pause_writing()

    def can_write_eof(self) -> bool:
        """Say that one direction can end alone."""
        return True

    def write_eof(self) -> None:
        """Send no more than what is queued; go on receiving."""
        self._of_stream().end()

    def close(self) -> None:
        """Send what is queued, and end. The far end learns it when it sends more."""
        if self._is_closing:
            return
        self._is_closing = True
        is_unwanted = bool(self._waiting)
        self._waiting.clear()
        if is_unwanted:
            self.abort()
        else:
            self._of_stream().end()
            self._hand_on()

    def abort(self) -> None:
        """Break the stream at both ends."""
        self._waiting.clear()
        self._of_stream().reset()
        self._tell_loss(None)

    def is_closing(self) -> bool:
        """Say whether it is closing or closed."""
        return self._is_closing

    def pause_reading(self) -> None:
        """Keep what comes; the far end stops when its window is full."""
        self._is_reading = False

    def resume_reading(self) -> None:
        """Hand on what was kept."""
        if not self._is_reading:
            self._is_reading = True
            self._loop.call_soon(self._hand_on)

    def is_reading(self) -> bool:
        """Say whether what comes is handed on."""
        return self._is_reading and not self._is_closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Change nothing: the session has its own bounds."""

    def get_write_buffer_size(self) -> int:
        """Return how much is queued."""
        return self._of_stream().pending_bytes

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol go on."""
        self._protocol = cast("asyncio.Protocol", protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol."""
        return self._of_protocol()

    # What the stream says.

    def stream_data(self, data: bytes) -> None:
        """Hand on what came, or keep it."""
        if self._is_closing:
            self.abort()
        elif self._is_reading and not self._waiting:
            self._of_protocol().data_received(data)
            self._of_stream().consume(len(data))
        else:
            self._waiting.append(data)

    def stream_ended(self) -> None:
        """Tell the protocol once it has got everything before."""
        self._has_ended = True
        self._hand_on()

    def stream_drained(self) -> None:
        """Let the protocol write on."""
        if self._is_writing_paused:
            self._is_writing_paused = False
            self._of_protocol().resume_writing()

    def stream_lost(self, error: OSError | None) -> None:
        """Tell the protocol that it is over, after everything that came before."""
        if error is not None:
            self._is_closing = True
            self._waiting.clear()
        elif self._waiting or (self._has_ended and not self._is_end_told):
            return  # `_hand_on` tells it then
        self._tell_loss(error)

    def _hand_on(self) -> None:
        while self._waiting and self._is_reading and not self._is_closing:
            data = self._waiting.popleft()
            self._of_protocol().data_received(data)
            self._of_stream().consume(len(data))
        if self._waiting or not self._has_ended or self._is_end_told:
            return
        self._is_end_told = True
        if not self._is_closing and not self._of_protocol().eof_received():
            self.close()
        if self._of_stream().is_over:
            self._tell_loss(None)

    def _tell_loss(self, error: OSError | None) -> None:
        self._is_closing = True
        if not self._is_loss_told:
            self._is_loss_told = True
            self._loop.call_soon(self._of_protocol().connection_lost, error)

    def _of_stream(self) -> Stream:
        assert self._stream is not None, "begin was called"
        return self._stream

    def _of_protocol(self) -> asyncio.Protocol:
        assert self._protocol is not None, "begin was called"
        return self._protocol
