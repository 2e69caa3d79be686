"""Objects through boto3 with its default settings."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.s3.conftest import connect
from tests.s3.refusals import refused

DATA = bytes(range(256)) * 40
MD5 = hashlib.md5(DATA).hexdigest()


@pytest.fixture
def stored(s3, bucket):
    """An object, with where it is."""
    where = {"Bucket": bucket, "Key": "dir/data.bin"}
    s3.put_object(**where, Body=DATA)
    return where


def read(s3, **arguments):
    return s3.get_object(**arguments)["Body"].read()


def test_put_object_comes_back_with_its_md5_as_etag(s3, bucket):
    where = {"Bucket": bucket, "Key": "dir/data.bin"}
    put = s3.put_object(**where, Body=DATA)
    assert put["ETag"] == f'"{MD5}"'
    got = s3.get_object(**where)
    assert got["Body"].read() == DATA
    assert got["ETag"] == put["ETag"]
    assert got["VersionId"] == put["VersionId"]
    assert got["ContentLength"] == len(DATA)
    assert got["AcceptRanges"] == "bytes"
    assert got["ContentType"] == "binary/octet-stream"


def test_head_get_and_list_agree(s3, stored):
    head, got = s3.head_object(**stored), s3.get_object(**stored)
    got["Body"].close()
    listed = s3.list_objects_v2(Bucket=stored["Bucket"])["Contents"][0]
    for name in ("ETag", "LastModified"):
        assert head[name] == got[name] == listed[name]
    assert head["ContentLength"] == got["ContentLength"] == listed["Size"]
    assert abs(head["LastModified"] - datetime.now(UTC)) < timedelta(minutes=5)


def test_empty_object_is_an_object(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="empty")
    assert put["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
    assert read(s3, Bucket=bucket, Key="empty") == b""
    assert s3.head_object(Bucket=bucket, Key="empty")["ContentLength"] == 0


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 1_048_576, 1_048_577, 9_000_000])
def test_object_of_any_size_comes_back(s3, bucket, size):
    data = hashlib.shake_128(str(size).encode()).digest(size)
    put = s3.put_object(Bucket=bucket, Key="data", Body=data)
    assert put["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    assert read(s3, Bucket=bucket, Key="data") == data
    assert read(s3, Bucket=bucket, Key="data", Range=f"bytes={size // 2}-") == data[size // 2 :]


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "a/",
        "a//b",
        "/leading",
        "..",
        "a/../b",
        "sp ace/plus+/percent%41",
        "ünïcode/🦆",
        "question?mark#hash&amp;=;:@'\"<>",
        "tab\tand\x01control",
        "day=1/part-0.parquet",
        "back\\slash",
        "a" * 1024,
    ],
)
def test_key_is_kept_as_it_is(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert read(s3, Bucket=bucket, Key=key) == key.encode()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert [each["Key"] for each in s3.list_objects(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert read(s3, Bucket=bucket, Key="copy") == key.encode()
    # Quiet, since the parser of this client refuses to read of characters that XML cannot carry.
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}], "Quiet": True})
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["copy"]


def test_key_and_keys_below_it_are_all_objects(s3, bucket):
    for key in ("a", "a/", "a/b"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for key in ("a", "a/", "a/b"):
        assert read(s3, Bucket=bucket, Key=key) == key.encode()


def test_metadata_and_headers_are_kept(s3, bucket):
    kept = {
        "ContentType": "text/csv",
        "CacheControl": "max-age=3",
        "ContentDisposition": 'attachment; filename="x.csv"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "Metadata": {"mtime": "1700000000.5", "other": "x y"},
    }
    expires = datetime(2030, 1, 1, tzinfo=UTC)
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", Expires=expires, **kept)
    for answer in (s3.head_object(Bucket=bucket, Key="a"), s3.get_object(Bucket=bucket, Key="a")):
        assert {name: answer[name] for name in kept} == kept
        assert answer["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"


def test_answer_can_be_given_other_headers(s3, stored):
    got = s3.get_object(
        **stored, ResponseContentType="text/plain", ResponseContentDisposition="attachment"
    )
    got["Body"].close()
    assert (got["ContentType"], got["ContentDisposition"]) == ("text/plain", "attachment")


def test_tags_are_kept_and_counted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", Tagging="team=vision&stage=raw")
    assert s3.head_object(Bucket=bucket, Key="a")["TagCount"] == 2
    tags = s3.get_object_tagging(Bucket=bucket, Key="a")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "vision", "stage": "raw"}


def test_missing_key_is_no_such_key(s3, bucket):
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="nothing")
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="nothing")
    with refused("NoSuchKey", 404):
        s3.get_object_tagging(Bucket=bucket, Key="nothing")


def test_prefix_of_a_key_is_no_key(s3, stored):
    for key in ("dir", "dir/"):
        with refused("NoSuchKey", 404):
            s3.get_object(Bucket=stored["Bucket"], Key=key)


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-99", 5, 100),
        ("bytes=10000-", 10000, None),
        ("bytes=-7", -7, None),
    ],
)
def test_range_is_that_part(s3, stored, header, start, stop):
    got = s3.get_object(**stored, Range=header)
    assert got["Body"].read() == DATA[start:stop]
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"].endswith(f"/{len(DATA)}")
    assert "ChecksumCRC32" not in got


def test_range_outside_the_object_is_refused_with_its_size(s3, stored):
    with refused("InvalidRange", 416) as caught:
        s3.get_object(**stored, Range=f"bytes={len(DATA)}-")
    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-range"] == f"bytes */{len(DATA)}"


def test_several_ranges_are_answered_with_everything(s3, stored):
    got = s3.get_object(**stored, Range="bytes=0-1,5-6")
    assert (got["ResponseMetadata"]["HTTPStatusCode"], got["Body"].read()) == (200, DATA)


def test_conditional_reads(s3, stored):
    etag, later = f'"{MD5}"', datetime.now(UTC) + timedelta(hours=1)
    earlier = later - timedelta(hours=2)
    assert read(s3, **stored, IfMatch=etag) == DATA
    assert read(s3, **stored, IfNoneMatch='"x"') == DATA
    assert read(s3, **stored, IfModifiedSince=earlier) == DATA
    assert read(s3, **stored, IfUnmodifiedSince=later) == DATA
    with refused("PreconditionFailed", 412):
        s3.get_object(**stored, IfMatch='"x"')
    with refused("PreconditionFailed", 412):
        s3.get_object(**stored, IfUnmodifiedSince=earlier)
    with refused("304", 304) as caught:
        s3.get_object(**stored, IfNoneMatch=etag)
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["etag"] == etag
    with refused("304", 304):
        s3.head_object(**stored, IfModifiedSince=later)


def test_conditional_writes(s3, bucket):
    where = {"Bucket": bucket, "Key": "a"}
    first = s3.put_object(**where, Body=b"1", IfNoneMatch="*")["ETag"]
    with refused("PreconditionFailed", 412):
        s3.put_object(**where, Body=b"2", IfNoneMatch="*")
    second = s3.put_object(**where, Body=b"2", IfMatch=first)["ETag"]
    with refused("PreconditionFailed", 412):
        s3.put_object(**where, Body=b"3", IfMatch=first)
    with refused("PreconditionFailed", 412):
        s3.delete_object(**where, IfMatch=first)
    assert read(s3, **where) == b"2"
    s3.delete_object(**where, IfMatch=second)
    with refused("NoSuchKey", 404):
        s3.get_object(**where)


def test_copy_keeps_or_replaces_metadata(s3, bucket):
    s3.put_object(
        Bucket=bucket,
        Key="a",
        Body=DATA,
        ContentType="text/csv",
        Metadata={"m": "1"},
        Tagging="t=1",
    )
    source = {"Bucket": bucket, "Key": "a"}
    copied = s3.copy_object(Bucket=bucket, Key="kept", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == f'"{MD5}"'
    s3.copy_object(
        Bucket=bucket,
        Key="replaced",
        CopySource=source,
        MetadataDirective="REPLACE",
        TaggingDirective="REPLACE",
        Metadata={"n": "2"},
    )
    kept, replaced = (s3.head_object(Bucket=bucket, Key=key) for key in ("kept", "replaced"))
    assert copied["VersionId"] == kept["VersionId"]
    assert (kept["ContentType"], kept["Metadata"], kept["TagCount"]) == ("text/csv", {"m": "1"}, 1)
    assert (replaced["ContentType"], replaced["Metadata"]) == ("binary/octet-stream", {"n": "2"})
    assert "TagCount" not in replaced
    assert read(s3, Bucket=bucket, Key="replaced") == DATA


def test_copy_onto_itself_must_change_something(s3, stored):
    source = dict(stored)
    with refused("InvalidRequest", 400):
        s3.copy_object(**stored, CopySource=source)
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=f"master.{stored['Bucket']}", Key=stored["Key"], CopySource=source)
    s3.copy_object(
        **stored, CopySource=source, MetadataDirective="REPLACE", Metadata={"mtime": "2"}
    )
    assert s3.head_object(**stored)["Metadata"] == {"mtime": "2"}
    assert read(s3, **stored) == DATA


def test_copy_from_another_bucket_and_from_a_commit(s3, bucket, stored):
    version = s3.head_object(**stored)["VersionId"]
    s3.create_bucket(Bucket=f"dev.{bucket}")
    s3.put_object(**stored, Body=b"newer")
    for name in (f"{version}.{bucket}", f"{version}.master.{bucket}"):
        s3.copy_object(
            Bucket=f"dev.{bucket}", Key="c", CopySource={"Bucket": name, "Key": stored["Key"]}
        )
        assert read(s3, Bucket=f"dev.{bucket}", Key="c") == DATA
    s3.copy_object(Bucket=f"dev.{bucket}", Key="v", CopySource={**stored, "VersionId": version})
    assert read(s3, Bucket=f"dev.{bucket}", Key="v") == DATA


def test_conditional_copies(s3, bucket, stored):
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": dict(stored)}
    with refused("PreconditionFailed", 412):
        s3.copy_object(**copy, CopySourceIfMatch='"x"')
    with refused("PreconditionFailed", 412):
        s3.copy_object(**copy, CopySourceIfNoneMatch=f'"{MD5}"')
    s3.copy_object(**copy, CopySourceIfMatch=f'"{MD5}"')
    with refused("PreconditionFailed", 412):
        s3.copy_object(**copy, IfNoneMatch="*")


def test_copy_of_nothing_is_no_such_key(s3, bucket):
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=bucket, Key="a", CopySource={"Bucket": bucket, "Key": "nothing"})
    with refused("NoSuchBucket", 404):
        s3.copy_object(Bucket=bucket, Key="a", CopySource={"Bucket": "nowhere", "Key": "a"})


def test_deleting_many_reports_each(s3, bucket):
    for key in ("a", "b", "c"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    objects = [{"Key": "a"}, {"Key": "nothing"}, {"Key": "x" * 1025}, {"Key": "b"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert [each["Key"] for each in answer["Deleted"]] == ["a", "nothing", "b"]
    assert [each["Code"] for each in answer["Errors"]] == ["KeyTooLongError"]
    markers = {each.get("DeleteMarkerVersionId") for each in answer["Deleted"]}
    assert len(markers - {None}) == 1
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksum_is_verified_kept_and_shown_on_request(s3, bucket, algorithm):
    where = {"Bucket": bucket, "Key": "a"}
    put = s3.put_object(**where, Body=DATA, ChecksumAlgorithm=algorithm)
    value = put[f"Checksum{algorithm}"]
    head = s3.head_object(**where, ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"] == value
    assert head["ChecksumType"] == "FULL_OBJECT"
    assert read(s3, **where) == DATA
    attributes = s3.get_object_attributes(
        **where, ObjectAttributes=["Checksum", "ETag", "ObjectSize", "StorageClass", "ObjectParts"]
    )
    assert attributes["Checksum"] == {f"Checksum{algorithm}": value, "ChecksumType": "FULL_OBJECT"}
    assert attributes["ETag"] == MD5
    assert attributes["ObjectSize"] == len(DATA)
    assert attributes["StorageClass"] == "STANDARD"
    assert attributes["VersionId"] == put["VersionId"]
    assert "ObjectParts" not in attributes


def test_wrong_checksum_stores_nothing(s3, bucket):
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="a", Body=DATA, ChecksumCRC32="AAAAAA==")
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="a")


def test_presigned_urls_read_and_write(s3, gateway, bucket):
    where = {"Bucket": bucket, "Key": "a b"}
    for version in ("s3", "s3v4"):
        client = connect(gateway, signature_version=version)
        url = client.generate_presigned_url("put_object", where)
        assert gateway.request("PUT", url.removeprefix(gateway.endpoint), b"x").status == 200
        url = client.generate_presigned_url("get_object", {**where, "ResponseContentType": "a/b"})
        answer = gateway.request("GET", url.removeprefix(gateway.endpoint))
        assert (answer.status, answer.body) == (200, b"x")
        assert answer.headers["content-type"] == "a/b"
        client.close()


def test_signature_version_2_is_accepted(gateway, bucket):
    client = connect(gateway, signature_version="s3")
    client.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert read(client, Bucket=bucket, Key="a") == b"1"
    client.close()


def test_write_that_asks_for_more_than_is_done_is_refused(s3, bucket):
    with pytest.raises(ClientError, match="InvalidStorageClass"):
        s3.put_object(Bucket=bucket, Key="a", Body=b"1", StorageClass="GLACIER")
    with refused("NotImplemented", 501):
        s3.put_object(Bucket=bucket, Key="a", Body=b"1", ServerSideEncryption="aws:kms")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ACL="private", ServerSideEncryption="AES256")


def test_encryption_that_was_asked_for_is_answered_by_reads(s3, bucket):
    s3.put_object(Bucket=bucket, Key="plain", Body=b"1")
    s3.put_object(Bucket=bucket, Key="asked", Body=b"1", ServerSideEncryption="AES256")
    source = {"Bucket": bucket, "Key": "asked"}
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    source = {"Bucket": bucket, "Key": "plain"}
    s3.copy_object(Bucket=bucket, Key="new", CopySource=source, ServerSideEncryption="AES256")
    for key, expected in (("plain", None), ("asked", "AES256"), ("copy", "AES256")):
        for get in (s3.head_object, s3.get_object):
            assert get(Bucket=bucket, Key=key).get("ServerSideEncryption") == expected
    assert s3.head_object(Bucket=bucket, Key="new")["ServerSideEncryption"] == "AES256"


def test_reads_do_not_ask_for_encryption(gateway, stored):
    path = f"/{stored['Bucket']}/{stored['Key']}"
    for asked in ("AES256", "aws:kms"):
        answer = gateway.request("GET", path, headers={"x-amz-server-side-encryption": asked})
        assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_subresource_that_is_not_supported_touches_nothing(s3, stored):
    with refused("NotImplemented", 501):
        s3.get_object_torrent(**stored)
    with refused("NotImplemented", 501):
        s3.restore_object(**stored, RestoreRequest={"Days": 1})
    assert read(s3, **stored) == DATA
