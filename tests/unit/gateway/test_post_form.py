"""Taking forms apart, wherever the network has cut them, and whatever is in them."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.errors import IncompleteBody
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.post_form import MAX_FIELDS_BYTES, FormReader, parse_boundary

BOUNDARY = b"----WebKitFormBoundaryABC"


def part(name, value, *, file_name=None, extra=""):
    head = f'Content-Disposition: form-data; name="{name}"'
    head += "" if file_name is None else f'; filename="{file_name}"'
    return b"--" + BOUNDARY + b"\r\n" + f"{head}\r\n{extra}\r\n".encode() + value + b"\r\n"


def form(*parts, end=b"--\r\n"):
    return b"".join(parts) + b"--" + BOUNDARY + end


def read(pieces):
    reader = FormReader(BOUNDARY)
    data = b"".join([reader.feed(piece) for piece in pieces])
    reader.finish()
    return reader, data


USUAL = form(
    part("Key", b"photos/a.jpg"),
    part("acl", "ü".encode()),
    part("empty", b""),
    part("file", b"hello\r\n--world", file_name="C:\\photos\\a.jpg", extra="Content-Type: a/b\r\n"),
    part("submit", b"Upload"),
)


@pytest.mark.parametrize("size", [1, 2, 7, 50, 10_000])
def test_form_in_any_pieces_gives_its_fields_and_its_file(size):
    reader, data = read([USUAL[start : start + size] for start in range(0, len(USUAL), size)])
    assert reader.fields == {"key": "photos/a.jpg", "acl": "ü", "empty": ""}
    assert (reader.file_name, data) == ("a.jpg", b"hello\r\n--world")


@given(
    data=st.binary(max_size=60) | st.text("\r\n-A", max_size=40).map(str.encode),
    cuts=st.lists(st.integers(0, 600), max_size=8),
)
def test_any_file_in_any_pieces_comes_out_as_it_went_in(data, cuts):
    body = form(part("key", b"a"), part("file", data, file_name="x"))
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    assert read([body[start:stop] for start, stop in itertools.pairwise(edges)])[1] == data


def test_what_only_looks_like_a_boundary_is_data():
    data = b"\r\n--" + BOUNDARY + b"X\r\n--" + BOUNDARY[:-1] + b"\r\n--\r\n--" + BOUNDARY + b"-"
    body = form(part("key", b"a"), part("file", data, file_name="x"))
    for cut in range(len(body)):
        assert read([body[:cut], body[cut:]])[1] == data


@pytest.mark.parametrize(
    ("file_name", "shown"),
    [
        ("a.txt", "a.txt"),
        ("/home/me/a.txt", "a.txt"),
        ("C:\\me\\a.txt", "a.txt"),
        ("a%22b.txt", 'a"b.txt'),
        ('a\\"b.txt', 'a"b.txt'),
        ("ä ö.txt", "ä ö.txt"),
        ("", ""),
    ],
)
def test_name_of_a_file_is_what_follows_the_last_slash(file_name, shown):
    assert read([form(part("file", b"1", file_name=file_name))])[0].file_name == shown


def test_boundary_may_follow_a_preamble_and_names_may_be_bare():
    body = (
        b"some words\r\n--"
        + BOUNDARY
        + b"\r\ncontent-disposition: form-data; name=key\r\n\r\na\r\n"
    )
    reader, data = read([body + form(part("file", b"1", file_name="x"))])
    assert (reader.fields, data) == ({"key": "a"}, b"1")


def code_of(*pieces):
    with pytest.raises((S3Refusal, IncompleteBody)) as caught:
        read(pieces)
    return getattr(caught.value, "s3", None) and caught.value.s3.name


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MalformedPOSTRequest"),
        (b"key=a&file=b", "MalformedPOSTRequest"),
        (form(part("key", b"a"))[:-4], "MalformedPOSTRequest"),
        (form(part("key", b"a")), "InvalidArgument"),
        (form(part("key", b"a"), part("KEY", b"b"), part("file", b"")), "InvalidArgument"),
        (form(part("key", b"\xff"), part("file", b"")), "InvalidArgument"),
        (form(b"--" + BOUNDARY + b"\r\nx: y\r\n\r\n1\r\n"), "MalformedPOSTRequest"),
        (form(part("file", b"1"))[:-10], None),
        (form(part("file", b"1"), end=b""), None),
        (form(part("a", b"x" * MAX_FIELDS_BYTES)), "MaxPostPreDataLengthExceeded"),
        (b"x" * 100_000, "MaxPostPreDataLengthExceeded"),
        (b"--" + BOUNDARY + b"\r\n" + b"x" * 100_000, "MaxPostPreDataLengthExceeded"),
    ],
)
def test_form_that_is_broken_is_refused(body, code):
    assert code_of(body) == code


def test_fields_together_have_a_bound():
    many = [part(f"x-amz-meta-{number}", b"x" * 200) for number in range(200)]
    assert code_of(*many) == "MaxPostPreDataLengthExceeded"


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused_but_never_crash(data):
    with contextlib.suppress(S3Refusal, IncompleteBody):
        read([b"--" + BOUNDARY + b"\r\nContent-Disposition: form-data; name=", data])


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('multipart/form-data; boundary="a b;c"', b"a b;c"),
        ("Multipart/Form-Data;charset=utf-8;boundary=abc", b"abc"),
        ("multipart/form-data; boundary=abc; charset=utf-8", b"abc"),
        ("application/x-www-form-urlencoded", None),
        ("", None),
    ],
)
def test_boundary_is_found_in_the_content_type(content_type, boundary):
    assert parse_boundary(content_type) == boundary


@pytest.mark.parametrize("boundary", ["", ";", "; boundary=", "; boundary=" + "x" * 201])
def test_form_without_a_boundary_is_refused(boundary):
    with pytest.raises(S3Refusal) as caught:
        parse_boundary(f"multipart/form-data{boundary}")
    assert caught.value.s3.name == "MalformedPOSTRequest"


def test_file_may_have_no_name():
    assert read([form(part("file", b"1"))])[0].file_name is None


def test_repr_shows_the_state():
    reader = FormReader(BOUNDARY)
    reader.feed(part("key", b"a"))
    assert repr(reader) == "<FormReader FIELDS fields=0 held=80>"
