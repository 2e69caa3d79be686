"""Tries out the MinIO SDK for Python."""

import io
from importlib import metadata
from typing import Any

import urllib3
from minio import Minio
from minio.commonconfig import CopySource

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, MIB, Place, big, expect, expect_in


def _client(place: Place) -> Any:  # noqa: ANN401 - a library without types
    trusted = {"http_client": urllib3.PoolManager(ca_certs=place.ca_file)} if place.ca_file else {}
    return Minio(
        endpoint=place.host,
        access_key=place.access_key,
        secret_key=place.secret_key,
        secure=place.is_secure,
        **trusted,
    )


def _at(place: Place, key: str = KEY) -> dict[str, str]:
    return {"bucket_name": place.bucket, "object_name": key}


def _read(place: Place, **which: str) -> bytes:
    with _client(place).get_object(**which) as response:
        return bytes(response.data)


def version(place: Place) -> str:
    """Return the version of the library."""
    del place
    return metadata.version("minio")


def create_bucket(place: Place) -> None:
    """Make the bucket."""
    client = _client(place)
    expect(client.bucket_exists(bucket_name=place.bucket), False)
    client.make_bucket(bucket_name=place.bucket)


def put_object(place: Place) -> None:
    """Upload a file, twice."""
    for data in (HELLO, HELLO * 2):
        _client(place).put_object(**_at(place), data=io.BytesIO(data), length=len(data))


def get_object(place: Place) -> None:
    """Download it."""
    expect(_read(place, **_at(place)), HELLO * 2)


def list_objects(place: Place) -> None:
    """List a directory and the buckets."""
    client = _client(place)
    found = client.list_objects(bucket_name=place.bucket, prefix="dir/")
    expect([each.object_name for each in found], [KEY])
    expect_in(place.bucket, [each.name for each in client.list_buckets()])


def copy_object(place: Place) -> None:
    """Copy within the bucket."""
    source = CopySource(bucket_name=place.bucket, object_name=KEY)
    _client(place).copy_object(**_at(place, COPY), source=source)


def delete_object(place: Place) -> None:
    """Delete the copy."""
    client = _client(place)
    client.remove_object(**_at(place, COPY))
    left = client.list_objects(bucket_name=place.bucket, recursive=True)
    expect([each.object_name for each in left], [KEY])


def upload_in_parts(place: Place) -> None:
    """Upload and download a large file."""
    client = _client(place)
    path = place.file("big.bin", big())
    client.fput_object(**_at(place, BIG_KEY), file_path=path, part_size=5 * MIB)
    expect_in("-4", client.stat_object(**_at(place, BIG_KEY)).etag)
    expect(_read(place, **_at(place, BIG_KEY)) == big(), True)


def read_version(place: Place) -> None:
    """List versions and read the first."""
    found = _client(place).list_objects(bucket_name=place.bucket, prefix=KEY, include_version=True)
    expect([each.version_id for each in found][-1], place.old_version)
    expect(_read(place, **_at(place), version_id=place.old_version), HELLO)
