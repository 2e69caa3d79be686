"""A WebSocket on an asyncio transport as the link of a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from pachlite.forward.tunnel.frames import HEAD_BYTES, FrameHead, TunnelBroken, decode_head
from pachlite.forward.tunnel.limits import KIB, TunnelLimits
from pachlite.forward.tunnel.websocket import MessageReader, Opcode, encode_start

_WRITE_HIGH_BYTES: Final = 1024 * KIB
_WRITE_LOW_BYTES: Final = 256 * KIB
_JOINED_BYTES: Final = 16 * KIB
"""Up to this size copying head and payload together is cheaper than sending them apart."""
_CHECKS: Final = 4
"""How often to look at a link while it may be silent."""

OnFrame = Callable[[FrameHead, bytes], None]


class WebSocketLink(asyncio.Protocol):
    """See `session.Link`. It ends when it breaks, is silent for too long, or `on_frame` says so.

    Args:
        transport: A connection whose handshake is over; let this be its protocol, then `begin`.
        on_frame: Gets each frame; raises `TunnelBroken` for what cannot be.
        on_writable: Called when it takes frames again.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        limits: TunnelLimits,
        on_frame: OnFrame,
        on_writable: Callable[[], None],
        *,
        is_client: bool,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._limits = limits
        self._on_frame = on_frame
        self._on_writable = on_writable
        self._is_client = is_client
        self._reader = MessageReader(HEAD_BYTES + limits.payload_bytes, is_client=is_client)
        self._is_paused = False
        self._heard_at = self._loop.time()
        self._ended: asyncio.Future[OSError | None] = self._loop.create_future()
        self.failure: TunnelBroken | None = None
        transport.set_write_buffer_limits(high=_WRITE_HIGH_BYTES, low=_WRITE_LOW_BYTES)

    def __repr__(self) -> str:
        return f"<WebSocketLink {'ended' if self._ended.done() else 'open'}>"

    def begin(self, rest: bytes) -> None:
        """Begin with what was read beyond the handshake."""
        self._watch()
        if rest:
            self.data_received(rest)
        self._transport.resume_reading()

    @property
    def is_writable(self) -> bool:
        """Whether it takes more than what must be said."""
        return not self._is_paused and not self._transport.is_closing()

    def send(self, head: bytes, payload: bytes) -> None:
        """Send a frame, or drop it when the link has gone."""
        if self._transport.is_closing():
            return
        size = len(head) + len(payload)
        start = encode_start(Opcode.BINARY, size, is_client=self._is_client) + head
        if size <= _JOINED_BYTES:
            self._transport.write(start + payload)
        else:
            self._transport.writelines((start, payload))

    async def ended(self) -> OSError | None:
        """Wait for the end; return what broke it, if something did."""
        return await asyncio.shield(self._ended)

    def close(self) -> None:
        """End it once everything has been sent."""
        if not self._transport.is_closing():
            self._send_control(Opcode.CLOSE, b"\x03\xe8")
            self._transport.close()

    def abort(self) -> None:
        """End it at once."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Hand on whole frames."""
        self._heard_at = self._loop.time()
        try:
            for message in self._reader.feed(data):
                if message.opcode is Opcode.BINARY:
                    self._on_frame(decode_head(message.head), message.payload)
                elif message.opcode is Opcode.PING and not self._is_paused:
                    self._send_control(Opcode.PONG, message.payload)
                elif message.opcode is Opcode.CLOSE:
                    self._transport.close()
                    return
        except TunnelBroken as error:
            self.failure = error
            self._transport.abort()

    def pause_writing(self) -> None:
        """Take no more frames for now."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Take frames again."""
        self._is_paused = False
        self._on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits for the end."""
        if not self._ended.done():
            self._ended.set_result(cast("OSError | None", exc))

    def _send_control(self, opcode: Opcode, payload: bytes) -> None:
        start = encode_start(opcode, len(payload), is_client=self._is_client)
        self._transport.write(start + payload)

    def _watch(self) -> None:
        """Ask a silent far end for a sign of life, and end when there is none."""
        if self._transport.is_closing():
            return
        silent_s = self._loop.time() - self._heard_at
        if silent_s >= self._limits.dead_after_s:
            self._transport.abort()
            return
        if silent_s >= min(self._limits.ping_s, self._limits.dead_after_s / 2):
            self._send_control(Opcode.PING, b"")
        self._loop.call_later(self._limits.dead_after_s / _CHECKS / 2, self._watch)
