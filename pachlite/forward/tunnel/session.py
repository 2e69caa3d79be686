"""A session: streams with their order and their bounds, over whatever link there is just now.

It does no input or output. What it sends in sequence it keeps until the far end has acknowledged
it, and sends it again over the next link.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from pachlite.forward.tunnel.frames import (
    HEAD_BYTES,
    SEQUENCED,
    FrameHead,
    Kind,
    TunnelBroken,
    decode_count,
    decode_port,
    encode_count,
    encode_head,
    encode_port,
)
from pachlite.forward.tunnel.limits import TunnelLimits
from pachlite.forward.tunnel.stream import Stream, StreamHandler

_GRANT_PART: Final = 4
"""A new window is granted once a fourth of it is free."""
_MAX_KEPT_REFUSALS: Final = 16 * 1024
"""Refusals are no data that waits for its turn, so nothing else bounds them."""


class Link(Protocol):
    """Carries frames, in order, for as long as it lasts."""

    @property
    def is_writable(self) -> bool:
        """Whether it takes more than what must be said. When it does again, call `pump`."""
        ...

    def send(self, head: bytes, payload: bytes) -> None:
        """Send a frame, or drop it when the link has gone."""
        ...


class Timer(Protocol):
    """What a scheduled call can be called off with."""

    def cancel(self) -> None:
        """Call it off."""


class _Sent(NamedTuple):
    seq: int
    head: bytes
    payload: bytes


Later = Callable[[float, Callable[[], None]], Timer]
OnOpen = Callable[[Stream, int], StreamHandler]


class Session:
    """One side of a tunnel.

    Args:
        limits: Its bounds.
        later: Calls something after so many seconds.
        on_open: Gets each stream that the far end opens, with the port it is for, and returns its
            handler. None where only this side opens streams.
    """

    def __init__(self, limits: TunnelLimits, later: Later, on_open: OnOpen | None = None) -> None:
        self._limits = limits
        self._later = later
        self._on_open = on_open
        self._streams: dict[int, Stream] = {}
        self._last_opened = 0
        self._ready: deque[Stream] = deque()
        self._link: Link | None = None
        self._sequence = self._received = self._acknowledged = 0
        self._kept: deque[_Sent] = deque()
        self._kept_bytes = 0
        self._unsent: deque[_Sent] = deque()
        self._unacknowledged = 0
        self._ack_timer: Timer | None = None
        self.replayed_bytes = 0

    @property
    def received(self) -> int:
        """The sequence number of the last frame that has arrived."""
        return self._received

    @property
    def kept_bytes(self) -> int:
        """How much is kept for the next link."""
        return self._kept_bytes

    @property
    def streams(self) -> int:
        """How many there are."""
        return len(self._streams)

    @property
    def is_sending(self) -> bool:
        """Whether something waits to be sent over the link, or sent again over the next."""
        return bool(self._kept) or any(each.is_sendable for each in self._streams.values())

    @property
    def is_attached(self) -> bool:
        """Whether there is a link."""
        return self._link is not None

    # What this side does.

    def open(self, port: int, handler: StreamHandler) -> Stream:
        """Open a stream to a port of the far end."""
        self._last_opened += 1
        stream = self._add(self._last_opened, handler)
        self._emit(Kind.OPEN, stream.number, encode_port(port))
        return stream

    def attach(self, link: Link, received_by_peer: int) -> None:
        """Go on over a new link.

        Raises:
            TunnelBroken: The far end has not got what is not kept any more, or more than was sent.
        """
        self.detach()
        self._acknowledge(received_by_peer)
        if received_by_peer < self._acknowledged:
            raise TunnelBroken("the far end misses what is not kept any more")
        self._unsent = deque(self._kept)
        self.replayed_bytes += sum(len(each.payload) for each in self._unsent)
        self._link = link
        for stream in self._streams.values():
            self._send_window(stream)
        self.pump()

    def detach(self) -> None:
        """Do without a link; nothing is lost."""
        self._link = None
        self._unsent.clear()
        self._stop_timer()

    def fail(self, error: OSError) -> None:
        """Break all streams, since there will be no further link."""
        self.detach()
        streams, self._streams = self._streams, {}
        self._kept.clear()
        self._kept_bytes = 0
        self._ready.clear()
        for stream in streams.values():
            stream.lose(error)

    def pump(self) -> None:
        """Send what can be sent: what an earlier link may have lost, then each in its turn."""
        link = self._link
        while link is not None and self._unsent and link.is_writable:
            sent = self._unsent.popleft()
            link.send(sent.head, sent.payload)
        while self._ready and self._may_send():
            stream = self._ready.popleft()
            stream.is_queued = False
            if not stream.is_sendable:
                continue
            self._send_from(stream)
            if stream.is_sendable:
                self.stream_ready(stream)

    # What its streams ask.

    def stream_ready(self, stream: Stream) -> None:
        """Let a stream have its turn."""
        if not stream.is_queued and stream.is_sendable:
            stream.is_queued = True
            self._ready.append(stream)
            if len(self._ready) == 1:
                self.pump()

    def stream_reset(self, stream: Stream) -> None:
        """Break a stream at the far end."""
        self._streams.pop(stream.number, None)
        self._emit(Kind.RESET, stream.number)

    def stream_consumed(self, stream: Stream) -> None:
        """Grant a stream more, if that is worth a frame."""
        window = self._window()
        if stream.consumed_bytes + window - stream.granted_bytes >= window // _GRANT_PART:
            stream.granted_bytes = stream.consumed_bytes + window
            self._send_window(stream)

    # What the far end says.

    def receive(self, head: FrameHead, payload: bytes) -> None:
        """Take a frame.

        Raises:
            TunnelBroken: It cannot be; the link is of no use any more.
        """
        if head.length != len(payload):
            raise TunnelBroken("a frame is not as long as it says")
        if head.kind in SEQUENCED:
            self._receive_sequenced(head, payload)
        elif head.kind is Kind.ACK:
            self._acknowledge(decode_count(payload))
            self.pump()
        elif head.kind is Kind.WINDOW:
            self._widen(head.stream, decode_count(payload))
        else:
            raise TunnelBroken(f"{head.kind.name} is not expected now")

    def _receive_sequenced(self, head: FrameHead, payload: bytes) -> None:
        if head.seq <= self._received:
            return  # it came over an earlier link as well
        if head.seq != self._received + 1:
            raise TunnelBroken(f"frame {head.seq} came after {self._received}")
        self._received = head.seq
        self._count_for_ack()
        if head.kind is Kind.OPEN:
            self._open_for_peer(head.stream, decode_port(payload))
            return
        stream = self._streams.get(head.stream)
        if stream is None:
            if head.stream > self._last_opened:
                raise TunnelBroken(f"stream {head.stream} was never opened")
            return  # it was reset here while this was on its way
        if head.kind is Kind.DATA:
            self._take_data(stream, payload)
        elif head.kind is Kind.EOF:
            self._take_end(stream)
        else:
            self._streams.pop(stream.number)
            stream.lose(ConnectionResetError("the far end has reset the connection"))

    def _open_for_peer(self, number: int, port: int) -> None:
        if self._on_open is None or number != self._last_opened + 1:
            raise TunnelBroken(f"stream {number} cannot be opened")
        self._last_opened = number
        if len(self._streams) >= self._limits.streams:
            if len(self._kept) > _MAX_KEPT_REFUSALS:
                raise TunnelBroken("too many streams are opened, and nothing is acknowledged")
            self._emit(Kind.RESET, number)
            return
        stream = self._add(number, _Nobody())
        stream.handler = self._on_open(stream, port)

    def _take_data(self, stream: Stream, payload: bytes) -> None:
        stream.received_bytes += len(payload)
        if stream.has_received_end or stream.received_bytes > stream.granted_bytes:
            raise TunnelBroken(f"stream {stream.number} sends more than it may")
        stream.handler.stream_data(payload)

    def _take_end(self, stream: Stream) -> None:
        stream.has_received_end = True
        stream.handler.stream_ended()
        self._drop_if_over(stream)

    def _widen(self, number: int, credit: int) -> None:
        stream = self._streams.get(number)
        if stream is not None and credit > stream.credit_bytes:
            stream.credit_bytes = credit
            self.stream_ready(stream)

    def _acknowledge(self, seq: int) -> None:
        if seq > self._sequence:
            raise TunnelBroken(f"frame {seq} is acknowledged, but was never sent")
        self._acknowledged = max(self._acknowledged, seq)
        while self._kept and self._kept[0].seq <= seq:
            self._kept_bytes -= HEAD_BYTES + len(self._kept.popleft().payload)
        while self._unsent and self._unsent[0].seq <= seq:
            self._unsent.popleft()

    # How frames leave.

    def _add(self, number: int, handler: StreamHandler) -> Stream:
        limits = self._limits
        stream = Stream(
            number,
            handler,
            self,
            first_window=limits.first_window_bytes,
            room=limits.stream_bytes,
        )
        self._streams[number] = stream
        return stream

    def _may_send(self) -> bool:
        return (
            self._link is not None
            and not self._unsent
            and self._link.is_writable
            and self._kept_bytes < self._limits.replay_bytes
        )

    def _send_from(self, stream: Stream) -> None:
        if stream.pending_bytes:
            self._emit(Kind.DATA, stream.number, stream.take(self._limits.payload_bytes))
            stream.relieve()
        if stream.is_ending and not stream.pending_bytes and not stream.has_sent_end:
            stream.has_sent_end = True
            self._emit(Kind.EOF, stream.number)
            self._drop_if_over(stream)

    def _drop_if_over(self, stream: Stream) -> None:
        if stream.has_sent_end and stream.has_received_end:
            self._streams.pop(stream.number, None)
            stream.lose(None)

    def _emit(self, kind: Kind, number: int, payload: bytes = b"") -> None:
        """Send a frame in sequence: now, or when it is its turn on this link or the next."""
        self._sequence += 1
        head = encode_head(kind, number, self._sequence, len(payload))
        sent = _Sent(self._sequence, head, payload)
        self._kept.append(sent)
        self._kept_bytes += HEAD_BYTES + len(payload)
        if self._link is None:
            return
        if self._unsent or not self._link.is_writable:
            self._unsent.append(sent)
        else:
            self._link.send(head, payload)

    def _send(self, kind: Kind, number: int = 0, payload: bytes = b"") -> None:
        if self._link is not None:
            self._link.send(encode_head(kind, number, 0, len(payload)), payload)

    def _send_window(self, stream: Stream) -> None:
        self._send(Kind.WINDOW, stream.number, encode_count(stream.granted_bytes))

    def _window(self) -> int:
        limits = self._limits
        share = limits.windows_bytes // max(1, len(self._streams))
        return max(limits.first_window_bytes, min(limits.window_bytes, share))

    def _count_for_ack(self) -> None:
        self._unacknowledged += 1
        if self._unacknowledged >= self._limits.ack_frames:
            self._send_ack()
        elif self._ack_timer is None:
            self._ack_timer = self._later(self._limits.ack_delay_s, self._send_ack)

    def _send_ack(self) -> None:
        self._stop_timer()
        self._send(Kind.ACK, payload=encode_count(self._received))

    def _stop_timer(self) -> None:
        self._unacknowledged = 0
        if self._ack_timer is not None:
            self._ack_timer.cancel()
            self._ack_timer = None

    def __repr__(self) -> str:
        link = "attached" if self._link is not None else "detached"
        return f"<Session {link}, {len(self._streams)} streams, {self._kept_bytes} bytes kept>"


class _Nobody:
    """Handles a stream for the moment until its handler is there."""

    def stream_data(self, data: bytes) -> None: ...
    def stream_ended(self) -> None: ...
    def stream_drained(self) -> None: ...
    def stream_lost(self, error: OSError | None) -> None: ...
