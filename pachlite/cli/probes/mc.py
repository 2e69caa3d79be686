"""Tries out the MinIO client."""

import json

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, Place, big, expect, expect_in

MOVING = "dir/mov ing+%.txt"


def _mc(place: Place, *words: str, data: bytes = b"") -> str:
    return place.run("--config-dir", str(place.path / "mc"), "--json", *words, data=data)


def _at(place: Place, key: str = "") -> str:
    return f"pachlite/{place.bucket}/{key}"


def version(place: Place) -> str:
    """Return the release."""
    return place.run("--version").split()[2]


def create_bucket(place: Place) -> None:
    """Name the endpoint, then make the bucket."""
    keys = f"{place.access_key}\n{place.secret_key}\n".encode()  # not where others see them
    _mc(place, "alias", "set", "pachlite", place.endpoint, data=keys)
    _mc(place, "mb", _at(place))


def put_object(place: Place) -> None:
    """Upload a file, twice."""
    _mc(place, "cp", place.file("hello.txt", HELLO), _at(place, KEY))
    _mc(place, "pipe", _at(place, KEY), data=HELLO * 2)


def get_object(place: Place) -> None:
    """Download it."""
    _mc(place, "cp", _at(place, KEY), "back.txt")
    expect((place.path / "back.txt").read_bytes(), HELLO * 2)
    expect_in('"size":12', _mc(place, "stat", _at(place, KEY)))


def list_objects(place: Place) -> None:
    """List a directory and the buckets."""
    expect_in("hello.txt", _mc(place, "ls", _at(place, "dir/")))
    expect_in("hello.txt", _mc(place, "find", _at(place)))
    expect_in(place.bucket, _mc(place, "ls", "pachlite"))


def copy_object(place: Place) -> None:
    """Copy within the bucket, and move the copy."""
    _mc(place, "cp", _at(place, KEY), _at(place, MOVING))
    _mc(place, "mv", _at(place, MOVING), _at(place, COPY))


def delete_object(place: Place) -> None:
    """Delete the copy."""
    _mc(place, "rm", _at(place, COPY))
    expect(len(_mc(place, "ls", "--recursive", _at(place)).splitlines()), 1)


def upload_in_parts(place: Place) -> None:
    """Upload and download a large file, also with a checksum behind each part."""
    path = place.file("big.bin", big())
    for options in ((), ("--checksum", "CRC32C")):
        _mc(place, "put", *options, "--part-size", "5MiB", path, _at(place, BIG_KEY))
        expect_in("-4", _mc(place, "stat", _at(place, BIG_KEY)))
        _mc(place, "get", _at(place, BIG_KEY), "back.bin")
        expect((place.path / "back.bin").read_bytes() == big(), True)


def read_version(place: Place) -> None:
    """List versions and read the first."""
    listed = _mc(place, "ls", "--versions", _at(place, KEY)).splitlines()
    expect_in(place.old_version, [json.loads(line)["versionId"] for line in listed])
    _mc(place, "cp", "--version-id", place.old_version, _at(place, KEY), "old.txt")
    expect((place.path / "old.txt").read_bytes(), HELLO)


def sync(place: Place) -> None:
    """Bring a directory there."""
    _mc(place, "mirror", place.tree(), _at(place, "sync"))
