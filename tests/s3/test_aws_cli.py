"""The gateway through the AWS command line, as people use it."""

import hashlib
import json

import pytest

from tests.s3.clients import program, run

MIB = 1024 * 1024


@pytest.fixture
def aws(gateway, tmp_path):
    """Run `aws`; return what it printed."""
    path = program("awscli", "aws")

    def call(*words, **options):
        return run([path, *words], gateway, cwd=tmp_path, **options)

    return call


def tree(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def local(tmp_path):
    """A directory with files of all sizes; the largest takes several parts."""
    root = tmp_path / "local"
    for name, size in {"a.txt": 5, "empty": 0, "d/b c.bin": 70_000, "d/e/big": 20 * MIB}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hashlib.shake_128(name.encode()).digest(size))
    return root


def test_three_commands_of_the_start_page_work(aws):
    aws("s3", "mb", "s3://start-page")
    aws("s3", "cp", "-", "s3://start-page/hello.txt", stdin=b"hello\n")
    assert aws("s3", "cp", "s3://start-page/hello.txt", "-") == "hello\n"
    assert "start-page" in aws("s3", "ls")


def test_sync_there_and_back_gives_the_same_files(aws, local, tmp_path):
    aws("s3", "mb", "s3://sync-bucket")
    aws("s3", "sync", local, "s3://sync-bucket/data")
    assert aws("s3", "sync", local, "s3://sync-bucket/data") == ""
    aws("s3", "sync", "s3://sync-bucket/data", tmp_path / "back")
    assert tree(tmp_path / "back") == tree(local)
    (local / "a.txt").unlink()
    assert "delete" in aws("s3", "sync", "--delete", local, "s3://sync-bucket/data")
    listed = aws("s3", "ls", "--recursive", "s3://sync-bucket").splitlines()
    assert [line.split(maxsplit=3)[3] for line in listed] == [
        "data/d/b c.bin",
        "data/d/e/big",
        "data/empty",
    ]


def test_listing_shows_prefixes_and_sizes(aws, local):
    aws("s3", "mb", "s3://listing-bucket")
    aws("s3", "cp", "--recursive", local, "s3://listing-bucket")
    lines = aws("s3", "ls", "s3://listing-bucket").splitlines()
    assert [line.split()[-1] for line in lines] == ["d/", "a.txt", "empty"]
    assert "PRE d/" in aws("s3", "ls", "s3://listing-bucket/d")
    summary = aws("s3", "ls", "--summarize", "--recursive", "s3://listing-bucket")
    assert "Total Objects: 4" in summary
    assert aws("s3", "ls", "s3://listing-bucket/nothing", expect=1) == ""


def test_move_and_remove(aws, local):
    aws("s3", "mb", "s3://moving-bucket")
    aws("s3", "cp", local / "d/e/big", "s3://moving-bucket/big")
    aws("s3", "mv", "s3://moving-bucket/big", "s3://master.moving-bucket/moved")
    aws("s3", "cp", "s3://moving-bucket/moved", "back")
    assert "BucketNotEmpty" in aws("s3", "rb", "s3://moving-bucket", expect=1)
    aws("s3", "rm", "--recursive", "s3://moving-bucket")
    assert aws("s3", "ls", "s3://moving-bucket") == ""
    aws("s3", "rb", "s3://moving-bucket")
    assert "NoSuchBucket" in aws("s3", "ls", "s3://moving-bucket", expect=255)


def test_bucket_with_objects_is_removed_by_force(aws):
    aws("s3", "mb", "s3://forced-bucket")
    aws("s3", "cp", "-", "s3://forced-bucket/a", stdin=b"1")
    aws("s3", "rb", "--force", "s3://forced-bucket")


def test_versions_and_commit_buckets(aws, tmp_path):
    aws("s3", "mb", "s3://versions-bucket")
    for text in (b"one", b"two"):
        aws("s3", "cp", "-", "s3://versions-bucket/a", stdin=text)
    listed = json.loads(aws("s3api", "list-object-versions", "--bucket", "versions-bucket"))
    newest, oldest = listed["Versions"]
    assert (newest["IsLatest"], oldest["IsLatest"]) == (True, False)
    where = ["--bucket", "versions-bucket", "--key", "a"]
    aws("s3api", "get-object", *where, "--version-id", oldest["VersionId"], "old")
    assert (tmp_path / "old").read_bytes() == b"one"
    commit = f"s3://{oldest['VersionId']}.versions-bucket"
    assert aws("s3", "cp", f"{commit}/a", "-") == "one"
    refusal = aws("s3", "cp", "-", f"{commit}/a", stdin=b"three", expect=1)
    assert "AccessDenied" in refusal
    assert "write to bucket master.versions-bucket" in refusal


def test_attributes_have_an_etag_without_quotes(aws):
    aws("s3", "mb", "s3://attributes-bucket")
    aws("s3", "cp", "-", "s3://attributes-bucket/a", stdin=b"hello")
    where = ["--bucket", "attributes-bucket", "--key", "a"]
    names = ["ETag", "ObjectSize", "Checksum"]
    shown = json.loads(aws("s3api", "get-object-attributes", *where, "--object-attributes", *names))
    assert shown["ETag"] == hashlib.md5(b"hello").hexdigest()
    assert shown["ObjectSize"] == 5


def test_presigned_url_is_served(aws, gateway):
    aws("s3", "mb", "s3://presigned-bucket")
    aws("s3", "cp", "-", "s3://presigned-bucket/a", stdin=b"hello")
    url = aws("s3", "presign", "s3://presigned-bucket/a").strip()
    assert gateway.request("GET", url.removeprefix(gateway.endpoint)).body == b"hello"
