"""Buckets through boto3."""

import pytest

from tests.s3.refusals import refused


def names(s3):
    return [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_bucket_is_listed_under_the_name_it_was_created_as(s3, bucket):
    s3.create_bucket(Bucket=f"dev.{bucket}")
    assert {bucket, f"dev.{bucket}"} <= set(names(s3))
    assert names(s3) == sorted(names(s3))


def test_buckets_are_listed_in_pages(s3, bucket):
    for branch in ("one", "two"):
        s3.create_bucket(Bucket=f"{branch}.{bucket}")
    paginator = s3.get_paginator("list_buckets")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 1}))
    listed = [each["Name"] for page in pages for each in page["Buckets"]]
    assert len(pages) == len(listed)
    assert {bucket, f"one.{bucket}", f"two.{bucket}"} <= set(listed)
    only = s3.list_buckets(Prefix=f"one.{bucket}")
    assert [each["Name"] for each in only["Buckets"]] == [f"one.{bucket}"]
    assert only["Prefix"] == f"one.{bucket}"


def test_all_names_of_a_branch_are_the_same_bucket(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    for name in (bucket, f"master.{bucket}", f"master.{bucket}.default"):
        assert s3.list_objects_v2(Bucket=name)["Name"] == name
        assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"1"


def test_creating_a_bucket_again_is_a_conflict_by_any_of_its_names(s3, bucket):
    for name in (bucket, f"master.{bucket}"):
        with refused("BucketAlreadyOwnedByYou", 409):
            s3.create_bucket(Bucket=name)


def test_bucket_is_created_in_whatever_region_is_asked_for(s3, bucket):
    s3.create_bucket(
        Bucket=f"eu.{bucket}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3.head_bucket(Bucket=f"eu.{bucket}")


@pytest.mark.parametrize("name", ["ab", "a..b", "a.b.c.d", "0123456789abcdef.repo"])
def test_impossible_bucket_is_invalid_when_created_and_missing_when_used(s3, name):
    with refused("InvalidBucketName", 400):
        s3.create_bucket(Bucket=name)
    with refused("404", 404):
        s3.head_bucket(Bucket=name)
    with refused("NoSuchBucket", 404):
        s3.list_objects_v2(Bucket=name)


def test_bucket_of_a_project_that_is_not_there_cannot_be_created(s3):
    with refused("NoSuchBucket", 404):
        s3.create_bucket(Bucket="master.repo.nowhere")


def test_missing_bucket_is_missing_for_every_kind_of_request(s3):
    missing = {"Bucket": "nowhere"}
    with refused("404", 404):
        s3.head_bucket(**missing)
    with refused("NoSuchBucket", 404):
        s3.get_bucket_location(**missing)
    with refused("NoSuchBucket", 404):
        s3.list_object_versions(**missing)
    with refused("NoSuchBucket", 404):
        s3.get_object(**missing, Key="a")
    with refused("NoSuchBucket", 404):
        s3.put_object(**missing, Key="a", Body=b"1")
    with refused("NoSuchBucket", 404):
        s3.put_object(**missing, Key="a", Body=bytes(3 * 1024 * 1024))
    with refused("NoSuchBucket", 404):
        s3.delete_object(**missing, Key="a")
    with refused("NoSuchBucket", 404):
        s3.create_multipart_upload(**missing, Key="a")
    with refused("NoSuchBucket", 404):
        s3.delete_bucket(**missing)
    with refused("NoSuchBucket", 404):
        s3.list_objects_v2(Bucket="nowhere", MaxKeys=0)


def test_deleted_bucket_is_gone(s3, bucket):
    s3.delete_bucket(Bucket=bucket)
    assert bucket not in names(s3)
    with refused("404", 404):
        s3.head_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)


def test_bucket_with_objects_cannot_be_deleted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_bucket(Bucket=bucket)


def test_commit_bucket_shows_the_commit_and_takes_no_writes(s3, bucket):
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"2")
    s3.put_object(Bucket=bucket, Key="b", Body=b"3")
    for name in (f"{first}.{bucket}", f"{first}.master.{bucket}", f"{first[:20]}.{bucket}"):
        s3.head_bucket(Bucket=name)
        assert [each["Key"] for each in s3.list_objects_v2(Bucket=name)["Contents"]] == ["a"]
        assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"1"
        with refused("AccessDenied", 403) as caught:
            s3.put_object(Bucket=name, Key="a", Body=b"4")
        assert f"master.{bucket}" in str(caught.value)
        for write in (s3.delete_object, s3.create_multipart_upload):
            with refused("AccessDenied", 403):
                write(Bucket=name, Key="a")
        with refused("AccessDenied", 403):
            s3.delete_bucket(Bucket=name)
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=name)
    with refused("404", 404):
        s3.head_bucket(Bucket=f"{'0' * 12}4{'0' * 19}.{bucket}")


def test_commit_of_another_branch_is_not_in_the_bucket(s3, bucket):
    s3.create_bucket(Bucket=f"dev.{bucket}")
    other = s3.put_object(Bucket=f"dev.{bucket}", Key="a", Body=b"1")["VersionId"]
    with refused("404", 404):
        s3.head_bucket(Bucket=f"{other}.master.{bucket}")
    s3.head_bucket(Bucket=f"{other}.dev.{bucket}")


def test_versioning_is_on_and_stays_on(s3, bucket):
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    with refused("NotImplemented", 501):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def test_location_is_the_default_region(s3, bucket):
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    headers = s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-bucket-region"] == "us-east-1"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("get_bucket_cors", "NoSuchCORSConfiguration"),
        ("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_policy_status", "NoSuchBucketPolicy"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_bucket_tagging", "NoSuchTagSet"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ],
)
def test_configuration_that_no_bucket_has_is_missing_by_its_own_name(s3, bucket, call, code):
    with refused(code, 404):
        getattr(s3, call)(Bucket=bucket)
    with refused("NoSuchBucket", 404):
        getattr(s3, call)(Bucket="nowhere")


def test_harmless_questions_have_harmless_answers(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    for acl in (s3.get_bucket_acl(Bucket=bucket), s3.get_object_acl(Bucket=bucket, Key="a")):
        assert acl["Grants"][0]["Permission"] == "FULL_CONTROL"
        assert acl["Grants"][0]["Grantee"]["ID"] == acl["Owner"]["ID"]
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    for call in (s3.get_object_retention, s3.get_object_legal_hold):
        with refused("InvalidRequest", 400):
            call(Bucket=bucket, Key="a")
    with refused("InvalidRequest", 400):
        s3.put_object_legal_hold(Bucket=bucket, Key="a", LegalHold={"Status": "ON"})


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("put_bucket_policy", {"Policy": "{}"}),
        ("put_bucket_request_payment", {"RequestPaymentConfiguration": {"Payer": "Requester"}}),
        ("get_bucket_accelerate_configuration", {}),
        ("list_bucket_inventory_configurations", {}),
    ],
)
def test_what_is_not_supported_says_so(s3, bucket, call, arguments):
    with refused("NotImplemented", 501):
        getattr(s3, call)(Bucket=bucket, **arguments)
