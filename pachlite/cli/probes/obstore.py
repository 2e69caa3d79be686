"""Tries out obstore, the object_store of Rust."""

import os
from importlib import metadata

from obstore.exceptions import AlreadyExistsError
from obstore.store import S3Store

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, MIB, Place, big, expect


def _store(place: Place, bucket: str = "") -> S3Store:
    if place.ca_file:
        os.environ["SSL_CERT_FILE"] = place.ca_file
    return S3Store(
        bucket or place.bucket,
        endpoint=place.endpoint,
        region=place.region,
        access_key_id=place.access_key,
        secret_access_key=place.secret_key,
        client_options={"allow_http": not place.is_secure},
    )


def version(place: Place) -> str:
    """Return the version of the library."""
    del place
    return metadata.version("obstore")


def put_object(place: Place) -> None:
    """Put an object, twice; a third time it must not be there."""
    store = _store(place)
    store.put(KEY, HELLO)
    store.put(KEY, HELLO * 2)
    try:
        store.put(KEY, b"too late", mode="create")
    except AlreadyExistsError:
        return
    raise AssertionError("an object was created that was there")


def get_object(place: Place) -> None:
    """Get it, whole and its end."""
    store = _store(place)
    expect(bytes(store.get(KEY).bytes()), HELLO * 2)
    expect(bytes(store.get_range(KEY, start=6, length=5)), b"hello")


def list_objects(place: Place) -> None:
    """List everything, and a directory."""
    store = _store(place)
    expect([each["path"] for page in store.list() for each in page], [KEY])
    expect(store.list_with_delimiter()["common_prefixes"], ["dir"])


def copy_object(place: Place) -> None:
    """Copy within the bucket, and move the copy."""
    store = _store(place)
    store.copy(KEY, "dir/moving.txt")
    store.rename("dir/moving.txt", COPY)


def delete_object(place: Place) -> None:
    """Delete the copy, as one of several."""
    store = _store(place)
    store.delete([COPY, "nothing"])
    expect([each["path"] for page in store.list() for each in page], [KEY])


def upload_in_parts(place: Place) -> None:
    """Put and get a large object."""
    store = _store(place)
    store.put(BIG_KEY, big(), use_multipart=True, chunk_size=5 * MIB)
    expect(bytes(store.get(BIG_KEY).bytes()) == big(), True)


def read_version(place: Place) -> None:
    """Read the first version, and the bucket as it was."""
    got = _store(place).get(KEY, options={"version": place.old_version})
    expect(bytes(got.bytes()), HELLO)
    expect(bytes(_store(place, place.old_bucket).get(KEY).bytes()), HELLO)
