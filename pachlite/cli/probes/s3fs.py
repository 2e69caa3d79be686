"""Tries out s3fs, the file system of fsspec."""

from typing import Any

import s3fs

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, MIB, Place, big, expect, expect_in


def _fs(place: Place, **options: bool) -> Any:  # noqa: ANN401 - a library without types
    return s3fs.S3FileSystem(
        key=place.access_key,
        secret=place.secret_key,
        endpoint_url=place.endpoint,
        client_kwargs={"verify": place.ca_file} if place.ca_file else {},
        **options,
    )


def version(place: Place) -> str:
    """Return the version of the library."""
    del place
    return str(s3fs.__version__)


def create_bucket(place: Place) -> None:
    """Make the bucket."""
    _fs(place).mkdir(place.bucket)


def put_object(place: Place) -> None:
    """Write a file, twice."""
    fs = _fs(place)
    fs.pipe(f"{place.bucket}/{KEY}", HELLO)
    with fs.open(f"{place.bucket}/{KEY}", "wb") as file:
        file.write(HELLO * 2)


def get_object(place: Place) -> None:
    """Read it."""
    with _fs(place).open(f"{place.bucket}/{KEY}") as file:
        expect(file.read(), HELLO * 2)


def list_objects(place: Place) -> None:
    """List a directory and the buckets."""
    fs = _fs(place)
    fs.invalidate_cache()
    expect(fs.ls(f"{place.bucket}/dir", detail=False), [f"{place.bucket}/{KEY}"])
    expect(fs.glob(f"{place.bucket}/**/*.txt"), [f"{place.bucket}/{KEY}"])
    expect_in(place.bucket, fs.ls("", detail=False))


def copy_object(place: Place) -> None:
    """Copy within the bucket."""
    _fs(place).copy(f"{place.bucket}/{KEY}", f"{place.bucket}/{COPY}")


def delete_object(place: Place) -> None:
    """Delete the copy."""
    fs = _fs(place)
    fs.rm(f"{place.bucket}/{COPY}")
    expect(fs.find(place.bucket), [f"{place.bucket}/{KEY}"])


def upload_in_parts(place: Place) -> None:
    """Write and read a large file."""
    fs = _fs(place)
    with fs.open(f"{place.bucket}/{BIG_KEY}", "wb", block_size=5 * MIB) as file:
        file.write(big())
    expect_in("-", fs.info(f"{place.bucket}/{BIG_KEY}")["ETag"])
    expect(fs.cat(f"{place.bucket}/{BIG_KEY}") == big(), True)


def read_version(place: Place) -> None:
    """List versions and read the first."""
    fs = _fs(place, version_aware=True)
    listed = fs.object_version_info(f"{place.bucket}/{KEY}")
    expect(listed[-1]["VersionId"], place.old_version)
    with fs.open(f"{place.bucket}/{KEY}", version_id=place.old_version) as file:
        expect(file.read(), HELLO)
