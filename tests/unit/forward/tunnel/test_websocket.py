"""WebSocket messages against another implementation, in any pieces, and what is refused."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Ping

from pachlite.forward.tunnel.frames import HEAD_BYTES, TunnelBroken
from pachlite.forward.tunnel.websocket import MessageReader, Opcode, accept_key, encode_start

MAX_BYTES = 100_000


def pieces_of(data, cuts):
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[begin:end] for begin, end in pairwise(places)]


def read(reader, pieces):
    return [message for piece in pieces for message in reader.feed(piece)]


messages = st.lists(
    st.one_of(
        st.binary(max_size=300),
        st.integers(120, 130).map(bytes),
        st.integers(65530, 65540).map(bytes),
    ),
    max_size=6,
)


@given(messages, st.lists(st.integers(0, 200_000), max_size=8))
def test_what_another_client_masks_is_read(payloads, cuts):
    client = Connection(ConnectionType.CLIENT)
    data = b"".join(client.send(BytesMessage(data=each)) for each in payloads)
    got = read(MessageReader(MAX_BYTES, is_client=False), pieces_of(data, cuts))

    assert [each.head + each.payload for each in got] == payloads
    assert all(len(each.head) == min(HEAD_BYTES, len(each.head + each.payload)) for each in got)


@given(messages, st.lists(st.integers(0, 200_000), max_size=8), st.booleans())
def test_what_is_written_is_read_by_us_and_by_others(payloads, cuts, is_client):
    data = b"".join(
        encode_start(Opcode.BINARY, len(each), is_client=is_client) + each for each in payloads
    )
    ours = read(MessageReader(MAX_BYTES, is_client=not is_client), pieces_of(data, cuts))
    other = Connection(ConnectionType.SERVER if is_client else ConnectionType.CLIENT)
    theirs = []
    for piece in pieces_of(data, cuts):
        other.receive_data(piece)
        theirs += [event.data for event in other.events()]

    assert [each.head + each.payload for each in ours] == payloads
    assert b"".join(theirs) == b"".join(payloads)


def test_fragments_are_joined_and_pings_may_come_between():
    client = Connection(ConnectionType.CLIENT)
    data = client.send(BytesMessage(data=b"a" * 20, message_finished=False))
    data += client.send(Ping(payload=b"?"))
    data += client.send(BytesMessage(data=b"b" * 20, message_finished=True))
    ping, whole = read(MessageReader(MAX_BYTES, is_client=False), [data])

    assert (ping.opcode, ping.payload) == (Opcode.PING, b"?")
    assert (whole.opcode, whole.head + whole.payload) == (Opcode.BINARY, b"a" * 20 + b"b" * 20)


@pytest.mark.parametrize(
    "data",
    [
        b"\x82\x01x",  # not masked
        b"\xc2\x80\0\0\0\0",  # an extension
        b"\x83\x80\0\0\0\0",  # no such kind
        b"\x80\x80\0\0\0\0",  # goes on with nothing
        b"\x09\x80\0\0\0\0",  # a ping in pieces
        b"\x89\xfe\0\x7e\0\0\0\0" + bytes(126),  # a long ping
        b"\x82\xff" + (MAX_BYTES + 1).to_bytes(8, "big") + bytes(4),
        b"\x02\x81\0\0\0\0x\x82\x81\0\0\0\0x",  # a second one before the end of the first
    ],
)
def test_what_is_no_websocket_is_refused(data):
    with pytest.raises(TunnelBroken):
        read(MessageReader(MAX_BYTES, is_client=False), [data])


def test_a_message_in_endless_pieces_is_refused():
    piece = b"\x02\xff" + (MAX_BYTES - 1).to_bytes(8, "big") + bytes(4 + MAX_BYTES - 1)
    with pytest.raises(TunnelBroken):
        read(MessageReader(MAX_BYTES, is_client=False), [piece, b"\0" + piece[1:]])


def test_a_client_takes_nothing_masked():
    with pytest.raises(TunnelBroken):
        read(MessageReader(MAX_BYTES, is_client=True), [b"\x82\x81\0\0\0\0x"])


def test_the_answer_to_a_key_is_the_one_of_the_standard():
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
