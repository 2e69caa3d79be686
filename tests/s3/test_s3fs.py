"""The gateway as a file system of fsspec, and under pandas."""

from tests.s3.clients import run_script

HEADER = """
import os, s3fs
options = dict(key="any", secret="secretkey", endpoint_url=os.environ["ENDPOINT"])
fs = s3fs.S3FileSystem(**options)
MIB = 1024 * 1024
"""


def check(gateway, tmp_path, script):
    run_script("s3fs", HEADER + script, gateway, cwd=tmp_path)


def test_files_are_written_read_listed_moved_and_removed(gateway, tmp_path):
    check(
        gateway,
        tmp_path,
        """
fs.mkdir("s3fs-files")
assert fs.exists("s3fs-files") and not fs.exists("s3fs-nowhere")
big = os.urandom(12 * MIB)
fs.pipe({"s3fs-files/a": b"hello", "s3fs-files/d/b c": b"", "s3fs-files/d/e/big": big})
assert fs.cat("s3fs-files/a") == b"hello"
assert fs.cat_file("s3fs-files/d/e/big", start=5, end=-5) == big[5:-5]
assert sorted(fs.ls("s3fs-files", detail=False)) == ["s3fs-files/a", "s3fs-files/d"]
assert fs.find("s3fs-files") == ["s3fs-files/a", "s3fs-files/d/b c", "s3fs-files/d/e/big"]
assert fs.glob("s3fs-files/**/b*") == ["s3fs-files/d/b c", "s3fs-files/d/e/big"]
assert fs.info("s3fs-files/d")["type"] == "directory"
assert fs.info("s3fs-files/a")["size"] == 5
assert not fs.exists("s3fs-files/d/nothing")
with fs.open("s3fs-files/streamed", "wb", block_size=5 * MIB) as file:
    for start in range(0, len(big), MIB):
        file.write(big[start : start + MIB])
with fs.open("s3fs-files/streamed", "rb") as file:
    file.seek(7 * MIB)
    assert file.read(10) == big[7 * MIB : 7 * MIB + 10]
fs.mv("s3fs-files/streamed", "s3fs-files/moved")
assert fs.cat("s3fs-files/moved") == big
fs.rm("s3fs-files/d", recursive=True)
assert fs.find("s3fs-files") == ["s3fs-files/a", "s3fs-files/moved"]
try:
    fs.cat("s3fs-files/nothing")
    raise SystemExit("it was there")
except FileNotFoundError:
    pass
fs.rm("s3fs-files", recursive=True)
assert not fs.exists("s3fs-files")
""",
    )


def test_file_that_is_there_is_not_created_exclusively(gateway, tmp_path):
    check(
        gateway,
        tmp_path,
        """
fs.mkdir("s3fs-once")
with fs.open("s3fs-once/a", "xb") as file:
    file.write(b"1")
try:
    with fs.open("s3fs-once/a", "xb") as file:
        file.write(b"2")
    raise SystemExit("it was overwritten")
except FileExistsError:
    pass
assert fs.cat("s3fs-once/a") == b"1"
""",
    )


def test_versions_are_listed_and_opened(gateway, tmp_path):
    check(
        gateway,
        tmp_path,
        """
fs = s3fs.S3FileSystem(version_aware=True, **options)
fs.mkdir("s3fs-versions")
for text in (b"one", b"two"):
    fs.pipe("s3fs-versions/a", text)
versions = fs.object_version_info("s3fs-versions/a")
assert [each["IsLatest"] for each in versions] == [True, False]
with fs.open("s3fs-versions/a", version_id=versions[1]["VersionId"]) as file:
    assert file.read() == b"one"
commit = versions[1]["VersionId"]
assert s3fs.S3FileSystem(**options).cat(f"{commit}.s3fs-versions/a") == b"one"
""",
    )


def test_pandas_writes_and_reads_tables(gateway, tmp_path):
    check(
        gateway,
        tmp_path,
        """
import pandas
fs.mkdir("s3fs-pandas")
table = pandas.DataFrame({"n": range(1000), "text": [str(n) for n in range(1000)]})
storage = {"key": "any", "secret": "k", "client_kwargs": {"endpoint_url": os.environ["ENDPOINT"]}}
table.to_csv("s3://s3fs-pandas/day=1/t.csv.gz", index=False, storage_options=storage)
back = pandas.read_csv(
    "s3://s3fs-pandas/day=1/t.csv.gz", storage_options=storage, dtype={"text": str}
)
assert back.equals(table)
""",
    )
