"""Taking aws-chunked bodies apart, wherever the network has cut them."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.errors import IncompleteBody
from pachlite.gateway.framing import (
    MAX_CHUNK_HEADER_BYTES,
    MAX_TRAILER_BYTES,
    BrokenTrailer,
    ChunkedFraming,
    ChunkTooSmall,
    PlainFraming,
)

SIGNATURE = "ab" * 32


def frame(chunks, *, signed=False, trailers=()):
    extension = f";chunk-signature={SIGNATURE}" if signed else ""
    body = b""
    for chunk in [*chunks, b""]:
        body += f"{len(chunk):x}{extension}\r\n".encode()
        body += chunk + b"\r\n" if chunk else b""
    for name, value in trailers:
        body += f"{name}:{value}\r\n".encode()
    return body + b"\r\n"


def decode(pieces):
    framing = ChunkedFraming(min_chunk_bytes=1)
    payload = b"".join(bytes(view) for piece in pieces for view in framing.feed(piece))
    framing.finish()
    return payload, framing


BODIES = {
    "unsigned with a trailer": frame(
        [b"hello ", b"world"], trailers=[("x-amz-checksum-crc32", "DUoRhQ==")]
    ),
    "signed": frame([b"hello ", b"world"], signed=True),
    "signed with a signed trailer": frame(
        [b"hello world"],
        signed=True,
        trailers=[("x-amz-checksum-crc32", "DUoRhQ=="), ("x-amz-trailer-signature", SIGNATURE)],
    ),
    "data that looks like framing": frame([b"hello ", b"wo", b"rld"]),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_body_cut_at_any_byte_gives_the_same_payload(body):
    for cut in range(len(body) + 1):
        assert decode([body[:cut], body[cut:]])[0] == b"hello world"


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_body_byte_by_byte_gives_the_same_payload(body):
    assert decode([bytes([byte]) for byte in body])[0] == b"hello world"


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_body_that_ends_early_is_refused_wherever_it_ends(body):
    payload, whole = decode([body])
    assert payload == b"hello world"
    for length in range(len(body)):
        try:
            _, framing = decode([body[:length]])
        except IncompleteBody:
            continue
        # A lost last line may be a lost trailer, which then is missing; what is there is whole.
        assert set(framing.trailers) < set(whole.trailers) or length >= len(body) - 2


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    cuts=st.lists(st.integers(0, 400), max_size=12),
    is_signed=st.booleans(),
)
def test_any_payload_in_any_pieces_comes_out_as_it_went_in(chunks, cuts, is_signed):
    body = frame(chunks, signed=is_signed)
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[start:stop] for start, stop in itertools.pairwise(edges)]
    assert decode(pieces)[0] == b"".join(chunks)


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused_but_never_crash(data):
    with contextlib.suppress(IncompleteBody):
        decode([data])


def test_empty_signed_body_of_86_bytes_is_an_empty_payload():
    body = frame([], signed=True)
    assert len(body) == 86
    assert decode([body])[0] == b""


def test_trailers_are_there_after_the_end():
    _, framing = decode([BODIES["signed with a signed trailer"]])
    assert framing.trailers == {
        "x-amz-checksum-crc32": "DUoRhQ==",
        "x-amz-trailer-signature": SIGNATURE,
    }


def test_trailer_lines_may_end_in_a_line_feed_before_the_carriage_return():
    body = f"0\r\nx-amz-checksum-crc32:AAAAAA==\n\r\nx-amz-trailer-signature:{SIGNATURE}\r\n\r\n"
    _, framing = decode([body.encode()])
    assert framing.trailers["x-amz-checksum-crc32"] == "AAAAAA=="


def test_size_in_upper_case_and_other_extensions_are_understood():
    assert decode([b"A;x=y\r\n0123456789\r\n0\r\n\r\n"])[0] == b"0123456789"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5\r\nhello",
        b"5\r\nhello\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"\r\nhello\r\n0\r\n\r\n",
        b"11111111111111111\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\nbad name:x\r\n\r\n",
        b"0\r\n",
    ],
)
def test_broken_framing_is_refused(body):
    with pytest.raises(IncompleteBody):
        decode([body])


def test_endless_chunk_header_is_refused_at_its_bound():
    framing = ChunkedFraming()
    framing.feed(b"1" * MAX_CHUNK_HEADER_BYTES)
    with pytest.raises(IncompleteBody, match="longer than"):
        framing.feed(b"1")


def test_endless_trailers_are_refused_at_their_bound():
    framing = ChunkedFraming()
    framing.feed(b"0\r\n" + b"a" * MAX_TRAILER_BYTES)
    with pytest.raises(IncompleteBody, match="longer than"):
        framing.feed(b"a")


@pytest.mark.parametrize(
    ("sizes", "refused"),
    [
        ([8192, 8192, 1], None),
        ([1], None),
        ([], None),
        ([8191, 1], (2, 8191)),
        ([8192, 10, 8192], (3, 10)),
    ],
)
def test_only_the_last_chunk_may_be_small(sizes, refused):
    body = frame([b"a" * size for size in sizes])
    framing = ChunkedFraming()
    if refused is None:
        assert sum(map(len, framing.feed(body))) == sum(sizes)
        framing.finish()
        return
    with pytest.raises(ChunkTooSmall) as caught:
        framing.feed(body)
    assert (caught.value.number, caught.value.size_bytes) == refused


def test_repr_shows_the_state():
    framing = ChunkedFraming()
    framing.feed(b"a\r\n123")
    assert repr(framing) == "<ChunkedFraming DATA left=7 held=0>"


def test_plain_body_is_what_it_is():
    framing = PlainFraming()
    assert [bytes(view) for view in framing.feed(b"5\r\nhello")] == [b"5\r\nhello"]
    framing.finish()
    assert framing.trailers == {}


@pytest.mark.parametrize("ending", [b"0\r\n", b"0\r\na:b\r\n", b"0\r\na:b\n\n"])
def test_body_without_its_last_empty_line_is_incomplete(ending):
    framing = ChunkedFraming()
    framing.feed(b"1\r\nx\r\n" + ending)
    with pytest.raises(IncompleteBody):
        framing.finish()


def test_trailer_without_a_name_is_broken():
    framing = ChunkedFraming()
    framing.feed(b"1\r\nx\r\n0\r\n:value\r\n\r\n")
    with pytest.raises(BrokenTrailer):
        framing.finish()
