"""Tries out Delta Lake, whose commits rest on conditional writes."""

import os

import deltalake
import pyarrow as pa

from pachlite.cli.probes.runner import Place, expect


def _storage(place: Place) -> dict[str, str]:
    if place.ca_file:
        os.environ["SSL_CERT_FILE"] = place.ca_file
    return {
        "AWS_ENDPOINT_URL": place.endpoint,
        "AWS_REGION": place.region,
        "AWS_ACCESS_KEY_ID": place.access_key,
        "AWS_SECRET_ACCESS_KEY": place.secret_key,
        "AWS_ALLOW_HTTP": str(not place.is_secure).lower(),
        "aws_conditional_put": "etag",
    }


def version(place: Place) -> str:
    """Return the version of the library."""
    del place
    return str(deltalake.__version__)


def put_object(place: Place) -> None:
    """Write two versions of a table."""
    for number in (1, 2):
        rows = pa.table({"n": [number]})
        url = f"s3://{place.bucket}/table"
        deltalake.write_deltalake(url, rows, mode="append", storage_options=_storage(place))


def get_object(place: Place) -> None:
    """Read it, as it is and as it was."""
    table = deltalake.DeltaTable(f"s3://{place.bucket}/table", storage_options=_storage(place))
    expect(sorted(table.to_pyarrow_table()["n"].to_pylist()), [1, 2])
    table.load_as_version(0)
    expect(table.to_pyarrow_table()["n"].to_pylist(), [1])


def delete_object(place: Place) -> None:
    """Delete rows, then the files that held them."""
    table = deltalake.DeltaTable(f"s3://{place.bucket}/table", storage_options=_storage(place))
    table.delete("n = 1")
    removed = table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    expect(len(removed), 1)
    expect(table.to_pyarrow_table()["n"].to_pylist(), [2])
