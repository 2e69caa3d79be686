"""Checksums of uploads through boto3: what is declared, verified, kept and shown."""

import base64
import hashlib
import zlib

import pytest

from pachlite.pfs.sums import ALGORITHMS, digest_of, encode
from tests.s3.conftest import connect
from tests.s3.refusals import refused

DATA = b"some data" * 100


@pytest.fixture
def plain(gateway):
    """A client that declares no checksum unless it is told to."""
    client = connect(gateway, request_checksum_calculation="when_required")
    yield client
    client.close()


@pytest.fixture
def where(bucket):
    return {"Bucket": bucket, "Key": "a"}


def put(gateway, where, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return gateway.request("PUT", f"/{where['Bucket']}/{where['Key']}", DATA, names)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_is_verified_and_shown(gateway, s3, where, algorithm):
    header = f"x_amz_checksum_{algorithm.lower()}"
    value = encode(digest_of(algorithm, DATA))
    answer = put(gateway, where, **{header: value})
    assert answer.status == 200
    assert answer.headers[header.replace("_", "-")] == value
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    wrong = encode(bytes(ALGORITHMS[algorithm].width_bytes))
    assert put(gateway, where, **{header: wrong}).code == "BadDigest"
    assert put(gateway, where, **{header: "AAA="}).code == "InvalidRequest"
    path = f"/{where['Bucket']}/{where['Key']}"
    shown = gateway.request("HEAD", path, headers={"x-amz-checksum-mode": "ENABLED"})
    assert shown.headers[header.replace("_", "-")] == value


def test_object_without_a_declared_checksum_gets_one(plain, where):
    put = plain.put_object(**where, Body=DATA)
    value = encode(digest_of("CRC64NVME", DATA))
    assert (put["ChecksumCRC64NVME"], put["ChecksumType"]) == (value, "FULL_OBJECT")
    assert plain.head_object(**where, ChecksumMode="ENABLED")["ChecksumCRC64NVME"] == value


def test_upload_without_a_declared_checksum_gets_one(plain, where):
    upload = {**where, "UploadId": plain.create_multipart_upload(**where)["UploadId"]}
    part = bytes(5 * 1024 * 1024)
    parts = []
    for number, body in enumerate((part, DATA), 1):
        sent = plain.upload_part(**upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    assert not any("Checksum" in name for name in plain.list_parts(**upload)["Parts"][0])
    done = plain.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    value = encode(digest_of("CRC64NVME", part + DATA))
    assert (done["ChecksumCRC64NVME"], done["ChecksumType"]) == (value, "FULL_OBJECT")
    head = plain.head_object(**where, ChecksumMode="ENABLED")
    assert (head["ChecksumCRC64NVME"], head["ChecksumType"]) == (value, "FULL_OBJECT")


def test_declarations_that_contradict_each_other_are_refused(gateway, where):
    crc32 = encode(digest_of("CRC32", DATA))
    sha1 = encode(digest_of("SHA1", DATA))
    for headers in (
        {"x_amz_checksum_crc32": crc32, "x_amz_checksum_sha1": sha1},
        {"x_amz_checksum_crc32": crc32, "x_amz_sdk_checksum_algorithm": "SHA1"},
        {"x_amz_sdk_checksum_algorithm": "CRC32"},
    ):
        assert put(gateway, where, **headers).code == "InvalidRequest"


def test_parts_carry_the_checksum_that_the_upload_was_begun_with(plain, where):
    composite = plain.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")
    upload = {**where, "UploadId": composite["UploadId"], "PartNumber": 1, "Body": DATA}
    with refused("InvalidRequest", 400):
        plain.upload_part(**upload)
    with refused("InvalidRequest", 400):
        plain.upload_part(**upload, ChecksumAlgorithm="CRC32")
    plain.upload_part(**upload, ChecksumAlgorithm="SHA256")
    whole = plain.create_multipart_upload(
        **where, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"
    )
    sent = plain.upload_part(**{**upload, "UploadId": whole["UploadId"]})
    assert sent["ChecksumCRC32"] == base64.b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode()


def test_completion_names_the_checksums_of_its_parts(s3, where):
    created = s3.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")
    upload = {**where, "UploadId": created["UploadId"]}
    sent = s3.upload_part(**upload, PartNumber=1, Body=DATA, ChecksumAlgorithm="SHA256")
    part = {"PartNumber": 1, "ETag": sent["ETag"]}
    right, wrong = sent["ChecksumSHA256"], encode(bytes(32))
    for named, code in (
        ({}, "InvalidRequest"),
        ({"ChecksumSHA256": wrong}, "InvalidPart"),
        ({"ChecksumCRC32": "AAAAAA=="}, "BadDigest"),
        ({"ChecksumSHA256": "AAAA"}, "InvalidArgument"),
        ({"ChecksumSHA256": right, "ChecksumCRC32": "AAAAAA=="}, "InvalidArgument"),
    ):
        with refused(code, 400):
            s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{**part, **named}]})
    complete = {**upload, "MultipartUpload": {"Parts": [{**part, "ChecksumSHA256": right}]}}
    for options in (
        {"ChecksumType": "FULL_OBJECT"},
        {"MpuObjectSize": len(DATA) + 1},
        {"ChecksumSHA256": "what"},
    ):
        with refused("InvalidRequest", 400):
            s3.complete_multipart_upload(**complete, **options)
    with refused("BadDigest", 400):
        s3.complete_multipart_upload(**complete, ChecksumSHA256=f"{wrong}-1")
    digest = encode(hashlib.sha256(base64.b64decode(right)).digest())
    done = s3.complete_multipart_upload(
        **complete, ChecksumSHA256=f"{digest}-1", ChecksumType="COMPOSITE", MpuObjectSize=len(DATA)
    )
    assert done["ChecksumSHA256"] == f"{digest}-1"
    head = s3.head_object(**where, ChecksumMode="ENABLED")
    assert (head["ChecksumSHA256"], head["ChecksumType"]) == (f"{digest}-1", "COMPOSITE")
    first = s3.head_object(**where, ChecksumMode="ENABLED", PartNumber=1)
    assert first["PartsCount"] == 1
    shown = s3.get_object_attributes(**where, ObjectAttributes=["Checksum", "ObjectParts"])
    assert shown["Checksum"] == {"ChecksumSHA256": digest, "ChecksumType": "COMPOSITE"}
    assert shown["ObjectParts"]["Parts"][0]["ChecksumSHA256"] == right


def test_part_of_an_object_comes_with_its_own_checksum(s3, where):
    created = s3.create_multipart_upload(
        **where, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"
    )
    upload = {**where, "UploadId": created["UploadId"]}
    parts = []
    for number, body in enumerate((bytes(5 * 1024 * 1024), DATA), 1):
        sent = s3.upload_part(**upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    second = s3.get_object(**where, PartNumber=2, ChecksumMode="ENABLED")
    assert second["ChecksumCRC32"] == encode(digest_of("CRC32", DATA))
    assert (second["PartsCount"], second["Body"].read()) == (2, DATA)
    ranged = s3.get_object(**where, Range="bytes=0-4", ChecksumMode="ENABLED")
    assert ranged["Body"].read() == bytes(5)
    assert "ChecksumCRC32" not in ranged


def test_copy_gets_another_checksum_on_request(s3, bucket, where):
    s3.put_object(**where, Body=DATA, ChecksumAlgorithm="CRC32")
    kept = s3.copy_object(Bucket=bucket, Key="kept", CopySource=where)["CopyObjectResult"]
    assert kept["ChecksumCRC32"] == encode(digest_of("CRC32", DATA))
    other = s3.copy_object(
        Bucket=bucket, Key="other", CopySource=where, ChecksumAlgorithm="SHA256"
    )["CopyObjectResult"]
    assert other["ChecksumSHA256"] == encode(hashlib.sha256(DATA).digest())
    assert "ChecksumCRC32" not in other
    head = s3.head_object(Bucket=bucket, Key="other", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == other["ChecksumSHA256"]
