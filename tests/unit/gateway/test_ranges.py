"""Which bytes of an object are wanted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.errors import RangeNotSatisfiable
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.ranges import ByteRange, parse_copy_range, parse_range, part_range
from pachlite.pfs.infos import PartSize


@pytest.mark.parametrize(
    ("header", "offset", "length"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=2-4", 2, 3),
        ("bytes=2-", 2, 8),
        ("bytes=2-99", 2, 8),
        ("bytes=9-9", 9, 1),
        ("bytes=-3", 7, 3),
        ("bytes=-99", 0, 10),
        ("BYTES=2-4", 2, 3),
        (f"bytes=2-{2**64}", 2, 8),
    ],
)
def test_single_range_is_found(header, offset, length):
    assert parse_range(header, 10) == ByteRange(offset, length, 10)


@pytest.mark.parametrize(
    "header",
    [
        "bytes=",
        "bytes=-",
        "bytes=4-2",
        "bytes=a-b",
        "lines=0-1",
        "bytes=0-1,4-5",
        "0-1",
        "bytes=٣-٤",
    ],
)
def test_range_that_makes_no_sense_means_the_whole_object(header):
    assert parse_range(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0", f"bytes={2**64}-"])
def test_range_outside_the_object_cannot_be_satisfied(header):
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 10)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-0"])
def test_empty_object_has_no_ranges(header):
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 0)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40))
def test_range_is_what_slicing_gives(first, last, size):
    data = bytes(range(size))
    try:
        found = parse_range(f"bytes={first}-{last}", size)
    except RangeNotSatisfiable:
        assert first >= size
        return
    expected = data[first : last + 1] if first <= last else data
    wanted = found or ByteRange(0, size, size)
    assert data[wanted.offset : wanted.offset + wanted.length] == expected


def test_content_range_names_first_last_and_size():
    assert ByteRange(2, 3, 10).content_range == "bytes 2-4/10"


def test_copy_range_is_offset_and_length():
    assert parse_copy_range("bytes=5-9") == (5, 5)


@pytest.mark.parametrize("header", ["bytes=5-", "bytes=-5", "5-9", "bytes=9-5", "bytes=0-1,3-4"])
def test_copy_range_of_another_form_is_refused(header):
    with pytest.raises(S3Refusal):
        parse_copy_range(header)


def test_part_is_found_by_its_number():
    parts = [PartSize(1, 5), PartSize(3, 4), PartSize(7, 1)]
    assert part_range(3, parts, 10) == ByteRange(5, 4, 10)
    assert part_range(7, parts, 10) == ByteRange(9, 1, 10)


def test_object_that_was_put_at_once_is_part_one():
    assert part_range(1, (), 10) == ByteRange(0, 10, 10)


@pytest.mark.parametrize(("number", "parts"), [(2, ()), (2, [PartSize(1, 5), PartSize(3, 5)])])
def test_part_that_is_not_there_is_refused(number, parts):
    with pytest.raises(S3Refusal) as refusal:
        part_range(number, parts, 10)
    assert refusal.value.s3.status == 416


def test_end_of_an_empty_object_is_the_whole_of_it():
    assert parse_range("bytes=-1", 0) is None
