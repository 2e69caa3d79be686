"""Two legs and what one does to the other."""

import asyncio
import errno

import pytest

from pachlite.forward.pump import Pump


class Pipe(asyncio.Transport):
    """A transport that only remembers."""

    def __init__(self, *, is_broken=False, can_end=True):
        super().__init__()
        self.is_broken = is_broken
        self.can_end = can_end
        self.calls = []

    def write(self, data):
        self.calls.append(bytes(data))

    def write_eof(self):
        if self.is_broken:
            raise OSError(errno.ENOTCONN, "not connected")
        self.calls.append("eof")

    def can_write_eof(self):
        return self.can_end

    def close(self):
        self.calls.append("close")

    def abort(self):
        self.calls.append("abort")

    def is_closing(self):
        return not {"close", "abort"}.isdisjoint(self.calls)

    def pause_reading(self):
        self.calls.append("pause")

    def resume_reading(self):
        self.calls.append("resume")

    def set_write_buffer_limits(self, high=None, low=None):
        assert (high, low) == (256 * 1024, 64 * 1024)


def joined(**target):
    ended = []
    pump = Pump(ended.append)
    client, upstream = Pipe(), Pipe(**target)
    pump.target.connection_made(upstream)
    pump.client.connection_made(client)
    return pump, client, upstream, ended


def test_both_sides_are_closed_when_both_have_finished():
    pump, client, upstream, ended = joined()
    pump.client.data_received(b"question")
    pump.client.eof_received()
    pump.target.data_received(b"answer")
    pump.target.eof_received()

    assert upstream.calls == [b"question", "eof", "close"]
    assert client.calls == [b"answer", "eof", "close"]
    pump.client.connection_lost(None)
    assert not ended
    pump.target.connection_lost(None)
    assert ended == [pump]
    assert (pump.cause, pump.is_broken) == ("", False)
    assert repr(pump) == "Pump(up=8, down=6)"


def test_a_side_that_breaks_takes_the_other_along():
    pump, client, _, ended = joined()
    pump.target.connection_lost(ConnectionResetError(errno.ECONNRESET, ""))

    assert client.calls == ["abort"]
    pump.client.connection_lost(None)
    assert ended == [pump]
    assert pump.cause == "target: connection reset by peer"


def test_an_end_that_cannot_be_passed_on_breaks_both():
    pump, client, upstream, _ = joined(is_broken=True)
    pump.client.eof_received()

    assert client.calls == ["abort"]
    assert upstream.calls == ["abort"]
    assert pump.cause.startswith("target: ")


def test_a_side_that_breaks_while_it_is_closed_breaks_the_other():
    pump, _, upstream, _ = joined()
    pump.client.eof_received()
    pump.target.eof_received()
    pump.client.connection_lost(BrokenPipeError(errno.EPIPE, ""))

    assert upstream.calls == ["eof", "close", "abort"]
    assert pump.is_broken


def test_what_came_before_the_client_is_handed_over_in_order():
    pump = Pump(lambda _: None)
    upstream, client = Pipe(), Pipe()
    pump.target.connection_made(upstream)
    pump.target.data_received(b"a" * 200_000)
    pump.target.data_received(b"b" * 100_000)
    pump.target.eof_received()
    assert upstream.calls == ["pause"]

    pump.client.connection_made(client)
    assert client.calls == [b"a" * 200_000 + b"b" * 100_000, "eof"]
    assert upstream.calls == ["pause", "resume"]


def test_a_client_that_comes_after_the_target_broke_is_reset():
    pump = Pump(lambda _: None)
    pump.target.connection_made(Pipe())
    pump.target.connection_lost(ConnectionResetError())
    client = Pipe()
    pump.client.connection_made(client)

    assert client.calls == ["abort"]


@pytest.mark.parametrize("leg", ["client", "target"])
def test_a_slow_side_stops_the_other_from_being_read(leg):
    pump, client, upstream, _ = joined()
    other = upstream if leg == "client" else client
    getattr(pump, leg).pause_writing()
    getattr(pump, leg).resume_writing()

    assert other.calls == ["pause", "resume"]
