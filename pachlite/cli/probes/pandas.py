"""Tries out pandas on top of s3fs."""

from typing import Any

import pandas as pd

from pachlite.cli.probes.runner import KEY, Place, expect

TABLES = (pd.DataFrame({"n": [1]}), pd.DataFrame({"n": [1, 2], "text": ["a", "b"]}))


def _storage(place: Place) -> dict[str, Any]:
    return {
        "key": place.access_key,
        "secret": place.secret_key,
        "endpoint_url": place.endpoint,
        "client_kwargs": {"verify": place.ca_file} if place.ca_file else {},
    }


def version(place: Place) -> str:
    """Return the version of the library."""
    del place
    return str(pd.__version__)


def put_object(place: Place) -> None:
    """Write a table, twice."""
    for table in TABLES:
        url = f"s3://{place.bucket}/{KEY}"
        table.to_csv(url, index=False, storage_options=_storage(place))


def get_object(place: Place) -> None:
    """Read it."""
    table = pd.read_csv(f"s3://{place.bucket}/{KEY}", storage_options=_storage(place))
    expect(table.equals(TABLES[1]), True)


def read_version(place: Place) -> None:
    """Read the bucket as it was."""
    table = pd.read_csv(f"s3://{place.old_bucket}/{KEY}", storage_options=_storage(place))
    expect(table.equals(TABLES[0]), True)
