"""The bytes of a connection, over a transport in memory."""

import asyncio

import pytest

from pachlite.config import HttpLimits
from pachlite.http1.exchange import Exchange
from pachlite.http1.head import HeadParser
from pachlite.http1.refusals import RequestRefused
from pachlite.http1.wire import Wire

LIMITS = HttpLimits(unread_bytes=1000, head_bytes=500)
PUT = b"PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 10000\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


class Pipe(asyncio.Transport):
    """A transport that keeps what is written, and says whether it would read."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.waiting_bytes = 0
        self.is_reading_now = True
        self.ends = []

    def set_write_buffer_limits(self, high=None, low=None):
        pass

    def get_write_buffer_size(self):
        return self.waiting_bytes

    def write(self, data):
        self.written += data

    def writelines(self, blocks):
        self.written += b"".join(blocks)

    def can_write_eof(self):
        return True

    def write_eof(self):
        self.ends.append("eof")

    def is_closing(self):
        return bool({"close", "abort"} & set(self.ends))

    def close(self):
        self.ends.append("close")

    def abort(self):
        self.ends.append("abort")

    def pause_reading(self):
        self.is_reading_now = False

    def resume_reading(self):
        self.is_reading_now = True


def run(test):
    async def begin():
        pipe = Pipe()
        await test(pipe, Wire(pipe, asyncio.get_running_loop(), LIMITS, b"", is_ended=False))

    asyncio.run(begin())


def exchange_on(wire, raw):
    exchange = Exchange(wire, HeadParser(9).parse(raw), lambda: b"now", keeps_alive=True)
    wire.attach(exchange)
    return exchange


def test_reading_pauses_while_the_application_does_not_take_the_body():
    async def test(pipe, wire):
        wire.data_received(PUT)
        exchange = exchange_on(wire, await wire.read_head())
        for _ in range(3):
            wire.data_received(bytes(400))
        assert not pipe.is_reading_now
        wire.data_received(bytes(400))  # a transport may have more after it was told to pause
        for left in (3, 2):
            assert len((await exchange.receive())["body"]) == 400
            assert not pipe.is_reading_now, left
        await exchange.receive()
        assert pipe.is_reading_now
        assert len((await exchange.receive())["body"]) == 400

    run(test)


def test_requests_that_come_too_early_wait_outside():
    async def test(pipe, wire):
        wire.data_received(GET)
        exchange_on(wire, await wire.read_head())
        wire.data_received(GET * 10)
        wire.data_received(GET * 10)
        assert not pipe.is_reading_now
        wire.attach(None)
        for _ in range(20):
            assert await wire.read_head() == GET
            wire.attach(None)
        reading = asyncio.ensure_future(wire.read_head())
        await asyncio.sleep(0)
        assert pipe.is_reading_now
        wire.stop()
        assert await reading is None

    run(test)


def test_writing_waits_for_the_client_and_ends_when_it_is_gone():
    async def test(pipe, wire):
        wire.pause_writing()
        waiting = asyncio.ensure_future(wire.drained())
        cancelled = asyncio.ensure_future(wire.drained())
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.sleep(0)
        assert not waiting.done()
        wire.connection_lost(None)
        await waiting
        await wire.closed()

    run(test)


def test_client_that_takes_a_little_now_and_then_is_not_given_up():
    async def test(pipe, wire):
        now = asyncio.get_running_loop().time()
        wire.data_received(GET)
        await wire.read_head()
        wire.write(bytes(1000))
        for turn in range(10):
            pipe.waiting_bytes = 1000 - turn
            wire.check(now + turn * LIMITS.stall_timeout_s)
        assert pipe.ends == []
        wire.check(now + 10.5 * LIMITS.stall_timeout_s)
        assert pipe.ends == ["abort"]

    run(test)


def test_head_that_comes_byte_by_byte_has_one_time_for_all():
    async def test(pipe, wire):
        now = asyncio.get_running_loop().time()
        reading = asyncio.ensure_future(wire.read_head())
        await asyncio.sleep(0)
        for number, byte in enumerate(GET[:-1]):
            wire.data_received(bytes([byte]))
            await asyncio.sleep(0)
            wire.check(now + 2 * number)
        with pytest.raises(RequestRefused) as caught:
            await reading
        assert caught.value.kind.status == 408

    run(test)


def test_answer_is_not_destroyed_by_what_the_client_still_sends():
    async def test(pipe, wire):
        wire.data_received(PUT)
        exchange_on(wire, await wire.read_head())
        wire.close(may_be_sending=True)
        assert pipe.ends == ["eof"]
        wire.data_received(bytes(10_000))
        assert pipe.is_reading_now
        wire.eof_received()
        assert pipe.ends == ["eof", "close"]

    run(test)
