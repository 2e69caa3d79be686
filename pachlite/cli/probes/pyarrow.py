"""Tries out the file system of PyArrow, and its Parquet files and datasets on it."""

import pyarrow as pa
from pyarrow import dataset, fs, parquet

from pachlite.cli.probes.runner import BIG_KEY, COPY, HELLO, KEY, Place, big, expect


def _fs(place: Place) -> fs.S3FileSystem:
    trusted = {"tls_ca_file_path": place.ca_file} if place.ca_file else {}
    return fs.S3FileSystem(
        access_key=place.access_key,
        secret_key=place.secret_key,
        endpoint_override=place.host,
        scheme="https" if place.is_secure else "http",
        region=place.region,
        allow_bucket_creation=True,
        **trusted,
    )


def _read(place: Place, path: str) -> bytes:
    with _fs(place).open_input_stream(path) as stream:
        return bytes(stream.read())


def version(place: Place) -> str:
    """Return the version of the library."""
    del place
    return str(pa.__version__)


def create_bucket(place: Place) -> None:
    """Make the bucket."""
    _fs(place).create_dir(place.bucket)


def put_object(place: Place) -> None:
    """Write a file, twice."""
    for data in (HELLO, HELLO * 2):
        with _fs(place).open_output_stream(f"{place.bucket}/{KEY}") as stream:
            stream.write(data)


def get_object(place: Place) -> None:
    """Read it."""
    expect(_read(place, f"{place.bucket}/{KEY}"), HELLO * 2)


def list_objects(place: Place) -> None:
    """List a directory, and the bucket with everything in it."""
    s3 = _fs(place)
    found = s3.get_file_info(fs.FileSelector(f"{place.bucket}/dir"))
    expect([each.path for each in found], [f"{place.bucket}/{KEY}"])
    found = s3.get_file_info(fs.FileSelector(place.bucket, recursive=True))
    expect(sorted(each.type.name for each in found), ["Directory", "File"])
    expect(s3.get_file_info(f"{place.bucket}/nothing").type.name, "NotFound")


def copy_object(place: Place) -> None:
    """Copy within the bucket."""
    _fs(place).copy_file(f"{place.bucket}/{KEY}", f"{place.bucket}/{COPY}")


def delete_object(place: Place) -> None:
    """Delete the copy, and a directory that was made for it."""
    s3 = _fs(place)
    s3.delete_file(f"{place.bucket}/{COPY}")
    s3.create_dir(f"{place.bucket}/empty/below")
    s3.delete_dir(f"{place.bucket}/empty")
    found = s3.get_file_info(fs.FileSelector(place.bucket, recursive=True))
    expect([each.path for each in found if each.is_file], [f"{place.bucket}/{KEY}"])


def upload_in_parts(place: Place) -> None:
    """Write and read a large file, and a dataset in partitions."""
    with _fs(place).open_output_stream(f"{place.bucket}/{BIG_KEY}") as stream:
        stream.write(big())
    expect(_read(place, f"{place.bucket}/{BIG_KEY}") == big(), True)
    table = pa.table({"day": [1, 1, 2], "n": [1, 2, 3]})
    where = {"filesystem": _fs(place), "partitioning": ["day"]}
    days = f"{place.bucket}/days"
    dataset.write_dataset(table, days, format="parquet", **where)
    expect(dataset.dataset(days, **where).to_table().num_rows, 3)
    expect(parquet.read_table(f"{days}/2", filesystem=_fs(place)).num_rows, 1)


def read_version(place: Place) -> None:
    """Read the bucket as it was."""
    expect(_read(place, f"{place.old_bucket}/{KEY}"), HELLO)
