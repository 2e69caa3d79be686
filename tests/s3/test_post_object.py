"""Uploads by forms to a gateway that asks nobody: what they store, and what they answer."""

import base64
import hashlib
import zlib
from urllib.parse import quote

import pytest

from tests.s3.forms import policy, post

MIB = 1024 * 1024
SIGNED = {"AWSAccessKeyId": "any", "signature": "any"}
TAGGING = "<Tagging><TagSet><Tag><Key>team</Key><Value>a b</Value></Tag></TagSet></Tagging>"


def stored(gateway, bucket, key="a.txt"):
    answer = gateway.request("GET", f"/{bucket}/{quote(key)}")
    return answer.body if answer.status == 200 else answer.code


def test_form_stores_its_file_in_one_commit(gateway, bucket, s3):
    answer = post(gateway, {"key": "a.txt"}, bucket=bucket)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["etag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert answer.headers["location"] == f"{gateway.endpoint}/{bucket}/a.txt"
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [each["VersionId"] for each in versions] == [answer.headers["x-amz-version-id"]]
    assert stored(gateway, bucket) == b"hello"


@pytest.mark.parametrize("size", [0, 1, MIB, 3 * MIB + 1])
def test_file_of_any_size_arrives_whole(gateway, bucket, size):
    data = hashlib.shake_128(b"seed").digest(size)
    assert post(gateway, {"key": "a.txt"}, data, bucket=bucket).status == 204
    assert stored(gateway, bucket) == data


def test_fields_are_kept_with_the_object(gateway, bucket, s3):
    fields = {
        "key": "dir/${filename}",
        "Content-Type": "text/csv",
        "Cache-Control": "no-cache",
        "Content-Disposition": "attachment",
        "x-amz-meta-Team": "vision",
        "acl": "private",
        "tagging": TAGGING,
        "x-amz-storage-class": "STANDARD",
        "x-ignore-me": "x",
        "submit": "Upload",
    }
    assert post(gateway, fields, bucket=bucket, file_name="C:\\me\\ü.csv").status == 204
    shown = s3.get_object(Bucket=bucket, Key="dir/ü.csv")
    assert shown["Body"].read() == b"hello"
    assert (shown["ContentType"], shown["CacheControl"]) == ("text/csv", "no-cache")
    assert (shown["ContentDisposition"], shown["Metadata"]) == ("attachment", {"team": "vision"})
    tags = s3.get_object_tagging(Bucket=bucket, Key="dir/ü.csv")["TagSet"]
    assert tags == [{"Key": "team", "Value": "a b"}]


@pytest.mark.parametrize(
    ("status", "expected"), [("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204)]
)
def test_form_says_what_status_means_success(gateway, bucket, status, expected):
    fields = {"key": "d/a&b", "success_action_status": status}
    answer = post(gateway, fields, bucket=bucket)
    assert answer.status == expected
    if expected == 201:
        etag = hashlib.md5(b"hello").hexdigest()
        assert answer.body.endswith(
            f"<PostResponse><Location>{gateway.endpoint}/{bucket}/d%2Fa%26b</Location>"
            f"<Bucket>{bucket}</Bucket><Key>d/a&amp;b</Key>"
            f"<ETag>&quot;{etag}&quot;</ETag></PostResponse>".encode()
        )
    else:
        assert answer.body == b""


@pytest.mark.parametrize("name", ["success_action_redirect", "redirect"])
def test_form_says_where_to_go_next(gateway, bucket, name):
    for target, mark in (("http://x.example/done", "?"), ("https://x.example/?a=1", "&")):
        answer = post(gateway, {"key": "a b.txt", name: target}, bucket=bucket)
        etag = hashlib.md5(b"hello").hexdigest()
        query = f"bucket={bucket}&key=a+b.txt&etag=%22{etag}%22"
        assert (answer.status, answer.headers["location"]) == (303, f"{target}{mark}{query}")


@pytest.mark.parametrize("target", ["javascript:alert(1)", "/done", "http://", "http://x\r\ny: z"])
def test_redirect_that_is_no_address_is_ignored(gateway, bucket, target):
    answer = post(gateway, {"key": "a", "success_action_redirect": target}, bucket=bucket)
    assert answer.status == 204
    assert "y" not in answer.headers


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "InvalidArgument"),
        ({"key": ""}, 400, "InvalidArgument"),
        ({"key": "k" * 1025}, 400, "KeyTooLongError"),
        ({"key": "a.txt", "tagging": "<Tagging"}, 400, "MalformedXML"),
        ({"key": "a.txt", "acl": "public"}, 400, "InvalidArgument"),
        ({"key": "a.txt", "x-amz-storage-class": "COLD"}, 400, "InvalidStorageClass"),
        ({"key": "a.txt", "content-md5": base64.b64encode(bytes(16)).decode()}, 400, "BadDigest"),
        ({"key": "a.txt", "x-amz-checksum-crc32": "AAAAAA=="}, 400, "BadDigest"),
        ({"key": "a.txt", "x-amz-meta-a": "x" * 3000}, 400, "MetadataTooLarge"),
        ({"key": "a.txt", "policy": "x"}, 400, "InvalidPolicyDocument"),
        ({"key": "a.txt", **SIGNED}, 400, "InvalidArgument"),
        ({"key": "a.txt", "policy": "!", **SIGNED}, 400, "InvalidPolicyDocument"),
    ],
)
def test_form_that_makes_no_sense_stores_nothing(gateway, bucket, fields, status, code):
    post(gateway, {"key": "a.txt"}, b"before", bucket=bucket)
    answer = post(gateway, fields, bucket=bucket)
    assert (answer.status, answer.code) == (status, code)
    assert stored(gateway, bucket) == b"before"


@pytest.mark.parametrize(
    ("conditions", "replaced", "status", "code"),
    [
        ([["starts-with", "$key", "a"]], {}, 204, ""),
        ([["StArTs-WiTh", "$KeY", "a"]], {}, 204, ""),
        ([["starts-with", "$key", "b"]], {}, 403, "AccessDenied"),
        ([], {}, 403, "AccessDenied"),
        ([{"key": "a.txt"}], {"minutes": -5}, 403, "AccessDenied"),
        ([{"key": "a.txt"}, ["eq", "$x-amz-meta-a", "1"]], {}, 403, "AccessDenied"),
        ([{"key": "a.txt"}, ["content-length-range", 0, 5]], {}, 204, ""),
        ([{"key": "a.txt"}, ["content-length-range", 0, 4]], {}, 400, "EntityTooLarge"),
        ([{"key": "a.txt"}, ["content-length-range", 6, 9]], {}, 400, "EntityTooSmall"),
        ([{"key": "a.txt"}, ["content-length-range", 0]], {}, 400, "InvalidPolicyDocument"),
        ([{"key": "a.txt"}, {}], {}, 400, "InvalidPolicyDocument"),
        ([], {"expiration": None}, 400, "InvalidPolicyDocument"),
        ([], {"conditions": None}, 400, "InvalidPolicyDocument"),
    ],
)
def test_policy_holds_even_where_nobody_is_asked(
    gateway, bucket, conditions, replaced, status, code
):
    allowed = policy({"bucket": bucket}, *conditions, **replaced)
    answer = post(gateway, {"key": "a.txt", "policy": allowed, **SIGNED}, bucket=bucket)
    assert (answer.status, answer.code) == (status, code)
    assert stored(gateway, bucket) == (b"hello" if status == 204 else "NoSuchKey")


def test_policy_of_another_bucket_is_none_of_this_one(gateway, bucket):
    allowed = policy({"bucket": "other"}, ["starts-with", "$key", ""])
    answer = post(gateway, {"key": "a.txt", "policy": allowed, **SIGNED}, bucket=bucket)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    unnamed = policy(["starts-with", "$key", ""])
    answer = post(gateway, {"key": "a.txt", "policy": unnamed, **SIGNED}, bucket=bucket)
    assert b"Extra input fields: bucket" in answer.body


def test_right_digests_are_taken(gateway, bucket):
    fields = {
        "key": "a.txt",
        "content-md5": base64.b64encode(hashlib.md5(b"hello").digest()).decode(),
        "x-amz-checksum-crc32": base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode(),
    }
    assert post(gateway, fields, bucket=bucket).status == 204


def test_form_without_a_file_or_a_bucket_or_an_end_is_refused(gateway, bucket):
    answer = post(gateway, {"key": "a.txt"}, None, bucket=bucket)
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert b"exactly one file" in answer.body
    assert post(gateway, {"key": "a.txt"}, bucket="nowhere").code == "NoSuchBucket"
    kind = {"content-type": "multipart/form-data; boundary=x"}
    head = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na.txt\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello'
    for body, code in (
        (b"", "MalformedPOSTRequest"),
        (head, "MalformedPOSTRequest"),
        (head + file, "IncompleteBody"),
        (b"a=b&c=d", "MalformedPOSTRequest"),
    ):
        assert gateway.request("POST", f"/{bucket}", body, kind).code == code
    plain = {"content-type": "application/x-www-form-urlencoded"}
    assert gateway.request("POST", f"/{bucket}", b"a=b", plain).code == "PreconditionFailed"
    assert stored(gateway, bucket) == "NoSuchKey"


def test_form_to_a_commit_is_refused(gateway, bucket):
    commit = post(gateway, {"key": "a.txt"}, bucket=bucket).headers["x-amz-version-id"]
    answer = post(gateway, {"key": "b.txt"}, bucket=f"{commit}.{bucket}")
    assert (answer.status, answer.code) == (403, "AccessDenied")
