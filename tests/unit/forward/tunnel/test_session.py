"""Two sessions with a link between them that breaks when it likes: every byte arrives, in order."""

from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.forward.tunnel.frames import HEAD_BYTES, Kind, TunnelBroken, decode_head, encode_head
from pachlite.forward.tunnel.limits import DEFAULT_LIMITS, KIB
from pachlite.forward.tunnel.session import Session

SMALL = replace(
    DEFAULT_LIMITS,
    payload_bytes=64,
    replay_bytes=1024,
    first_window_bytes=256,
    window_bytes=1024,
    windows_bytes=4096,
    stream_bytes=256,
    ack_frames=3,
)


class Clock:
    """Calls what is due when it is told to."""

    def __init__(self):
        self.calls = []

    def later(self, _delay, call):
        entry = [call]
        self.calls.append(entry)

        class Timer:
            def cancel(self):
                entry.clear()

        return Timer()

    def fire(self):
        calls, self.calls = self.calls, []
        for entry in calls:
            for call in entry:
                call()


class Line:
    """One direction of a link: takes frames while it has room, loses the rest when it is cut."""

    def __init__(self, room=4):
        self.frames = deque()
        self.room = room

    @property
    def is_writable(self):
        return len(self.frames) < self.room

    def send(self, head, payload):
        self.frames.append((head, payload))


class End:
    """One side with what its streams have got."""

    def __init__(self, limits=SMALL, accepts=False):
        self.clock = Clock()
        self.session = Session(limits, self.clock.later, self._opened if accepts else None)
        self.handlers = []
        self.ports = []

    def _opened(self, stream, port):
        handler = Handler(stream)
        self.handlers.append(handler)
        self.ports.append(port)
        return handler

    def open(self, port=80):
        handler = Handler(None)
        handler.stream = self.session.open(port, handler)
        self.handlers.append(handler)
        return handler


class Handler:
    def __init__(self, stream):
        self.stream = stream
        self.got = bytearray()
        self.kept = 0
        self.reads = True
        self.ended = False
        self.drained = 0
        self.lost = []

    def stream_data(self, data):
        assert not self.ended
        assert not self.lost
        self.got += data
        if self.reads:
            self.stream.consume(len(data))
        else:
            self.kept += len(data)

    def read_on(self):
        self.reads = True
        kept, self.kept = self.kept, 0
        self.stream.consume(kept)

    def stream_ended(self):
        assert not self.ended
        self.ended = True

    def stream_drained(self):
        self.drained += 1

    def stream_lost(self, error):
        self.lost.append(error)


class Tunnel:
    def __init__(self, limits=SMALL, room=4):
        self.near, self.far = End(limits), End(limits, accepts=True)
        self.room = room
        self.up = self.down = None

    def connect(self):
        self.up, self.down = Line(self.room), Line(self.room)
        near_got, far_got = self.near.session.received, self.far.session.received
        self.near.session.attach(self.up, far_got)
        self.far.session.attach(self.down, near_got)

    def cut(self):
        self.up = self.down = None
        self.near.session.detach()
        self.far.session.detach()

    def step(self):
        """Deliver one frame each way; say whether anything moved."""
        moved = False
        for line, to, back in ((self.up, self.far, self.near), (self.down, self.near, self.far)):
            if line is not None and line.frames:
                head, payload = line.frames.popleft()
                to.session.receive(decode_head(head), payload)
                back.session.pump()
                moved = True
        return moved

    def settle(self):
        if self.up is None:
            self.connect()
        while True:
            while self.step():
                pass
            self.near.clock.fire()
            self.far.clock.fire()
            if not (self.up.frames or self.down.frames):
                return


def test_a_stream_carries_bytes_both_ways_and_its_port():
    tunnel = Tunnel()
    near = tunnel.near.open(port=1234)
    near.stream.write(b"to")
    tunnel.settle()
    far = tunnel.far.handlers[0]
    far.stream.write(b"fro")
    far.stream.end()
    tunnel.settle()

    assert (tunnel.far.ports, far.got, near.got) == ([1234], b"to", b"fro")
    assert (near.ended, far.ended, near.lost) == (True, False, [])
    near.stream.write(b" and to")
    near.stream.end()
    tunnel.settle()
    assert (far.got, far.ended, far.lost, near.lost) == (b"to and to", True, [None], [None])
    assert (tunnel.near.session.streams, tunnel.far.session.streams) == (0, 0)
    assert (tunnel.near.session.kept_bytes, tunnel.far.session.kept_bytes) == (0, 0)


@given(
    sizes=st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 700)), max_size=12),
    cuts=st.lists(st.integers(1, 40), max_size=12),
    room=st.integers(1, 6),
)
def test_every_byte_arrives_through_any_cuts(sizes, cuts, room):
    tunnel = Tunnel(room=room)
    streams = [tunnel.near.open() for _ in range(4)]
    tunnel.settle()
    sent = {}
    for number, (index, is_up, size) in enumerate(sizes):
        writer = (streams if is_up else tunnel.far.handlers)[index]
        data = bytes([number % 251]) * size
        writer.stream.write(data)
        sent[index, is_up] = sent.get((index, is_up), b"") + data
    for handler in [*streams, *tunnel.far.handlers]:
        handler.stream.end()
    for steps in cuts:
        for _ in range(steps):
            tunnel.step()
        tunnel.cut()
        tunnel.connect()
    tunnel.settle()

    for index in range(4):
        assert tunnel.far.handlers[index].got == sent.get((index, True), b"")
        assert streams[index].got == sent.get((index, False), b"")
        assert streams[index].lost == tunnel.far.handlers[index].lost == [None]
    assert tunnel.near.session.kept_bytes == tunnel.far.session.kept_bytes == 0


def test_a_reader_that_does_not_read_holds_up_no_other():
    tunnel = Tunnel()
    lazy, quick = tunnel.near.open(), tunnel.near.open()
    tunnel.settle()
    tunnel.far.handlers[0].reads = False
    lazy.stream.write(b"x" * 5000)
    quick.stream.write(b"y" * 5000)
    tunnel.settle()

    assert len(tunnel.far.handlers[1].got) == 5000
    assert len(tunnel.far.handlers[0].got) == SMALL.first_window_bytes
    tunnel.far.handlers[0].read_on()
    tunnel.settle()
    assert len(tunnel.far.handlers[0].got) == 5000


def test_a_writer_waits_while_nothing_is_acknowledged():
    tunnel = Tunnel(room=1000)
    near = tunnel.near.open()
    tunnel.settle()
    far_limits = SMALL.replay_bytes + SMALL.payload_bytes + 2 * HEAD_BYTES
    tunnel.cut()
    assert not near.stream.write(b"x" * 5000)
    tunnel.connect()
    while tunnel.up.frames:  # delivered, but no acknowledgement comes back
        head, payload = tunnel.up.frames.popleft()
        tunnel.far.session.receive(decode_head(head), payload)
        tunnel.near.session.pump()

    assert tunnel.near.session.kept_bytes <= far_limits
    assert near.drained == 0
    tunnel.settle()
    assert len(tunnel.far.handlers[0].got) == 5000
    assert near.drained == 1


def test_streams_take_turns():
    tunnel = Tunnel(room=1)
    streams = [tunnel.near.open() for _ in range(3)]
    tunnel.settle()
    for stream in streams:
        stream.stream.write(b"x" * 256)
    for _ in range(9):
        tunnel.step()

    got = [len(each.got) for each in tunnel.far.handlers]
    assert sum(got) == 9 * SMALL.payload_bytes
    assert max(got) - min(got) <= 2 * SMALL.payload_bytes


def test_a_reset_drops_what_was_queued_and_reaches_the_far_end():
    tunnel = Tunnel()
    near = tunnel.near.open()
    tunnel.settle()
    near.stream.write(b"x" * 5000)
    near.stream.reset()
    tunnel.settle()

    (error,) = tunnel.far.handlers[0].lost
    assert isinstance(error, ConnectionResetError)
    assert (near.lost, tunnel.near.session.streams, tunnel.far.session.streams) == ([], 0, 0)


def test_a_reset_on_its_way_drops_what_still_comes():
    tunnel = Tunnel()
    near = tunnel.near.open()
    tunnel.settle()
    near.stream.reset()
    tunnel.far.handlers[0].stream.write(b"late")
    tunnel.settle()

    assert near.got == b""


def test_the_end_of_a_session_breaks_its_streams():
    tunnel = Tunnel()
    near = tunnel.near.open()
    tunnel.settle()
    tunnel.near.session.fail(ConnectionResetError("gone"))

    assert [str(error) for error in near.lost] == ["gone"]
    assert tunnel.near.session.streams == 0


def test_more_streams_than_allowed_are_reset():
    tunnel = Tunnel(replace(SMALL, streams=2))
    opened = [tunnel.near.open() for _ in range(3)]
    tunnel.settle()

    assert len(tunnel.far.handlers) == 2
    assert [len(each.lost) for each in opened] == [0, 0, 1]


def test_refusals_that_nobody_acknowledges_have_a_bound():
    session = Tunnel(replace(SMALL, streams=0)).far.session

    with pytest.raises(TunnelBroken, match="nothing is acknowledged"):
        for number in range(1, 1_000_000):
            head = decode_head(encode_head(Kind.OPEN, number, number, 2))
            session.receive(head, b"\0\1")
    assert session.kept_bytes < 1024 * KIB


def test_a_window_is_shared_among_many_streams():
    limits = replace(DEFAULT_LIMITS, first_window_bytes=KIB, windows_bytes=8 * KIB)
    tunnel = Tunnel(limits, room=1000)
    streams = [tunnel.near.open() for _ in range(16)]
    tunnel.settle()
    for handler in tunnel.far.handlers:
        handler.reads = False
    for each in streams:
        each.stream.write(b"x" * (64 * KIB))
    tunnel.settle()

    assert sum(len(each.got) for each in tunnel.far.handlers) == 16 * KIB


@pytest.mark.parametrize(
    ("kind", "stream", "seq", "payload"),
    [
        (Kind.DATA, 1, 3, b"x"),  # a gap
        (Kind.DATA, 9, 2, b"x"),  # never opened
        (Kind.DATA, 1, 2, b"x" * 257),  # more than was granted
        (Kind.OPEN, 3, 2, b"\0\1"),  # out of order
        (Kind.OPEN, 2, 2, b"\0"),  # no port
        (Kind.ACK, 0, 0, bytes(7) + b"\x09"),  # never sent
        (Kind.ACK, 0, 0, b""),
        (Kind.HELLO, 0, 0, b""),
    ],
)
def test_what_the_protocol_does_not_know_breaks_the_link(kind, stream, seq, payload):
    tunnel = Tunnel()
    tunnel.near.open()
    tunnel.settle()
    head = decode_head(encode_head(kind, stream, seq, len(payload)))

    with pytest.raises(TunnelBroken):
        tunnel.far.session.receive(head, payload)


def test_a_far_end_that_forgot_cannot_go_on():
    tunnel = Tunnel()
    tunnel.near.open().stream.write(b"x")
    tunnel.settle()
    tunnel.near.session.detach()

    with pytest.raises(TunnelBroken):
        tunnel.near.session.attach(Line(), 99)
    tunnel.near.handlers[0].stream.write(b"y")
    with pytest.raises(TunnelBroken, match="not kept"):
        tunnel.near.session.attach(Line(), 0)
