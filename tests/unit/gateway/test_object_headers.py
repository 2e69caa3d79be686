"""Objects as headers, both ways."""

from datetime import UTC, datetime

import pytest

from pachlite.gateway.dates import http_date, parse_http_date, xml_date
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.object_headers import (
    MAX_USER_META_BYTES,
    MAX_USER_META_ENTRIES,
    checksum_elements,
    checksum_headers,
    object_headers,
    read_meta,
)
from pachlite.pfs.infos import Checksum, FileInfo, FileMeta, FileType, PartSize, SumType

MOMENT = datetime(2026, 11, 22, 10, 0, 0, 999_999, tzinfo=UTC)
EVERYTHING = {
    "content-type": "text/plain",
    "cache-control": "no-cache",
    "content-disposition": "attachment",
    "content-encoding": "gzip",
    "content-language": "de",
    "expires": "Sun, 22 Nov 2026 10:00:00 GMT",
    "x-amz-meta-a": "1",
    "x-amz-meta-empty": "",
}


def info(**fields):
    return FileInfo("key", FileType.FILE, 3, MOMENT, etag="abc", **fields)


def test_metadata_comes_out_as_it_went_in():
    shown = dict(object_headers(info(meta=read_meta(EVERYTHING), version_id="v1"), {}))
    assert EVERYTHING.items() <= shown.items()
    assert shown["etag"] == '"abc"'
    assert shown["x-amz-version-id"] == "v1"
    assert shown["accept-ranges"] == "bytes"


def test_object_without_metadata_is_some_bytes():
    shown = dict(object_headers(info(), {}))
    assert shown["content-type"] == "binary/octet-stream"
    assert set(shown) == {"etag", "last-modified", "accept-ranges", "content-type"}


def test_times_in_headers_and_documents_agree_to_the_second():
    assert http_date(MOMENT) == "Sun, 22 Nov 2026 10:00:00 GMT"
    assert xml_date(MOMENT) == "2026-11-22T10:00:00.000Z"
    assert parse_http_date(http_date(MOMENT)) == MOMENT.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "32 Foo 2026",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Sun, 22 Nov 2026 10:00:00 +99999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 -2300",
    ],
)
def test_text_that_is_no_date_is_none(text):
    assert parse_http_date(text) is None


def test_date_without_a_zone_is_utc():
    assert parse_http_date("Sun, 22 Nov 2026 10:00:00 -0000") == MOMENT.replace(microsecond=0)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("aws-chunked", ""),
        ("aws-chunked,gzip", "gzip"),
        ("gzip, AWS-Chunked, br", "gzip,br"),
        ("gzip, br", "gzip, br"),
        ("", ""),
    ],
)
def test_framing_of_the_request_is_no_encoding_of_the_object(sent, stored):
    assert read_meta({"content-encoding": sent}).content_encoding == stored


def test_parameters_of_the_request_replace_what_is_stored():
    query = {"response-content-type": "text/csv", "response-expires": "never", "other": "x"}
    shown = dict(object_headers(info(meta=FileMeta(content_type="text/plain")), query))
    assert (shown["content-type"], shown["expires"]) == ("text/csv", "never")


def test_replacement_with_a_line_break_is_refused():
    with pytest.raises(S3Refusal):
        object_headers(info(), {"response-content-type": "text/plain\r\nset-cookie: a"})


@pytest.mark.parametrize(
    ("sent", "stored", "shown"),
    [
        ("ö", "ö", "=?UTF-8?B?w7Y=?="),
        ("=?UTF-8?B?w7Y=?=", "ö", "=?UTF-8?B?w7Y=?="),
        ("=?utf-8?q?=C3=B6?=", "ö", "=?UTF-8?B?w7Y=?="),
        ("=?utf-8?q?abc?=", "=?utf-8?q?abc?=", "=?utf-8?q?abc?="),
        ("=?what?b?w7Y=?=", "=?what?b?w7Y=?=", "=?what?b?w7Y=?="),
        ("a=?b", "a=?b", "a=?b"),
        ("=?utf-7?q?+2AA-?=", "=?utf-7?q?+2AA-?=", "=?utf-7?q?+2AA-?="),
    ],
)
def test_user_metadata_that_is_not_ascii_is_encoded_by_rfc_2047(sent, stored, shown):
    meta = read_meta({"x-amz-meta-a": sent})
    assert meta.user == {"a": stored}
    assert dict(object_headers(info(meta=meta), {}))["x-amz-meta-a"] == shown


@pytest.mark.parametrize("name", ["", "ü", "a b", "a:b"])
def test_name_of_metadata_that_can_be_no_header_is_refused(name):
    with pytest.raises(S3Refusal) as refusal:
        read_meta({f"x-amz-meta-{name}": "1"})
    assert refusal.value.s3.name == "InvalidArgument"


def test_user_metadata_fits_into_the_headers_that_clients_read():
    names = [f"x-amz-meta-{number}" for number in range(MAX_USER_META_ENTRIES + 1)]
    read_meta(dict.fromkeys(names[1:], ""))
    with pytest.raises(S3Refusal) as refusal:
        read_meta(dict.fromkeys(names, ""))
    assert refusal.value.s3.name == "MetadataTooLarge"


def test_user_metadata_has_a_limit():
    name = "x-amz-meta-a"
    read_meta({name: "x" * (MAX_USER_META_BYTES - 1)})
    with pytest.raises(S3Refusal) as refusal:
        read_meta({name: "x" * MAX_USER_META_BYTES})
    assert refusal.value.s3.name == "MetadataTooLarge"


def test_tags_are_counted():
    shown = dict(object_headers(info(tags={"a": "1", "b": ""}), {}))
    assert shown["x-amz-tagging-count"] == "2"


@pytest.mark.parametrize("location", ["/x", "http://a.example/", "https://a.example/b"])
def test_redirection_is_kept(location):
    stored = read_meta({"x-amz-website-redirect-location": location})
    assert (
        dict(object_headers(info(meta=stored), {}))["x-amz-website-redirect-location"] == location
    )


def test_redirection_to_nowhere_is_refused():
    with pytest.raises(S3Refusal) as refusal:
        read_meta({"x-amz-website-redirect-location": "ftp://a.example"})
    assert refusal.value.s3.name == "InvalidRedirectLocation"


def test_checksum_over_parts_says_how_many_there_are():
    summed = info(
        checksums=(Checksum("CRC32", "AAAAAA==", SumType.COMPOSITE),),
        parts=(PartSize(1, 1), PartSize(2, 2)),
    )
    assert checksum_headers(summed) == [
        ("x-amz-checksum-crc32", "AAAAAA==-2"),
        ("x-amz-checksum-type", "COMPOSITE"),
    ]
    assert checksum_elements(summed) == [
        "<ChecksumCRC32>AAAAAA==-2</ChecksumCRC32>",
        "<ChecksumType>COMPOSITE</ChecksumType>",
    ]


def test_checksum_of_the_whole_is_shown_as_it_is():
    whole = info(checksums=(Checksum("CRC32", "AAAAAA=="),), parts=(PartSize(1, 3),))
    assert checksum_headers(whole)[0] == ("x-amz-checksum-crc32", "AAAAAA==")
    assert checksum_headers(info()) == checksum_elements(info()) == []
