"""The history of objects through boto3: every commit that changed a key is a version of it."""

import pytest

from tests.s3.refusals import refused


def read(s3, **arguments):
    return s3.get_object(**arguments)["Body"].read()


def history(s3, bucket, **arguments):
    """Return what is listed, as key, version id, and d for a delete marker or l for the latest."""
    found = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, **arguments):
        found += [
            (each["Key"], each["VersionId"], each["LastModified"], "d" * is_marker + "l" * latest)
            for name, is_marker in (("Versions", False), ("DeleteMarkers", True))
            for each in page.get(name, [])
            if (latest := each["IsLatest"]) in {True, False}
        ]
    return {(key, version): flags for key, version, _, flags in found}


@pytest.fixture
def where(s3, bucket):
    """A key with two versions, a delete marker, and a third version."""
    where = {"Bucket": bucket, "Key": "a"}
    ids = [s3.put_object(**where, Body=b"1")["VersionId"]]
    ids.append(s3.put_object(**where, Body=b"2")["VersionId"])
    deleted = s3.delete_object(**where)
    assert deleted["DeleteMarker"]
    ids.append(deleted["VersionId"])
    ids.append(s3.put_object(**where, Body=b"3")["VersionId"])
    return where, ids


def test_every_version_can_be_read(s3, where):
    where, (first, second, marker, third) = where
    for version, body in ((first, b"1"), (second, b"2"), (third, b"3")):
        assert read(s3, **where, VersionId=version) == body
        assert s3.head_object(**where, VersionId=version)["VersionId"] == version
    with refused("MethodNotAllowed", 405) as caught:
        s3.get_object(**where, VersionId=marker)
    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-delete-marker"] == "true"
    assert headers["x-amz-version-id"] == marker


def test_commit_that_wrote_something_else_shows_the_version_of_its_time(s3, where):
    where, (_, _, _, third) = where
    other = s3.put_object(Bucket=where["Bucket"], Key="other", Body=b"x")["VersionId"]
    s3.put_object(**where, Body=b"4")
    got = s3.get_object(**where, VersionId=other)
    assert (got["Body"].read(), got["VersionId"]) == (b"3", third)


@pytest.mark.parametrize(
    ("version", "code", "status"),
    [
        ("0123456789ab4cdef0123456789abcde", "NoSuchVersion", 404),
        ("null", "NoSuchVersion", 404),
        ("nonsense", "InvalidArgument", 400),
    ],
)
def test_version_that_is_not_there(s3, where, version, code, status):
    where, _ = where
    with refused(code, status):
        s3.get_object(**where, VersionId=version)
    assert read(s3, **where) == b"3"


@pytest.mark.parametrize("version", ["0123456789ab4cdef0123456789abcde", "null"])
def test_deleting_a_version_that_is_not_there_changes_nothing(s3, where, version):
    where, _ = where
    before = history(s3, where["Bucket"])
    s3.delete_object(**where, VersionId=version)
    answer = s3.delete_objects(
        Bucket=where["Bucket"], Delete={"Objects": [{"Key": "a", "VersionId": version}]}
    )
    assert answer["Deleted"] == [{"Key": "a", "VersionId": version, "DeleteMarker": False}]
    assert history(s3, where["Bucket"]) == before


def test_deleting_a_malformed_version_is_refused(s3, where):
    where, _ = where
    with refused("InvalidArgument", 400):
        s3.delete_object(**where, VersionId="nonsense")


def test_versions_are_listed_with_exactly_one_latest(s3, where):
    where, (first, second, marker, third) = where
    assert history(s3, where["Bucket"]) == {
        ("a", first): "",
        ("a", second): "",
        ("a", marker): "d",
        ("a", third): "l",
    }


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_of_versions_add_up(s3, where, size):
    where, _ = where
    s3.put_object(Bucket=where["Bucket"], Key="b", Body=b"x")
    everything = history(s3, where["Bucket"])
    pages = history(s3, where["Bucket"], PaginationConfig={"PageSize": size})
    assert pages == everything
    assert len(everything) == 5


def test_versions_have_common_prefixes(s3, bucket):
    for key in ("a/1", "a/1", "a/2", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    page = s3.list_object_versions(Bucket=bucket, Delimiter="/")
    assert [each["Prefix"] for each in page["CommonPrefixes"]] == ["a/"]
    assert [each["Key"] for each in page["Versions"]] == ["b"]
    page = s3.list_object_versions(Bucket=bucket, Prefix="a/")
    assert [each["Key"] for each in page["Versions"]] == ["a/1", "a/1", "a/2"]


def test_deleting_a_delete_marker_brings_the_object_back(s3, bucket):
    where = {"Bucket": bucket, "Key": "a"}
    version = s3.put_object(**where, Body=b"1")["VersionId"]
    marker = s3.delete_object(**where)["VersionId"]
    with refused("NoSuchKey", 404):
        s3.get_object(**where)
    undone = s3.delete_object(**where, VersionId=marker)
    assert (undone["DeleteMarker"], undone["VersionId"]) == (True, marker)
    got = s3.get_object(**where)
    assert (got["Body"].read(), got["VersionId"]) == (b"1", version)
    assert history(s3, bucket) == {("a", version): "l"}


def test_deleting_the_latest_version_brings_the_one_before_back(s3, where):
    where, (first, second, marker, third) = where
    gone = s3.delete_object(**where, VersionId=third)
    assert gone["VersionId"] == third
    assert "DeleteMarker" not in gone
    with refused("NoSuchKey", 404):
        s3.get_object(**where)
    with refused("NoSuchVersion", 404):
        s3.get_object(**where, VersionId=third)
    assert history(s3, where["Bucket"]) == {
        ("a", first): "",
        ("a", second): "",
        ("a", marker): "dl",
    }


def test_deleted_version_is_still_in_its_commit(s3, where):
    where, (first, _, _, _) = where
    s3.delete_object(**where, VersionId=first)
    assert read(s3, Bucket=f"{first}.{where['Bucket']}", Key="a") == b"1"


def test_versions_are_deleted_in_bulk(s3, where):
    where, ids = where
    objects = [{"Key": "a", "VersionId": version} for version in ids[:3]]
    answer = s3.delete_objects(Bucket=where["Bucket"], Delete={"Objects": objects})
    assert [each["VersionId"] for each in answer["Deleted"]] == ids[:3]
    assert [each.get("DeleteMarker", False) for each in answer["Deleted"]] == [False, False, True]
    assert history(s3, where["Bucket"]) == {("a", ids[3]): "l"}


def test_bucket_is_emptied_page_by_page_and_goes(s3, bucket):
    for number in range(9):
        s3.put_object(Bucket=bucket, Key=f"k{number % 3}", Body=b"1")
        s3.delete_object(Bucket=bucket, Key=f"k{number % 2}")
    where: dict[str, str] = {}
    while True:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=4, **where)
        entries = page.get("Versions", []) + page.get("DeleteMarkers", [])
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in entries]
        delete = {"Objects": objects, "Quiet": True}
        answer = s3.delete_objects(Bucket=bucket, Delete=delete, BypassGovernanceRetention=True)
        assert "Errors" not in answer
        if not page["IsTruncated"]:
            break
        # The marker is a version that is gone by now.
        where = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    left = s3.list_object_versions(Bucket=bucket)
    assert "Versions" not in left
    assert "DeleteMarkers" not in left
    s3.delete_bucket(Bucket=bucket)


def test_old_version_is_copied_onto_the_new_one(s3, where):
    where, (first, _, _, _) = where
    copied = s3.copy_object(**where, CopySource={**where, "VersionId": first})
    assert copied["CopySourceVersionId"] == first
    assert copied["VersionId"] not in {first, None}
    assert read(s3, **where) == b"1"


def test_deleting_what_is_not_there_makes_no_version(s3, bucket):
    answer = s3.delete_object(Bucket=bucket, Key="nothing")
    assert "VersionId" not in answer
    assert history(s3, bucket) == {}


def test_version_marker_without_a_key_is_refused(s3, bucket):
    with refused("InvalidArgument", 400):
        s3.list_object_versions(Bucket=bucket, VersionIdMarker="0123456789ab4cdef0123456789abcde")


def test_object_that_was_deleted_says_so(s3, bucket):
    where = {"Bucket": bucket, "Key": "a"}
    s3.put_object(**where, Body=b"1")
    marker = s3.delete_object(**where)["VersionId"]
    s3.put_object(Bucket=bucket, Key="b", Body=b"1")
    for call, code in ((s3.get_object, "NoSuchKey"), (s3.head_object, "404")):
        with refused(code, 404) as caught:
            call(**where)
        headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert headers["x-amz-delete-marker"] == "true"
        assert headers["x-amz-version-id"] == marker
    with refused("NoSuchKey", 404) as caught:
        s3.get_object(Bucket=bucket, Key="never")
    assert "x-amz-delete-marker" not in caught.value.response["ResponseMetadata"]["HTTPHeaders"]
