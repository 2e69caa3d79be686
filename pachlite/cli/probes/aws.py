"""Tries out the AWS command line, version 1 or 2."""

import json

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, Place, big, expect, expect_in


def _aws(place: Place, *words: str, data: bytes = b"") -> str:
    return place.run("--profile", "pachlite", *words, data=data)


def version(place: Place) -> str:
    """Return `1.46.3`."""
    return place.run("--version").partition("/")[2].partition(" ")[0]


def create_bucket(place: Place) -> None:
    """Make the bucket."""
    _aws(place, "s3", "mb", f"s3://{place.bucket}")


def put_object(place: Place) -> None:
    """Upload a file, twice."""
    path = place.file("hello.txt", HELLO)
    _aws(place, "s3", "cp", path, f"s3://{place.bucket}/{KEY}")
    _aws(place, "s3", "cp", "-", f"s3://{place.bucket}/{KEY}", data=HELLO * 2)


def get_object(place: Place) -> None:
    """Download it."""
    shown = _aws(place, "s3", "cp", f"s3://{place.bucket}/{KEY}", "-")
    expect(shown, (HELLO * 2).decode())


def list_objects(place: Place) -> None:
    """List a directory."""
    expect_in("hello.txt", _aws(place, "s3", "ls", f"s3://{place.bucket}/dir/"))


def copy_object(place: Place) -> None:
    """Copy within the bucket."""
    _aws(place, "s3", "cp", f"s3://{place.bucket}/{KEY}", f"s3://{place.bucket}/{COPY}")


def delete_object(place: Place) -> None:
    """Delete the copy."""
    shown = _aws(place, "s3", "rm", f"s3://{place.bucket}/{COPY}")
    expect_in(f"delete: s3://{place.bucket}/{COPY}", shown)


def upload_in_parts(place: Place) -> None:
    """Upload and download a large file."""
    path = place.file("big.bin", big())
    _aws(place, "s3", "cp", "--quiet", path, f"s3://{place.bucket}/{BIG_KEY}")
    where = ("--bucket", place.bucket, "--key", BIG_KEY)
    head = json.loads(_aws(place, "s3api", "head-object", *where, "--output", "json"))
    expect_in("-", head["ETag"])
    _aws(place, "s3", "cp", "--quiet", f"s3://{place.bucket}/{BIG_KEY}", "back.bin")
    expect((place.path / "back.bin").read_bytes() == big(), True)


def read_version(place: Place) -> None:
    """List versions and read the first."""
    where = ("--bucket", place.bucket, "--prefix", KEY, "--output", "json")
    listed = json.loads(_aws(place, "s3api", "list-object-versions", *where))
    expect([each["VersionId"] for each in listed["Versions"]][-1], place.old_version)
    which = ("--bucket", place.bucket, "--key", KEY, "--version-id", place.old_version)
    _aws(place, "s3api", "get-object", *which, "old.txt")
    expect((place.path / "old.txt").read_bytes(), HELLO)


def sync(place: Place) -> None:
    """Bring a directory there."""
    _aws(place, "s3", "sync", place.tree(), f"s3://{place.bucket}/sync")
