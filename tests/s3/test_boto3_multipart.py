"""Multipart uploads through boto3."""

import base64
import hashlib
import io
import zlib

import pytest
from boto3.s3.transfer import TransferConfig

from tests.s3.refusals import refused

MIB = 1024 * 1024
PARTS = [hashlib.shake_128(bytes([n])).digest(5 * MIB) for n in range(2)] + [b"the end"]
WHOLE = b"".join(PARTS)
ETAG = '"{}-{}"'.format(
    hashlib.md5(b"".join(hashlib.md5(part).digest() for part in PARTS)).hexdigest(), len(PARTS)
)


@pytest.fixture
def upload(s3, bucket):
    """An upload that has begun."""
    where = {"Bucket": bucket, "Key": "dir/big"}
    return {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}


def send(s3, upload, numbers=(1, 2, 3), **options):
    """Upload the parts, last one first, and return how they are named at the end."""
    named = []
    for number, part in sorted(zip(numbers, PARTS, strict=True), reverse=True):
        sent = s3.upload_part(**upload, PartNumber=number, Body=part, **options)
        named.append({"PartNumber": number, **kept(sent)})
    return {"Parts": named[::-1]}


def kept(sent):
    """Return what a client has to say of a part when it completes the upload."""
    return {name: value for name, value in sent.items() if name == "ETag" or "Checksum" in name}


def read(s3, upload, **options):
    return s3.get_object(Bucket=upload["Bucket"], Key=upload["Key"], **options)["Body"].read()


def test_parts_become_one_object_and_one_version(s3, upload):
    done = s3.complete_multipart_upload(**upload, MultipartUpload=send(s3, upload))
    assert done["ETag"] == ETAG
    assert read(s3, upload) == WHOLE
    listed = s3.list_object_versions(Bucket=upload["Bucket"])["Versions"]
    assert [(each["VersionId"], each["ETag"]) for each in listed] == [(done["VersionId"], ETAG)]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=upload["Bucket"])


def test_completing_again_answers_the_same(s3, upload):
    parts = send(s3, upload)
    first = s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    again = s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert (first["ETag"], first["VersionId"]) == (again["ETag"], again["VersionId"])


def test_parts_may_have_gaps_in_their_numbers_and_can_be_read_one_by_one(s3, upload):
    parts = send(s3, upload, (2, 30, 10_000))
    s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    where = {"Bucket": upload["Bucket"], "Key": upload["Key"]}
    got = s3.get_object(**where, PartNumber=30)
    assert got["Body"].read() == PARTS[1]
    assert got["PartsCount"] == 3
    assert s3.head_object(**where, PartNumber=10_000)["ContentLength"] == len(PARTS[2])
    with refused("InvalidPartNumber", 416):
        s3.get_object(**where, PartNumber=3)
    with refused("InvalidRequest", 400):
        s3.get_object(**where, PartNumber=2, Range="bytes=0-1")


def test_object_that_was_put_at_once_is_part_one(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"abc")
    got = s3.get_object(Bucket=bucket, Key="a", PartNumber=1)
    assert (got["Body"].read(), got["ContentRange"]) == (b"abc", "bytes 0-2/3")


def test_metadata_is_declared_when_the_upload_begins(s3, bucket):
    where = {"Bucket": bucket, "Key": "a"}
    upload = s3.create_multipart_upload(
        **where, ContentType="text/csv", Metadata={"m": "1"}, Tagging="t=1"
    )
    upload = {**where, "UploadId": upload["UploadId"]}
    s3.complete_multipart_upload(**upload, MultipartUpload=send(s3, upload))
    head = s3.head_object(**where)
    assert (head["ContentType"], head["Metadata"], head["TagCount"]) == ("text/csv", {"m": "1"}, 1)


def test_part_may_be_sent_again(s3, upload):
    s3.upload_part(**upload, PartNumber=1, Body=b"wrong")
    s3.complete_multipart_upload(**upload, MultipartUpload=send(s3, upload))
    assert read(s3, upload) == WHOLE


def test_parts_are_listed(s3, upload):
    send(s3, upload)
    parts = s3.list_parts(**upload)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in parts] == [
        (number, len(part)) for number, part in enumerate(PARTS, 1)
    ]
    pages = list(
        s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2})
    )
    assert [part["PartNumber"] for page in pages for part in page["Parts"]] == [1, 2, 3]
    assert len(pages) == 2


def test_uploads_are_listed_by_key_and_in_pages(s3, bucket):
    keys = ["a/1", "a/2", "b", "b", "c"]
    for key in keys:
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    paginator = s3.get_paginator("list_multipart_uploads")
    for size in (1, 2, 1000):
        pages = paginator.paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
        assert [each["Key"] for page in pages for each in page["Uploads"]] == keys
        pages = list(
            paginator.paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size})
        )
        assert [each["Key"] for page in pages for each in page.get("Uploads", [])] == keys[2:]
        prefixes = [each for page in pages for each in page.get("CommonPrefixes", [])]
        assert prefixes == [{"Prefix": "a/"}]
    only = s3.list_multipart_uploads(Bucket=bucket, Prefix="a/")
    assert [each["Key"] for each in only["Uploads"]] == keys[:2]


def test_aborted_upload_is_gone(s3, upload):
    parts = send(s3, upload)
    s3.abort_multipart_upload(**upload)
    for call in (s3.list_parts, s3.abort_multipart_upload):
        with refused("NoSuchUpload", 404):
            call(**upload)
    with refused("NoSuchUpload", 404):
        s3.upload_part(**upload, PartNumber=1, Body=b"x")
    with refused("NoSuchUpload", 404):
        s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=upload["Bucket"], Key=upload["Key"])


def test_upload_belongs_to_its_key(s3, upload):
    other = {**upload, "Key": "other"}
    with refused("NoSuchUpload", 404):
        s3.upload_part(**other, PartNumber=1, Body=b"x")
    with refused("NoSuchUpload", 404):
        s3.list_parts(**other)


def test_parts_that_do_not_fit_are_refused_and_nothing_is_lost(s3, upload):
    parts = send(s3, upload)["Parts"]

    def complete(chosen):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": chosen})

    with refused("InvalidPartOrder", 400):
        complete(parts[::-1])
    with refused("InvalidPart", 400):
        complete([{**parts[0], "ETag": parts[1]["ETag"]}])
    with refused("InvalidPart", 400):
        complete([*parts, {**parts[2], "PartNumber": 4}])
    s3.upload_part(**upload, PartNumber=4, Body=b"behind a small one")
    with refused("EntityTooSmall", 400):
        complete(
            [*parts, {"PartNumber": 4, "ETag": hashlib.md5(b"behind a small one").hexdigest()}]
        )
    with refused("MalformedXML", 400):
        complete([])
    complete(parts)
    assert read(s3, upload) == WHOLE


@pytest.mark.parametrize("number", [0, 10_001])
def test_part_number_outside_the_limits_is_refused(s3, upload, number):
    with refused("InvalidArgument", 400):
        s3.upload_part(**upload, PartNumber=number, Body=b"x")


def test_conditional_completion(s3, upload):
    parts = send(s3, upload)
    s3.put_object(Bucket=upload["Bucket"], Key=upload["Key"], Body=b"quicker")
    with refused("PreconditionFailed", 412):
        s3.complete_multipart_upload(**upload, MultipartUpload=parts, IfNoneMatch="*")
    assert read(s3, upload) == b"quicker"
    s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert read(s3, upload) == WHOLE


@pytest.mark.parametrize("algorithm", ["", "CRC32"])
def test_parts_are_copied_from_objects(s3, bucket, algorithm):
    s3.put_object(Bucket=bucket, Key="source", Body=WHOLE)
    where = {"Bucket": bucket, "Key": "copy"}
    options = {"ChecksumAlgorithm": algorithm} if algorithm else {}
    upload = {**where, "UploadId": s3.create_multipart_upload(**where, **options)["UploadId"]}
    source = {"CopySource": {"Bucket": bucket, "Key": "source"}}
    ranges = [f"bytes=0-{6 * MIB - 1}", f"bytes={6 * MIB}-{len(WHOLE) - 1}"]
    parts = []
    for number, wanted in enumerate(ranges, 1):
        copied = s3.upload_part_copy(**upload, **source, PartNumber=number, CopySourceRange=wanted)
        parts.append({"PartNumber": number, **kept(copied["CopyPartResult"])})
    with refused("InvalidArgument", 400):
        s3.upload_part_copy(
            **upload, **source, PartNumber=3, CopySourceRange=f"bytes=0-{len(WHOLE)}"
        )
    with refused("InvalidArgument", 400):
        s3.upload_part_copy(**upload, **source, PartNumber=3, CopySourceRange="bytes=0-")
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert read(s3, upload) == WHOLE


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def test_checksums_of_parts_make_one_of_the_whole(s3, bucket):
    where = {"Bucket": bucket, "Key": "a"}
    created = s3.create_multipart_upload(
        **where, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"
    )
    assert (created["ChecksumAlgorithm"], created["ChecksumType"]) == ("CRC32", "FULL_OBJECT")
    upload = {**where, "UploadId": created["UploadId"]}
    parts = send(s3, upload)
    assert s3.list_parts(**upload)["Parts"][2]["ChecksumCRC32"] == crc32(PARTS[2])
    with refused("BadDigest", 400):
        s3.complete_multipart_upload(**upload, MultipartUpload=parts, ChecksumCRC32=crc32(b"x"))
    done = s3.complete_multipart_upload(
        **upload, MultipartUpload=parts, ChecksumCRC32=crc32(WHOLE), MpuObjectSize=len(WHOLE)
    )
    assert done["ChecksumCRC32"] == crc32(WHOLE)
    assert read(s3, upload) == WHOLE
    shown = s3.get_object_attributes(**where, ObjectAttributes=["Checksum", "ObjectParts"])
    assert shown["Checksum"]["ChecksumCRC32"] == crc32(WHOLE)
    assert shown["ObjectParts"]["TotalPartsCount"] == 3
    assert [part["ChecksumCRC32"] for part in shown["ObjectParts"]["Parts"]] == list(
        map(crc32, PARTS)
    )


def test_checksum_over_the_checksums_of_parts_says_so(s3, bucket):
    where = {"Bucket": bucket, "Key": "a"}
    created = s3.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")
    upload = {**where, "UploadId": created["UploadId"]}
    s3.complete_multipart_upload(
        **upload, MultipartUpload=send(s3, upload, ChecksumAlgorithm="SHA256")
    )
    digests = b"".join(hashlib.sha256(part).digest() for part in PARTS)
    value = base64.b64encode(hashlib.sha256(digests).digest()).decode()
    head = s3.head_object(**where, ChecksumMode="ENABLED")
    assert (head["ChecksumSHA256"], head["ChecksumType"]) == (f"{value}-3", "COMPOSITE")
    assert read(s3, upload) == WHOLE


def test_checksum_type_that_cannot_be_is_refused(s3, bucket):
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(
            Bucket=bucket, Key="a", ChecksumAlgorithm="SHA256", ChecksumType="FULL_OBJECT"
        )


def test_managed_transfers_up_across_and_down(s3, bucket):
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(WHOLE), bucket, "up", Config=config)
    s3.copy({"Bucket": bucket, "Key": "up"}, bucket, "across", Config=config)
    down = io.BytesIO()
    s3.download_fileobj(bucket, "across", down, Config=config)
    assert down.getvalue() == WHOLE
