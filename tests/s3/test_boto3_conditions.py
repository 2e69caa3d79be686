"""Conditions on writes and deletions through boto3: decided together with the commit."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.s3.refusals import refused

ETAG = '"c4ca4238a0b923820dcc509a6f75849b"'
WRONG = '"00000000000000000000000000000000"'


@pytest.fixture
def stored(s3, bucket):
    """An object of one byte."""
    where = {"Bucket": bucket, "Key": "a"}
    s3.put_object(**where, Body=b"1")
    return where


def versions(s3, bucket):
    listed = s3.list_object_versions(Bucket=bucket)
    return len(listed.get("Versions", [])), len(listed.get("DeleteMarkers", []))


def test_write_that_wants_an_object_finds_none(s3, bucket, stored):
    missing = {"Bucket": bucket, "Key": "missing"}
    upload = s3.create_multipart_upload(**missing)["UploadId"]
    part = s3.upload_part(**missing, UploadId=upload, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    for etag in (ETAG, "*"):
        with refused("NoSuchKey", 404):
            s3.put_object(**missing, Body=b"2", IfMatch=etag)
        with refused("NoSuchKey", 404):
            s3.copy_object(**missing, CopySource=dict(stored), IfMatch=etag)
        with refused("NoSuchKey", 404):
            s3.complete_multipart_upload(
                **missing, UploadId=upload, MultipartUpload=parts, IfMatch=etag
            )
    assert versions(s3, bucket) == (1, 0)


def test_upload_is_completed_only_where_nothing_is(s3, stored):
    upload = s3.create_multipart_upload(**stored)["UploadId"]
    part = s3.upload_part(**stored, UploadId=upload, PartNumber=1, Body=b"2")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    complete = {**stored, "UploadId": upload, "MultipartUpload": parts}
    with refused("PreconditionFailed", 412):
        s3.complete_multipart_upload(**complete, IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        s3.complete_multipart_upload(**complete, IfMatch=WRONG)
    s3.complete_multipart_upload(**complete, IfMatch=ETAG)
    assert versions(s3, stored["Bucket"]) == (2, 0)


def test_deletion_may_want_a_time_and_a_size(s3, bucket, stored):
    modified = s3.head_object(**stored)["LastModified"]
    for condition in (
        {"IfMatch": WRONG},
        {"IfMatchSize": 2},
        {"IfMatchLastModifiedTime": modified - timedelta(days=1)},
        {"IfMatch": ETAG, "IfMatchSize": 2},
    ):
        with refused("PreconditionFailed", 412):
            s3.delete_object(**stored, **condition)
    assert versions(s3, bucket) == (1, 0)
    s3.delete_object(**stored, IfMatch=ETAG, IfMatchSize=1, IfMatchLastModifiedTime=modified)
    assert versions(s3, bucket) == (1, 1)


def test_deletion_of_nothing_asks_nothing(s3, bucket):
    now = datetime.now(UTC)
    for condition in ({"IfMatch": WRONG}, {"IfMatchSize": 2}, {"IfMatchLastModifiedTime": now}):
        s3.delete_object(Bucket=bucket, Key="missing", **condition)
    assert versions(s3, bucket) == (0, 0)


def test_deletion_of_a_version_asks_that_version(s3, bucket, stored):
    first = s3.head_object(**stored)["VersionId"]
    s3.put_object(**stored, Body=b"22")
    with refused("PreconditionFailed", 412):
        s3.delete_object(**stored, VersionId=first, IfMatchSize=2)
    s3.delete_object(**stored, VersionId=first, IfMatch=ETAG, IfMatchSize=1)
    assert versions(s3, bucket) == (1, 0)


def test_each_of_many_deletions_has_its_conditions(s3, bucket):
    for key in "abcd":
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    modified = s3.head_object(Bucket=bucket, Key="a")["LastModified"]
    objects = [
        {"Key": "a", "ETag": ETAG, "Size": 1},
        {"Key": "b", "ETag": WRONG},
        {"Key": "c", "Size": 5},
        {"Key": "d", "LastModifiedTime": modified - timedelta(hours=1)},
        {"Key": "missing", "ETag": ETAG},
    ]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert [each["Key"] for each in answer["Deleted"]] == ["a", "missing"]
    errors = {each["Key"]: each["Code"] for each in answer["Errors"]}
    assert errors == dict.fromkeys("bcd", "PreconditionFailed")


def test_upload_is_aborted_only_if_it_is_the_one_meant(s3, stored):
    upload = {**stored, "UploadId": s3.create_multipart_upload(**stored)["UploadId"]}
    started = s3.list_multipart_uploads(Bucket=stored["Bucket"])["Uploads"][0]["Initiated"]
    with refused("PreconditionFailed", 412):
        s3.abort_multipart_upload(**upload, IfMatchInitiatedTime=started - timedelta(days=1))
    s3.abort_multipart_upload(**upload, IfMatchInitiatedTime=started)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=stored["Bucket"])
