"""Tries out rclone."""

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, Place, big, expect, expect_in


def _rclone(place: Place, *words: str, data: bytes = b"") -> str:
    trusted = ("--ca-cert", place.ca_file) if place.ca_file else ()
    options = ("--config", place.config, "--retries", "1", *trusted)
    return place.run(*options, *words, data=data)


def _at(place: Place, key: str = "") -> str:
    return f"pachlite:{place.bucket}/{key}"


def version(place: Place) -> str:
    """Return `v1.75.2`."""
    return place.run("version").split()[1]


def create_bucket(place: Place) -> None:
    """Make the bucket."""
    _rclone(place, "mkdir", _at(place))


def put_object(place: Place) -> None:
    """Upload a file, twice."""
    _rclone(place, "copyto", place.file("hello.txt", HELLO), _at(place, KEY))
    _rclone(place, "rcat", _at(place, KEY), data=HELLO * 2)


def get_object(place: Place) -> None:
    """Download it."""
    expect(_rclone(place, "cat", _at(place, KEY)), (HELLO * 2).decode())


def list_objects(place: Place) -> None:
    """List a directory and the buckets."""
    expect(_rclone(place, "lsf", _at(place, "dir/")), "hello.txt\n")
    expect_in(place.bucket, _rclone(place, "lsd", "pachlite:"))


def copy_object(place: Place) -> None:
    """Copy within the bucket."""
    _rclone(place, "copyto", _at(place, KEY), _at(place, COPY))


def delete_object(place: Place) -> None:
    """Delete the copy."""
    _rclone(place, "deletefile", _at(place, COPY))
    expect(_rclone(place, "lsf", "-R", "--files-only", _at(place)), f"{KEY}\n")


def upload_in_parts(place: Place) -> None:
    """Upload and download a large file, and compare both with their checksums."""
    path = place.file("up/big.bin", big())
    parts = ("--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi")
    _rclone(place, "copyto", *parts, path, _at(place, BIG_KEY))
    _rclone(place, "copyto", _at(place, BIG_KEY), "back.bin")
    expect((place.path / "back.bin").read_bytes() == big(), True)
    _rclone(place, "check", "--one-way", str(place.path / "up"), _at(place, "dir"))


def read_version(place: Place) -> None:
    """List versions, read the bucket as it was."""
    expect_in("hello-v", _rclone(place, "lsf", "--s3-versions", _at(place, "dir/")))
    expect(_rclone(place, "cat", f"pachlite:{place.old_bucket}/{KEY}"), HELLO.decode())


def sync(place: Place) -> None:
    """Bring a directory there, and compare."""
    _rclone(place, "sync", place.tree(), _at(place, "sync"))
    _rclone(place, "check", place.tree(), _at(place, "sync"))
