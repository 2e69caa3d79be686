"""Tags of objects through boto3: they may change, although versions cannot."""

import pytest

from tests.s3.refusals import refused


def tag_set(**tags):
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


def tags_of(s3, **where):
    tags = s3.get_object_tagging(**where)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in tags}


@pytest.fixture
def stored(s3, bucket):
    """An object with a tag."""
    where = {"Bucket": bucket, "Key": "a"}
    s3.put_object(**where, Body=b"1", Tagging="stage=raw")
    return where


def test_tags_are_replaced_and_removed_without_a_commit(s3, stored):
    version = s3.head_object(**stored)["VersionId"]
    put = s3.put_object_tagging(**stored, Tagging=tag_set(team="vision", stage="clean"))
    assert put["VersionId"] == version
    assert tags_of(s3, **stored) == {"team": "vision", "stage": "clean"}
    assert s3.head_object(**stored)["TagCount"] == 2
    assert s3.delete_object_tagging(**stored)["VersionId"] == version
    assert tags_of(s3, **stored) == {}
    assert "TagCount" not in s3.head_object(**stored)
    assert len(s3.list_object_versions(Bucket=stored["Bucket"])["Versions"]) == 1


def test_each_version_has_its_tags(s3, stored):
    first = s3.head_object(**stored)["VersionId"]
    s3.put_object(**stored, Body=b"2")
    assert tags_of(s3, **stored) == {}
    s3.put_object_tagging(**stored, VersionId=first, Tagging=tag_set(old="yes"))
    assert tags_of(s3, **stored) == {}
    assert tags_of(s3, **stored, VersionId=first) == {"old": "yes"}
    s3.delete_object_tagging(**stored, VersionId=first)
    assert tags_of(s3, **stored, VersionId=first) == {}


def test_tags_are_copied_or_replaced(s3, stored):
    copy = {"Bucket": stored["Bucket"], "CopySource": dict(stored)}
    s3.copy_object(**copy, Key="kept")
    s3.copy_object(**copy, Key="ignored", Tagging="a=1")
    s3.copy_object(**copy, Key="new", Tagging="a=1", TaggingDirective="REPLACE")
    found = [tags_of(s3, Bucket=stored["Bucket"], Key=key) for key in ("kept", "ignored", "new")]
    assert found == [{"stage": "raw"}, {"stage": "raw"}, {"a": "1"}]


def test_upload_in_parts_takes_its_tags_along(s3, bucket):
    where = {"Bucket": bucket, "Key": "a"}
    upload = s3.create_multipart_upload(**where, Tagging="a=1")["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts)
    assert tags_of(s3, **where) == {"a": "1"}


@pytest.mark.parametrize(
    "tags",
    [
        {f"key{number}": "" for number in range(11)},
        {"k" * 129: ""},
        {"k": "v" * 257},
        {"k?": "v"},
    ],
    ids=["many", "long key", "long value", "character"],
)
def test_tags_that_cannot_be_change_nothing(s3, stored, tags):
    with refused("InvalidTag", 400):
        s3.put_object_tagging(**stored, Tagging=tag_set(**tags))
    assert tags_of(s3, **stored) == {"stage": "raw"}


def test_tags_of_what_is_not_there(s3, stored):
    missing = {"Bucket": stored["Bucket"], "Key": "missing"}
    for call in (s3.put_object_tagging, s3.delete_object_tagging):
        options = {"Tagging": tag_set(a="1")} if call == s3.put_object_tagging else {}
        with refused("NoSuchKey", 404):
            call(**missing, **options)
        with refused("NoSuchVersion", 404):
            call(**stored, VersionId="0" * 12 + "4" + "0" * 19, **options)
    marker = s3.delete_object(**stored)["VersionId"]
    with refused("MethodNotAllowed", 405):
        s3.put_object_tagging(**stored, VersionId=marker, Tagging=tag_set(a="1"))


def test_tags_in_a_commit_bucket_do_not_change(s3, stored):
    version = s3.head_object(**stored)["VersionId"]
    where = {"Bucket": f"{version}.{stored['Bucket']}", "Key": stored["Key"]}
    with refused("AccessDenied", 403):
        s3.put_object_tagging(**where, Tagging=tag_set(a="1"))
    assert tags_of(s3, **where) == {"stage": "raw"}
