"""Listings of objects through boto3."""

import pytest

from tests.s3.refusals import refused

KEYS = ["a", "a.b", "a/1", "a/2/x", "a/2/y", "a0", "b", "b/", "ü", "\U0001f986"]


@pytest.fixture
def filled(s3, bucket):
    """A bucket with a few keys, put in no order."""
    for key in sorted(KEYS, key=hash):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def listed(page):
    keys = [each["Key"] for each in page.get("Contents", [])]
    return keys, [each["Prefix"] for each in page.get("CommonPrefixes", [])]


def both(s3, **arguments):
    """Return what both versions of listing agree on."""
    first, second = s3.list_objects(**arguments), s3.list_objects_v2(**arguments)
    assert listed(first) == listed(second)
    return listed(second)


def test_keys_are_listed_in_byte_order(s3, filled):
    assert both(s3, Bucket=filled) == (sorted(KEYS, key=str.encode), [])


@pytest.mark.parametrize(
    ("prefix", "delimiter", "keys", "prefixes"),
    [
        ("", "/", ["a", "a.b", "a0", "b", "ü", "\U0001f986"], ["a/", "b/"]),
        ("a/", "/", ["a/1"], ["a/2/"]),
        ("a", "/", ["a", "a.b", "a0"], ["a/"]),
        ("a/2", "/", [], ["a/2/"]),
        ("b/", "/", ["b/"], []),
        ("", "2/", [key for key in sorted(KEYS, key=str.encode) if "2/" not in key], ["a/2/"]),
        ("", "ü", [key for key in sorted(KEYS, key=str.encode) if key != "ü"], ["ü"]),
        ("nothing", "/", [], []),
    ],
)
def test_prefix_and_delimiter(s3, filled, prefix, delimiter, keys, prefixes):
    found = both(s3, Bucket=filled, Prefix=prefix, Delimiter=delimiter)
    assert found == (keys, prefixes)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_pages_add_up(s3, filled, operation, delimiter, size):
    paginator = s3.get_paginator(operation)
    pages = list(
        paginator.paginate(Bucket=filled, Delimiter=delimiter, PaginationConfig={"PageSize": size})
    )
    keys, prefixes = both(s3, Bucket=filled, Delimiter=delimiter)
    assert [key for page in pages for key in listed(page)[0]] == keys
    assert [prefix for page in pages for prefix in listed(page)[1]] == prefixes
    assert len(pages) == -(-(len(keys) + len(prefixes)) // size)
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]


def test_second_version_says_how_many_and_where_it_began(s3, filled):
    page = s3.list_objects_v2(Bucket=filled, StartAfter="a/2/x", MaxKeys=2)
    assert listed(page)[0] == ["a/2/y", "a0"]
    assert (page["KeyCount"], page["MaxKeys"], page["StartAfter"]) == (2, 2, "a/2/x")
    rest = s3.list_objects_v2(
        Bucket=filled, StartAfter="a/2/x", ContinuationToken=page["NextContinuationToken"]
    )
    assert rest["StartAfter"] == "a/2/x"
    assert listed(rest)[0] == sorted(KEYS, key=str.encode)[6:]


def test_first_version_continues_behind_a_marker(s3, filled):
    page = s3.list_objects(Bucket=filled, Marker="a/2/x", MaxKeys=1)
    assert (listed(page)[0], page["IsTruncated"], page["Marker"]) == (["a/2/y"], True, "a/2/x")
    assert "NextMarker" not in page
    page = s3.list_objects(Bucket=filled, Marker="a/2/x", MaxKeys=1, Delimiter="/")
    assert (listed(page)[0], page["NextMarker"]) == (["a0"], "a0")


def test_owner_is_told_by_the_first_version_and_on_request(s3, filled):
    assert "Owner" in s3.list_objects(Bucket=filled)["Contents"][0]
    assert "Owner" not in s3.list_objects_v2(Bucket=filled)["Contents"][0]
    assert "Owner" in s3.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]


def test_page_of_no_keys_is_empty_and_not_truncated(s3, filled):
    page = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
    assert (page["KeyCount"], page["IsTruncated"]) == (0, False)


def test_more_than_a_thousand_keys_are_never_on_a_page(s3, filled):
    assert s3.list_objects_v2(Bucket=filled, MaxKeys=5000)["MaxKeys"] == 1000


def test_token_that_is_not_ours_is_refused(s3, filled):
    with refused("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=filled, ContinuationToken="!!!")


def test_listing_of_an_empty_bucket_is_empty(s3, bucket):
    assert both(s3, Bucket=bucket) == ([], [])
