"""Tries out s3cmd."""

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, Place, big, expect, expect_in

MOVING = "dir/mov ing+%.txt"


def _s3cmd(place: Place, *words: str, data: bytes = b"") -> str:
    return place.run("-c", place.config, "--no-progress", *words, data=data)


def _at(place: Place, key: str = "") -> str:
    return f"s3://{place.bucket}/{key}"


def version(place: Place) -> str:
    """Return `2.4.0`."""
    return place.run("--version").split()[-1]


def create_bucket(place: Place) -> None:
    """Make the bucket."""
    _s3cmd(place, "mb", f"s3://{place.bucket}")


def put_object(place: Place) -> None:
    """Upload a file, twice."""
    _s3cmd(place, "put", place.file("hello.txt", HELLO), _at(place, KEY))
    _s3cmd(place, "put", place.file("hello.txt", HELLO * 2), _at(place, KEY))


def get_object(place: Place) -> None:
    """Download it."""
    _s3cmd(place, "get", "--force", _at(place, KEY), "back.txt")
    expect((place.path / "back.txt").read_bytes(), HELLO * 2)
    expect_in("File size: 12", _s3cmd(place, "info", _at(place, KEY)))


def list_objects(place: Place) -> None:
    """List a directory and the buckets."""
    expect_in(_at(place, KEY), _s3cmd(place, "ls", _at(place, "dir/")))
    expect_in(place.bucket, _s3cmd(place, "ls"))
    expect_in("12 ", _s3cmd(place, "du", _at(place)))


def copy_object(place: Place) -> None:
    """Copy within the bucket, and move the copy."""
    _s3cmd(place, "cp", _at(place, KEY), _at(place, MOVING))
    _s3cmd(place, "mv", _at(place, MOVING), _at(place, COPY))


def delete_object(place: Place) -> None:
    """Delete the copy."""
    _s3cmd(place, "del", _at(place, COPY))
    expect(len(_s3cmd(place, "ls", "--recursive", _at(place)).splitlines()), 1)


def upload_in_parts(place: Place) -> None:
    """Upload and download a large file."""
    path = place.file("big.bin", big())
    _s3cmd(place, "put", "--multipart-chunk-size-mb=5", path, _at(place, BIG_KEY))
    _s3cmd(place, "get", "--force", _at(place, BIG_KEY), "back.bin")
    expect((place.path / "back.bin").read_bytes() == big(), True)


def read_version(place: Place) -> None:
    """Read the bucket as it was."""
    _s3cmd(place, "get", "--force", f"s3://{place.old_bucket}/{KEY}", "old.txt")
    expect((place.path / "old.txt").read_bytes(), HELLO)


def sync(place: Place) -> None:
    """Bring a directory there."""
    _s3cmd(place, "sync", f"{place.tree()}/", _at(place, "sync/"))
