"""Tries out DuckDB with its httpfs extension."""

from contextlib import suppress
from typing import Any

import duckdb

from pachlite.cli.probes.runner import Place, expect


def _connection(place: Place) -> Any:  # noqa: ANN401 - a library without types
    connection = duckdb.connect()
    with suppress(ImportError):  # where there is no way to the extensions of DuckDB but PyPI
        from duckdb_extensions import import_extension

        import_extension("httpfs", con=connection)
    connection.execute("LOAD httpfs")
    if place.ca_file:
        connection.execute(f"SET ca_cert_file = '{place.ca_file}'")
    connection.execute(
        f"CREATE SECRET (TYPE s3, KEY_ID '{place.access_key}', SECRET '{place.secret_key}',"
        f" REGION '{place.region}', ENDPOINT '{place.host}', URL_STYLE 'path',"
        f" USE_SSL {str(place.is_secure).lower()})"
    )
    return connection


def version(place: Place) -> str:
    """Return the version of the library."""
    del place
    return str(duckdb.__version__)


def put_object(place: Place) -> None:
    """Write a table, twice."""
    connection = _connection(place)
    for count in (1, 2):
        url = f"s3://{place.bucket}/dir/hello.txt"
        connection.execute(
            f"COPY (SELECT range AS n FROM range({count})) TO '{url}' (FORMAT parquet)"
        )


def get_object(place: Place) -> None:
    """Read it."""
    url = f"s3://{place.bucket}/dir/hello.txt"
    rows = _connection(place).execute(f"SELECT n FROM read_parquet('{url}')").fetchall()
    expect(rows, [(0,), (1,)])


def list_objects(place: Place) -> None:
    """Read by a wildcard, and a dataset in partitions."""
    connection = _connection(place)
    found = connection.execute(f"SELECT file FROM glob('s3://{place.bucket}/**')").fetchall()
    expect(found, [(f"s3://{place.bucket}/dir/hello.txt",)])
    days = f"s3://{place.bucket}/days"
    rows = "SELECT range % 2 AS day, range AS n FROM range(10)"
    connection.execute(f"COPY ({rows}) TO '{days}' (FORMAT parquet, PARTITION_BY day)")
    query = f"SELECT count(*) FROM read_parquet('{days}/*/*.parquet') WHERE day = 1"
    expect(connection.execute(query).fetchall(), [(5,)])


def upload_in_parts(place: Place) -> None:
    """Write a table larger than a part, and read it."""
    connection = _connection(place)
    url = f"s3://{place.bucket}/big.csv"
    rows = "SELECT md5(range::text) AS h FROM range(2000000)"
    connection.execute(f"COPY ({rows}) TO '{url}' (FORMAT csv)")
    query = f"SELECT count(*), max(h) = (SELECT max(h) FROM ({rows})) FROM read_csv('{url}')"
    expect(connection.execute(query).fetchall(), [(2_000_000, True)])


def read_version(place: Place) -> None:
    """Read the bucket as it was."""
    url = f"s3://{place.old_bucket}/dir/hello.txt"
    rows = _connection(place).execute(f"SELECT n FROM read_parquet('{url}')").fetchall()
    expect(rows, [(0,)])
