"""Bodies of requests, however they are cut on their way."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.http1.body import ChunkedBody, CountedBody
from pachlite.http1.refusals import RequestRefused


def feed(body, pieces):
    taken, rest = [], b""
    for piece in pieces:
        rest = rest + piece if body.is_complete else body.feed(piece, taken.append)
    return b"".join(taken), rest


def cut(data, places):
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(
    st.lists(st.binary(min_size=1, max_size=50)), st.binary(max_size=20), st.lists(st.integers())
)
def test_chunks_are_put_together_however_they_are_cut(chunks, after, places):
    data = b"".join(b"%x;e=1\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    data += b"0\r\nt: u\r\n\r\n" + after
    body = ChunkedBody()
    assert feed(body, cut(data, places)) == (b"".join(chunks), after)
    assert body.is_complete


@given(st.binary(max_size=100), st.binary(max_size=20), st.lists(st.integers()))
def test_counted_body_ends_where_it_says(data, after, places):
    body = CountedBody(len(data))
    assert feed(body, cut(data + after, places)) == (data, after)
    assert body.is_complete


def test_block_of_a_counted_body_is_handed_on_as_it_is():
    taken, block = [], bytes(1000)
    CountedBody(2000).feed(block, taken.append)
    assert taken[0] is block


def test_tiny_chunks_that_arrive_at_once_are_handed_on_as_one():
    taken = []
    ChunkedBody().feed(b"1\r\nx\r\n" * 1000, taken.append)
    assert taken == [b"x" * 1000]


@given(st.binary(max_size=40), st.lists(st.integers(), max_size=3))
def test_anything_else_is_refused_or_waited_for(data, places):
    body, taken = ChunkedBody(), []
    with suppress(RequestRefused):
        for piece in cut(data, places):
            if not body.is_complete:
                body.feed(piece, taken.append)
    assert len(b"".join(taken)) <= len(data)


@pytest.mark.parametrize("data", [b"1" * 5000, b"1;" + b"e" * 5000, b"0\r\n" + b"t" * 70_000])
def test_line_without_end_is_not_waited_for(data):
    with pytest.raises(RequestRefused):
        ChunkedBody().feed(data, [].append)
