"""The gateway through the MinIO SDK, which checks its own idea of S3."""

from tests.s3.clients import run_script

HEADER = """
import io, os
from minio import Minio
from minio.error import S3Error
from minio.commonconfig import CopySource, ComposeSource, REPLACE, Tags
from minio.deleteobjects import DeleteObject
from urllib.parse import urlsplit

endpoint = urlsplit(os.environ["ENDPOINT"]).netloc
client = Minio(endpoint=endpoint, access_key="any", secret_key="secretkey", secure=False)
MIB = 1024 * 1024

def read(*args, **kwargs):
    response = client.get_object(*args, **kwargs)
    try:
        return response.read()
    finally:
        response.close()
        response.release_conn()

def put(bucket, key, data, **kwargs):
    return client.put_object(
        bucket_name=bucket, object_name=key, data=io.BytesIO(data), length=len(data), **kwargs
    )
"""


def check(gateway, tmp_path, script):
    run_script("minio", HEADER + script, gateway, cwd=tmp_path)


def test_buckets_come_and_go(gateway, tmp_path):
    check(
        gateway,
        tmp_path,
        """
assert not client.bucket_exists(bucket_name="minio-come")
client.make_bucket(bucket_name="minio-come")
assert client.bucket_exists(bucket_name="minio-come")
assert "minio-come" in [bucket.name for bucket in client.list_buckets()]
assert client.get_bucket_versioning(bucket_name="minio-come").status == "Enabled"
client.remove_bucket(bucket_name="minio-come")
assert not client.bucket_exists(bucket_name="minio-come")
""",
    )


def test_objects_of_one_and_of_several_parts(gateway, tmp_path):
    check(
        gateway,
        tmp_path,
        """
client.make_bucket(bucket_name="minio-objects")
for key, data in {"small": b"hello", "empty": b"", "dir/big": os.urandom(11 * MIB)}.items():
    written = put("minio-objects", key, data, part_size=5 * MIB, metadata={"a": "1"})
    stat = client.stat_object(bucket_name="minio-objects", object_name=key)
    assert (stat.size, stat.version_id, stat.etag) == (
        len(data), written.version_id, written.etag
    )
    assert stat.metadata["x-amz-meta-a"] == "1"
    assert read(bucket_name="minio-objects", object_name=key) == data
    assert read(
        bucket_name="minio-objects", object_name=key, version_id=written.version_id
    ) == data
assert read(
    bucket_name="minio-objects", object_name="small", offset=1, length=3
) == b"ell"
unknown = io.BytesIO(os.urandom(6 * MIB))
client.put_object(
    bucket_name="minio-objects", object_name="unknown", data=unknown, length=-1, part_size=5 * MIB
)
assert client.stat_object(
    bucket_name="minio-objects", object_name="unknown"
).size == 6 * MIB
try:
    read(bucket_name="minio-objects", object_name="nothing")
    raise SystemExit("it was there")
except S3Error as error:
    assert error.code == "NoSuchKey"
""",
    )


def test_listing_copying_composing_and_removing(gateway, tmp_path):
    check(
        gateway,
        tmp_path,
        """
bucket = "minio-lists"
client.make_bucket(bucket_name=bucket)
for key in ("a", "d/1", "d/2", "ü +%"):
    put(bucket, key, key.encode())
def names(**kwargs):
    return [each.object_name for each in client.list_objects(bucket_name=bucket, **kwargs)]
assert sorted(names()) == ["a", "d/", "ü +%"]
assert names(recursive=True) == ["a", "d/1", "d/2", "ü +%"]
assert names(recursive=True, use_api_v1=True) == ["a", "d/1", "d/2", "ü +%"]
assert names(prefix="d/", start_after="d/1") == ["d/2"]
source = CopySource(bucket_name=bucket, object_name="ü +%")
client.copy_object(bucket_name=bucket, object_name="copy", source=source)
assert read(bucket_name=bucket, object_name="copy") == "ü +%".encode()
put(bucket, "part", b"x" * 5 * MIB)
client.compose_object(
    bucket_name=bucket,
    object_name="composed",
    sources=[
        ComposeSource(bucket_name=bucket, object_name="part"),
        ComposeSource(bucket_name=bucket, object_name="a"),
    ],
)
assert read(bucket_name=bucket, object_name="composed") == b"x" * 5 * MIB + b"a"
put(bucket, "a", b"newer")
versions = [
    each for each in client.list_objects(bucket_name=bucket, prefix="a", include_version=True)
]
assert len(versions) == 2 and versions[0].is_latest == "true"
doomed = [DeleteObject(name=name) for name in names(recursive=True)]
errors = list(client.remove_objects(bucket_name=bucket, delete_object_list=doomed))
assert errors == [] and names() == []
""",
    )


def test_tags_and_presigned_urls(gateway, tmp_path):
    check(
        gateway,
        tmp_path,
        """
import urllib3
client.make_bucket(bucket_name="minio-signed")
tags = Tags.new_object_tags()
tags["team"] = "vision"
put("minio-signed", "a", b"1", tags=tags)
shown = client.get_object_tags(bucket_name="minio-signed", object_name="a")
assert dict(shown) == {"team": "vision"}
url = client.presigned_put_object(bucket_name="minio-signed", object_name="b")
assert urllib3.request("PUT", url, body=b"2").status == 200
url = client.presigned_get_object(bucket_name="minio-signed", object_name="b")
assert urllib3.request("GET", url).data == b"2"
""",
    )
