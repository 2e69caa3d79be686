"""The stream made of a WebSocket of channels, message by message."""

import asyncio

import pytest

from pachlite.forward.kubernetes.leg import PodLeg
from pachlite.forward.tunnel.websocket import Opcode, encode_start

PORTS = [(Opcode.BINARY, b"\0\x40\6"), (Opcode.BINARY, b"\1\x40\6")]
FAREWELL = (Opcode.CLOSE, b"\x03\xe8")


def bytes_of(*messages):
    return b"".join(
        encode_start(opcode, len(payload), is_client=False) + payload
        for opcode, payload in messages
    )


class Connection(asyncio.Transport):
    """What is below: it remembers."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.ended = ""

    def write(self, data):
        self.written += data

    def close(self):
        self.ended = self.ended or "closed"

    def abort(self):
        self.ended = "aborted"

    def is_closing(self):
        return bool(self.ended)

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


class User(asyncio.Protocol):
    """What is above: it remembers, too."""

    def __init__(self):
        self.heard = []

    def data_received(self, data):
        self.heard.append(data)

    def eof_received(self):
        self.heard.append("end")

    def connection_lost(self, exc):
        self.heard.append(str(exc))


def converse(talk):
    """Run `talk(leg)`, let the connection be lost, and return what was heard, and it."""

    async def main():
        connection, user = Connection(), User()
        leg = PodLeg(connection, lambda: None)
        leg.begin(user, b"")
        talk(leg)
        leg.connection_lost(None)
        await asyncio.sleep(0)
        return user.heard, connection

    return asyncio.run(main())


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_data_comes_without_the_heads_of_channels(step):
    data = bytes_of(*PORTS, (Opcode.BINARY, b"\0one"), (Opcode.BINARY, b"\0"), FAREWELL)

    def talk(leg):
        for at in range(0, len(data), step):
            leg.data_received(data[at : at + step])

    heard, connection = converse(talk)

    assert heard == [b"one", "end", "None"]
    assert connection.ended == "closed"


def test_a_ping_is_answered():
    heard, connection = converse(lambda leg: leg.data_received(bytes_of((Opcode.PING, b"x"))))

    assert connection.written == encode_start(Opcode.PONG, 1, is_client=True) + b"x"
    assert heard == ["the connection to the API server broke"]


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([(Opcode.BINARY, b"\0half")], "the connection to the API server broke"),
        ([(Opcode.CLOSE, b"\x03\xf3")], "the API server broke the connection off"),
        ([(Opcode.PING, b"x" * 200)], "the API server speaks no WebSocket: a control frame is lo"),
    ],
)
def test_without_a_farewell_it_is_a_reset(messages, told):
    heard, _ = converse(lambda leg: leg.data_received(bytes_of(*PORTS, *messages)))

    assert "end" not in heard
    assert heard[-1].startswith(told)


def test_an_error_of_the_pod_is_a_reset_at_once():
    error = (Opcode.BINARY, b"\1no\nway\n")

    async def main():
        connection, user, refusals = Connection(), User(), []
        leg = PodLeg(connection, lambda: refusals.append("pod"))
        leg.begin(user, bytes_of(*PORTS, error, (Opcode.BINARY, b"\0late"), FAREWELL))
        assert connection.ended == "aborted"
        leg.connection_lost(None)
        await asyncio.sleep(0)
        assert user.heard == ["the pod: no way"]
        assert refusals == ["pod"]

    asyncio.run(main())


def test_what_came_before_the_farewell_waits_for_a_reader():
    def talk(leg):
        leg.pause_reading()
        leg.data_received(bytes_of(*PORTS, (Opcode.BINARY, b"\0late"), FAREWELL))

    assert converse(talk)[0] == []

    async def main():
        connection, user = Connection(), User()
        leg = PodLeg(connection, lambda: None)
        leg.begin(user, b"")
        talk(leg)
        leg.connection_lost(None)
        leg.resume_reading()
        await asyncio.sleep(0.01)
        assert user.heard == [b"late", "end", "None"]

    asyncio.run(main())


def test_long_writes_go_in_pieces_and_closing_says_farewell():
    def talk(leg):
        leg.write(bytes(100_000))
        leg.close()
        leg.write(b"too late")

    heard, connection = converse(talk)

    first = encode_start(Opcode.BINARY, 65_537, is_client=True)
    second = encode_start(Opcode.BINARY, 34_465, is_client=True)
    last = encode_start(Opcode.CLOSE, 2, is_client=True) + b"\x03\xe8"
    assert connection.written == first + bytes(65_537) + second + bytes(34_465) + last
    assert heard == ["None"]


def test_no_direction_ends_alone():
    def talk(leg):
        assert not leg.can_write_eof()
        assert repr(leg) == "<PodLeg open>"
        leg.abort()

    heard, connection = converse(talk)

    assert (heard, connection.ended) == (["None"], "aborted")
