"""From the wire to an `S3Request`."""

import pytest

from pachlite.errors import InvalidPath
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.request import MAX_QUERY_PARAMETERS, RawRequest, parse_headers, parse_request


def parse(path, query=b"", **headers):
    return parse_request(RawRequest("GET", path, query, headers))


@pytest.mark.parametrize(
    ("path", "bucket", "key"),
    [
        (b"/", "", ""),
        (b"/images", "images", ""),
        (b"/images/", "images", ""),
        (b"/images/a/b", "images", "a/b"),
        (b"/images//a//b/", "images", "/a//b/"),
        (b"/images/..", "images", ".."),
        (b"/images/a/../b", "images", "a/../b"),
        (b"/images/a%2Fb%3Fc%23d+e", "images", "a/b?c#d+e"),
        (b"/images/%C3%BC%20%F0%9F%A6%86", "images", "ü 🦆"),
        (b"/images/day%3D1", "images", "day=1"),
        (b"//a", "", "a"),
        (b"http://host:1/images/a", "images", "a"),
        (b"https://host", "", ""),
    ],
)
def test_path_is_decoded_once_and_kept_as_it_is(path, bucket, key):
    request = parse(path)
    assert (request.bucket, request.key) == (bucket, key)
    assert request.resource == path.decode()


@pytest.mark.parametrize("path", [b"/images/%FF", b"/%C3/a", b"/images/%ED%A0%80"])
def test_path_that_is_not_utf8_is_refused(path):
    with pytest.raises(S3Refusal) as refusal:
        parse(path)
    assert refusal.value.s3.name == "InvalidURI"


def test_key_of_1024_bytes_is_taken_and_a_longer_one_is_not():
    assert len(parse(b"/images/" + b"k" * 1024).key) == 1024
    with pytest.raises(InvalidPath) as refusal:
        parse(b"/images/" + b"k" * 1025)
    assert refusal.value.is_too_long


def test_key_with_a_nul_is_refused():
    with pytest.raises(InvalidPath):
        parse(b"/images/a%00b")


def test_parameters_are_decoded_and_may_be_empty():
    request = parse(b"/b", b"prefix=a+b%2B%C3%BC&location=&uploads")
    assert request.query == {"prefix": "a b+ü", "location": "", "uploads": ""}


@pytest.mark.parametrize(
    "query", [b"prefix=%FF", b"&".join([b"a=1"] * (MAX_QUERY_PARAMETERS + 1)), b"\xff"]
)
def test_query_that_cannot_be_decoded_is_refused(query):
    with pytest.raises(S3Refusal) as refusal:
        parse(b"/b", query)
    assert refusal.value.s3.name == "InvalidURI"


def test_headers_in_a_presigned_query_count_unless_they_are_sent():
    query = b"X-Amz-Acl=private&x-amz-meta-a=1&X-Amz-Signature=s&X-Amz-Content-Sha256=UNSIGNED"
    request = parse(b"/b/k", query, **{"x-amz-meta-a": "2"})
    assert request.headers == {
        "x-amz-acl": "private",
        "x-amz-meta-a": "2",
        "x-amz-content-sha256": "UNSIGNED",
    }


def test_repeated_headers_are_joined_and_names_are_lower_case():
    raw = [(b"X-Amz-Meta-A", b"1"), (b"x-amz-meta-a", b"2")]
    assert parse_headers(raw) == {"x-amz-meta-a": "1,2"}


@pytest.mark.parametrize("value", ["ü".encode(), "ü".encode("latin-1")])
def test_header_is_utf8_or_else_latin1(value):
    assert parse_headers([(b"x", value)]) == {"x": "ü"}
