"""Tries out s5cmd."""

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, Place, big, expect, expect_in

MOVING = "dir/mov ing+%.txt"


def _s5cmd(place: Place, *words: str, data: bytes = b"") -> str:
    return place.run("--retry-count", "1", *words, data=data)


def _at(place: Place, key: str = "") -> str:
    return f"s3://{place.bucket}/{key}"


def version(place: Place) -> str:
    """Return `v2.3.0`."""
    return place.run("version").strip().partition("-")[0]


def create_bucket(place: Place) -> None:
    """Make the bucket."""
    _s5cmd(place, "mb", f"s3://{place.bucket}")


def put_object(place: Place) -> None:
    """Upload a file, twice."""
    _s5cmd(place, "cp", place.file("hello.txt", HELLO), _at(place, KEY))
    _s5cmd(place, "pipe", _at(place, KEY), data=HELLO * 2)


def get_object(place: Place) -> None:
    """Download it."""
    expect(_s5cmd(place, "cat", _at(place, KEY)), (HELLO * 2).decode())


def list_objects(place: Place) -> None:
    """List by wildcard, and the buckets."""
    expect_in(KEY.rpartition("/")[2], _s5cmd(place, "ls", _at(place, "dir/*.txt")))
    expect_in(place.bucket, _s5cmd(place, "ls"))
    expect_in("12 bytes", _s5cmd(place, "du", _at(place, "*")))


def copy_object(place: Place) -> None:
    """Copy within the bucket, and move the copy."""
    _s5cmd(place, "cp", _at(place, KEY), _at(place, MOVING))
    _s5cmd(place, "mv", _at(place, MOVING), _at(place, COPY))


def delete_object(place: Place) -> None:
    """Delete the copy by wildcard."""
    _s5cmd(place, "rm", _at(place, "dir/c*"))
    expect(len(_s5cmd(place, "ls", _at(place, "*")).splitlines()), 1)


def upload_in_parts(place: Place) -> None:
    """Upload and download a large file."""
    path = place.file("big.bin", big())
    _s5cmd(place, "cp", "--part-size", "5", path, _at(place, BIG_KEY))
    expect_in("-4", _s5cmd(place, "ls", "--etag", _at(place, BIG_KEY)))
    _s5cmd(place, "cp", "--part-size", "5", _at(place, BIG_KEY), "back.bin")
    expect((place.path / "back.bin").read_bytes() == big(), True)


def read_version(place: Place) -> None:
    """List versions and read the first."""
    expect_in(place.old_version, _s5cmd(place, "ls", "--all-versions", _at(place, KEY)))
    shown = _s5cmd(place, "cat", "--version-id", place.old_version, _at(place, KEY))
    expect(shown, HELLO.decode())


def sync(place: Place) -> None:
    """Bring a directory there."""
    _s5cmd(place, "sync", f"{place.tree()}/", _at(place, "sync/"))
