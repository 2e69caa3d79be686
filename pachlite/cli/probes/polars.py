"""Tries out Polars, which reaches S3 by object_store."""

import os

import polars as pl

from pachlite.cli.probes.runner import KEY, Place, expect


def _storage(place: Place) -> dict[str, str]:
    if place.ca_file:
        os.environ["SSL_CERT_FILE"] = place.ca_file
    return {
        "aws_endpoint_url": place.endpoint,
        "aws_region": place.region,
        "aws_access_key_id": place.access_key,
        "aws_secret_access_key": place.secret_key,
        "aws_allow_http": str(not place.is_secure).lower(),
    }


def version(place: Place) -> str:
    """Return the version of the library."""
    del place
    return str(pl.__version__)


def put_object(place: Place) -> None:
    """Write a table, twice."""
    for numbers in ([1], [1, 2]):
        table = pl.DataFrame({"n": numbers})
        table.write_parquet(f"s3://{place.bucket}/{KEY}", storage_options=_storage(place))


def get_object(place: Place) -> None:
    """Read it, whole and through a lazy frame."""
    url = f"s3://{place.bucket}/{KEY}"
    expect(pl.read_parquet(url, storage_options=_storage(place))["n"].to_list(), [1, 2])
    lazy = pl.scan_parquet(url, storage_options=_storage(place)).select(pl.len())
    expect(lazy.collect().item(), 2)


def list_objects(place: Place) -> None:
    """Read by a wildcard."""
    url = f"s3://{place.bucket}/dir/*"
    expect(pl.scan_parquet(url, storage_options=_storage(place)).collect().height, 2)


def upload_in_parts(place: Place) -> None:
    """Write a table larger than a part, and read it."""
    table = pl.DataFrame({"n": range(2_500_000)})
    url = f"s3://{place.bucket}/dir2/big.parquet"
    table.write_parquet(url, compression="uncompressed", storage_options=_storage(place))
    expect(pl.read_parquet(url, storage_options=_storage(place)).equals(table), True)


def read_version(place: Place) -> None:
    """Read the bucket as it was."""
    url = f"s3://{place.old_bucket}/{KEY}"
    expect(pl.read_parquet(url, storage_options=_storage(place))["n"].to_list(), [1])
