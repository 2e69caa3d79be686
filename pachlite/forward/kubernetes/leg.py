"""A WebSocket of channels to a port of a pod as a stream, both transport and protocol.

The far end cannot be told that only one direction has ended; the protocol has no word for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, cast

from pachlite.forward.kubernetes.upgrade import shown_error
from pachlite.forward.tunnel.frames import TunnelBroken
from pachlite.forward.tunnel.websocket import Message, MessageReader, Opcode, encode_start

PING_S: Final = 10.0
"""Below what load balancers in front of API servers take for idle."""
_DATA: Final = b"\x00"
_ERROR: Final = b"\x01"
_PORT_BYTES: Final = 2
_MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
_PIECE_BYTES: Final = 64 * 1024
_NORMAL: Final = b"\x03\xe8"


class PodLeg(asyncio.Transport, asyncio.Protocol):
    """The transport of whoever uses the stream, and the protocol of the connection below.

    Args:
        transport: The connection below, after the upgrade; `become` its protocol, then `begin`.
        on_refused: Called when the pod does not do what it is ready for.
    """

    def __init__(self, transport: asyncio.Transport, on_refused: Callable[[], None]) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._on_refused = on_refused
        self._reader = MessageReader(_MAX_MESSAGE_BYTES, is_client=True, head_bytes=1)
        self._announced: set[bytes] = set()
        self._waiting: deque[bytes] = deque()
        self._is_reading = True
        self._is_closing = False
        self._has_ended = self._is_below_lost = self._is_loss_told = False
        self._failure: OSError | None = None
        self._user: asyncio.Protocol | None = None
        self._ping = self._loop.call_later(PING_S, self._send_ping)

    def begin(self, user: asyncio.Protocol, rest: bytes) -> None:
        """Connect whoever uses it; `rest` is what came right behind the upgrade."""
        self._user = user
        user.connection_made(self)
        if rest and not self._is_closing:
            self.data_received(rest)
        if self._is_reading and not self._transport.is_closing():
            self._transport.resume_reading()

    # What the user asks.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes on the channel for data."""
        if self._is_closing:
            return
        view = memoryview(data)
        for at in range(0, len(view), _PIECE_BYTES):
            piece = view[at : at + _PIECE_BYTES]
            self._send(Opcode.BINARY, _DATA + bytes(piece))

    def can_write_eof(self) -> bool:
        """Say that one direction cannot end alone."""
        return False

    def close(self) -> None:
        """Send what is queued, and end."""
        if not self._is_closing:
            self._is_closing = True
            self._waiting.clear()
            self._send(Opcode.CLOSE, _NORMAL)
            self._transport.close()
            self._tell_end()

    def abort(self) -> None:
        """Break the connection, without a word of farewell."""
        self._is_closing = True
        self._waiting.clear()
        self._transport.abort()
        self._tell_end()

    def is_closing(self) -> bool:
        """Say whether it is closing or closed."""
        return self._is_closing or (self._transport.is_closing() and not self._has_ended)

    def pause_reading(self) -> None:
        """Read no more, so that the far end has to wait."""
        self._is_reading = False
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Hand on what was kept, then read on."""
        if not self._is_reading:
            self._is_reading = True
            self._loop.call_soon(self._read_on)

    def is_reading(self) -> bool:
        """Say whether what comes is handed on."""
        return self._is_reading and not self._is_closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the limits of the connection below."""
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Return what waits in the connection below."""
        return self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's
        """Return what the connection below knows."""
        return self._transport.get_extra_info(name, default)

    # What the connection below says.

    def data_received(self, data: bytes) -> None:
        """Take messages apart."""
        try:
            for message in self._reader.feed(data):
                self._take(message)
                if self._has_ended or self._is_closing:
                    return
        except TunnelBroken as error:
            self._break(ConnectionResetError(f"the API server speaks no WebSocket: {error}"))

    def pause_writing(self) -> None:
        """Pass on that the far end is slow."""
        self._of_user().pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the far end takes more."""
        self._of_user().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the user; without a farewell that is a reset."""
        self._is_below_lost = True
        self._ping.cancel()
        if not (self._has_ended or self._is_closing):
            self._waiting.clear()
            lost = ConnectionResetError("the connection to the API server broke")
            self._failure = self._failure or cast("OSError | None", exc) or lost
        self._tell_end()

    def _take(self, message: Message) -> None:
        if message.opcode is Opcode.PING:
            self._send(Opcode.PONG, message.payload)
        elif message.opcode is Opcode.CLOSE:
            self._end(message.payload)
        elif message.opcode is Opcode.BINARY and message.head:
            self._take_channel(message.head, message.payload)

    def _take_channel(self, channel: bytes, payload: bytes) -> None:
        """Hand on data; what comes first on each channel only tells its port."""
        if channel not in self._announced:
            self._announced.add(channel)
            payload = payload[_PORT_BYTES:]
        if channel == _ERROR and payload:
            self._on_refused()
            self._break(ConnectionResetError(f"the pod: {shown_error(payload)}"))
        elif channel == _DATA and payload:
            self._waiting.append(payload)
            self._hand_on()

    def _end(self, reason: bytes) -> None:
        """End as the far end does: in good order, or not."""
        if reason[:2] not in {b"", _NORMAL}:
            self._break(ConnectionResetError("the API server broke the connection off"))
            return
        self._has_ended = True
        self._send(Opcode.CLOSE, _NORMAL)
        self._transport.close()
        self._hand_on()

    def _break(self, error: OSError) -> None:
        self._failure = self._failure or error
        self._is_closing = True
        self._waiting.clear()
        self._transport.abort()

    def _read_on(self) -> None:
        self._hand_on()
        if self._is_reading and not self._transport.is_closing():
            self._transport.resume_reading()

    def _hand_on(self) -> None:
        while self._waiting and self._is_reading and not self._is_closing:
            self._of_user().data_received(self._waiting.popleft())
        if self._has_ended and not self._waiting and not self._is_closing:
            self._of_user().eof_received()
            self._is_closing = True
        self._tell_end()

    def _tell_end(self) -> None:
        """Tell that it is over, once it is: nothing is kept any more, nothing open below."""
        is_over = self._is_below_lost and (self._is_closing or self._failure is not None)
        if is_over and not self._is_loss_told:
            self._is_loss_told = self._is_closing = True
            self._loop.call_soon(self._of_user().connection_lost, self._failure)

    def _send(self, opcode: Opcode, payload: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(encode_start(opcode, len(payload), is_client=True) + payload)

    def _send_ping(self) -> None:
        self._send(Opcode.PING, b"")
        self._ping = self._loop.call_later(PING_S, self._send_ping)

    def _of_user(self) -> asyncio.Protocol:
        assert self._user is not None, "begin was called"
        return self._user

    def __repr__(self) -> str:
        return f"<PodLeg {'closing' if self._is_closing else 'open'}>"
