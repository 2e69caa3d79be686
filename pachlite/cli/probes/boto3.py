"""Tries out boto3 with its default settings."""

from typing import Any

import boto3

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, Place, big, expect, expect_in


def _client(place: Place) -> Any:  # noqa: ANN401 - made at run time
    return boto3.client(
        "s3",
        endpoint_url=place.endpoint,
        region_name=place.region,
        aws_access_key_id=place.access_key,
        aws_secret_access_key=place.secret_key,
        verify=place.ca_file or None,
    )


def version(place: Place) -> str:
    """Return the version of the library."""
    del place
    return str(boto3.__version__)


def create_bucket(place: Place) -> None:
    """Make the bucket."""
    _client(place).create_bucket(Bucket=place.bucket)


def put_object(place: Place) -> None:
    """Upload a file, twice."""
    s3 = _client(place)
    s3.put_object(Bucket=place.bucket, Key=KEY, Body=HELLO)
    s3.put_object(Bucket=place.bucket, Key=KEY, Body=HELLO * 2)


def get_object(place: Place) -> None:
    """Download it."""
    got = _client(place).get_object(Bucket=place.bucket, Key=KEY)
    expect(got["Body"].read(), HELLO * 2)


def list_objects(place: Place) -> None:
    """List by both versions of the call."""
    s3 = _client(place)
    for call in (s3.list_objects, s3.list_objects_v2):
        found = call(Bucket=place.bucket, Prefix="dir/", Delimiter="/")
        expect([each["Key"] for each in found["Contents"]], [KEY])
    expect_in(place.bucket, s3.list_buckets()["Buckets"])


def copy_object(place: Place) -> None:
    """Copy within the bucket."""
    source = {"Bucket": place.bucket, "Key": KEY}
    _client(place).copy_object(Bucket=place.bucket, Key=COPY, CopySource=source)


def delete_object(place: Place) -> None:
    """Delete the copy, as one of several."""
    s3 = _client(place)
    done = s3.delete_objects(Bucket=place.bucket, Delete={"Objects": [{"Key": COPY}]})
    expect([each["Key"] for each in done["Deleted"]], [COPY])
    s3.delete_object(Bucket=place.bucket, Key=COPY)
    expect(s3.list_objects_v2(Bucket=place.bucket)["KeyCount"], 1)


def upload_in_parts(place: Place) -> None:
    """Upload and download a large file."""
    s3 = _client(place)
    s3.upload_file(place.file("big.bin", big()), place.bucket, BIG_KEY)
    expect_in("-", s3.head_object(Bucket=place.bucket, Key=BIG_KEY)["ETag"])
    back = place.path / "back.bin"
    s3.download_file(place.bucket, BIG_KEY, str(back))
    expect(back.read_bytes() == big(), True)


def read_version(place: Place) -> None:
    """List versions and read the first."""
    s3 = _client(place)
    listed = s3.list_object_versions(Bucket=place.bucket, Prefix=KEY)["Versions"]
    expect(listed[-1]["VersionId"], place.old_version)
    got = s3.get_object(Bucket=place.bucket, Key=KEY, VersionId=place.old_version)
    expect(got["Body"].read(), HELLO)
