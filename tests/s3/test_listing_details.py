"""What the four listings say beside the keys, and how they go on."""

from urllib.parse import unquote_plus

import pytest

from tests.s3.conftest import connect
from tests.s3.process import running_gateway

ODD = ["%41", "+", " ", "\n", "\x0b", "&amp;", "<", '"', "'", "]]>", "\r\n", "ü", "\ufffe", "a\\b"]


def fill(s3, bucket, keys):
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")


def listed(page):
    keys = [each["Key"] for each in page.get("Contents", [])]
    return keys, [each["Prefix"] for each in page.get("CommonPrefixes", [])]


@pytest.mark.parametrize("delimiter", ["%", " ", "\n", ".", "ab", "\x01", "\U0010ffff", "é", "&"])
def test_any_text_may_be_a_delimiter(s3, bucket, delimiter):
    fill(s3, bucket, [f"x{delimiter}1", f"x{delimiter}2", "y", f"z{delimiter}"])
    for list_ in (s3.list_objects, s3.list_objects_v2):
        page = list_(Bucket=bucket, Delimiter=delimiter)
        assert page["Delimiter"] == delimiter
        assert listed(page) == (["y"], [f"x{delimiter}", f"z{delimiter}"])
        below = list_(Bucket=bucket, Delimiter=delimiter, Prefix=f"x{delimiter}")
        assert listed(below) == ([f"x{delimiter}1", f"x{delimiter}2"], [])
    versions = s3.list_object_versions(Bucket=bucket, Delimiter=delimiter)
    assert [each["Key"] for each in versions["Versions"]] == ["y"]
    assert listed(versions)[1] == [f"x{delimiter}", f"z{delimiter}"]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_every_key_comes_back_as_it_is_page_by_page(s3, bucket, operation):
    fill(s3, bucket, ODD)
    pages = s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": 3})
    kind = "Versions" if operation.endswith("versions") else "Contents"
    keys = [each["Key"] for page in pages for each in page[kind]]
    assert keys == sorted(ODD, key=str.encode)


@pytest.mark.parametrize("key", ODD)
def test_a_listing_can_begin_behind_any_key(s3, bucket, key):
    fill(s3, bucket, ODD)
    rest = [each for each in sorted(ODD, key=str.encode) if each.encode() > key.encode()]
    assert listed(s3.list_objects_v2(Bucket=bucket, StartAfter=key))[0] == rest
    assert listed(s3.list_objects(Bucket=bucket, Marker=key))[0] == rest
    assert listed(s3.list_objects_v2(Bucket=bucket, Prefix=key))[0] == [
        each for each in sorted(ODD, key=str.encode) if each.startswith(key)
    ]


@pytest.mark.parametrize(
    "query",
    [
        "max-keys=-1",
        "max-keys=blah",
        "max-keys=2147483648",
        "list-type=2&max-keys=1.5",
        "versions&max-keys=-5",
        "uploads&max-uploads=x",
        "encoding-type=base64",
        "list-type=3",
        "list-type=2&continuation-token=%21",
        "versions&version-id-marker=x",
        "uploads&key-marker=a&upload-id-marker=x",
        "allow-unordered=true&delimiter=/",
    ],
)
def test_parameter_that_makes_no_sense_is_an_invalid_argument(gateway, bucket, query):
    answer = gateway.request("GET", f"/{bucket}?{query}")
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_what_was_asked_for_is_said_again(s3, bucket):
    fill(s3, bucket, ["a"])
    first = s3.list_objects(Bucket=bucket)
    assert (first["Prefix"], first["Marker"], first["MaxKeys"]) == ("", "", 1000)
    assert first["EncodingType"] == "url"
    assert "Delimiter" not in s3.list_objects(Bucket=bucket, Delimiter="")
    page = s3.list_objects_v2(Bucket=bucket, ContinuationToken="")
    assert (page["ContinuationToken"], page["IsTruncated"], page["Prefix"]) == ("", False, "")


@pytest.mark.parametrize("prefix", ["\n", "a b/", "ü", "a&b", "~"])
def test_prefix_is_the_same_to_clients_that_decode_it_and_to_those_that_do_not(s3, bucket, prefix):
    page = s3.list_objects(Bucket=bucket, Prefix=prefix)  # boto decodes all but this
    assert page["Prefix"] == unquote_plus(page["Prefix"]) == prefix


@pytest.mark.parametrize("prefix", ["100%", "%41", "a+b", "\x01", "\r"])
def test_prefix_that_must_be_encoded_is(s3, bucket, prefix):
    shown = s3.list_objects(Bucket=bucket, Prefix=prefix)["Prefix"]
    assert shown != prefix
    assert unquote_plus(shown) == prefix


def test_what_other_gateways_add_to_listings_changes_nothing(gateway, s3, bucket):
    fill(s3, bucket, ["a"])
    for listing in ("list-type=2", "prefix=", "versions"):
        path = f"/{bucket}?{listing}"
        plain = gateway.request("GET", path).body
        for more in ("metadata=true", "allow-unordered=true"):
            assert gateway.request("GET", f"{path}&{more}").body == plain


def test_encoding_is_said_only_when_it_was_asked_for(gateway, s3, bucket):
    fill(s3, bucket, ["a b"])
    plain = gateway.request("GET", f"/{bucket}?list-type=2").body
    assert b"EncodingType" not in plain
    assert b"<Key>a b</Key>" in plain
    encoded = gateway.request("GET", f"/{bucket}?list-type=2&encoding-type=url").body
    assert b"<EncodingType>url</EncodingType>" in encoded
    assert b"<Key>a%20b</Key>" in encoded


def test_listings_say_which_checksums_there_are(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ChecksumAlgorithm="SHA256")
    for page, kind in (
        (s3.list_objects(Bucket=bucket), "Contents"),
        (s3.list_objects_v2(Bucket=bucket), "Contents"),
        (s3.list_object_versions(Bucket=bucket), "Versions"),
    ):
        (entry,) = page[kind]
        assert (entry["ChecksumAlgorithm"], entry["ChecksumType"]) == (["SHA256"], "FULL_OBJECT")


def test_tokens_and_markers_outlive_the_server(tmp_path):
    with running_gateway(tmp_path / "home") as gateway:
        s3 = connect(gateway)
        s3.create_bucket(Bucket="images")
        fill(s3, "images", ["a", "b/1", "b/2", "c"])
        page = s3.list_objects_v2(Bucket="images", Delimiter="/", MaxKeys=2)
        buckets = s3.list_buckets(MaxBuckets=1)
        s3.close()
    with running_gateway(tmp_path / "home") as gateway:
        s3 = connect(gateway)
        token = page["NextContinuationToken"]
        rest = s3.list_objects_v2(Bucket="images", Delimiter="/", ContinuationToken=token)
        assert listed(rest) == (["c"], [])
        s3.close()
    assert [each["Name"] for each in buckets["Buckets"]] == ["images"]


def test_prefix_below_which_all_is_deleted_is_not_listed(s3, gateway, bucket):
    fill(s3, bucket, ["a/1", "a/2", "b/1", "c", "d/1"])
    s3.put_object(Bucket=f"master.{bucket}", Key="e/1", Body=b"1")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a/1"}, {"Key": "b/1"}]})
    assert listed(s3.list_objects_v2(Bucket=bucket, Delimiter="/")) == (["c"], ["a/", "d/", "e/"])


def test_uploads_are_listed_by_prefix_and_page(s3, bucket):
    keys = ["abc/1", "foo/1", "foo/2", "top", "xyz/1"]
    for key in keys:
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    found, marker = [], {}
    while True:
        page = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/", MaxUploads=1, **marker)
        found += [each["Key"] for each in page.get("Uploads", [])]
        found += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
        if not page["IsTruncated"]:
            break
        marker = {"KeyMarker": page["NextKeyMarker"]}
    assert found == ["abc/", "foo/", "top", "xyz/"]


def test_no_more_buckets_than_asked_for_are_on_a_page(s3, gateway, bucket):
    assert len(s3.list_buckets(MaxBuckets=1)["Buckets"]) == 1
    for count in ("0", "10001", "x", "-1"):
        assert gateway.request("GET", f"/?max-buckets={count}").code == "InvalidArgument"
