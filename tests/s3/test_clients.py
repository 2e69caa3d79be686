"""Every S3 client does all it can, over HTTP and over HTTPS; each step is seen from outside."""

import itertools
import re
import subprocess
from dataclasses import replace

import boto3
import pytest
from botocore.config import Config

from pachlite.cli.client_trial import SCRATCH_REPO, find_client, try_client
from pachlite.cli.probes.runner import BIG_KEY, HELLO, KEY, STEPS, big
from pachlite.cli.s3_snippets import CLIENTS
from tests.s3.client_table import SCHEMES, tried
from tests.s3.clients import INSTALLED, built, client_program, served

EVERYTHING = set(STEPS)
OBJECTS = EVERYTHING - {"sync", "sync again"}
OFFERED = {
    "aws": EVERYTHING,
    "mc": EVERYTHING,
    "rclone": EVERYTHING,
    "s3cmd": EVERYTHING,
    "s5cmd": EVERYTHING,
    "boto3": OBJECTS,
    "minio-py": OBJECTS,
    "s3fs": OBJECTS,
    "pyarrow": OBJECTS,
    "obstore": OBJECTS - {"create"},
    "duckdb": {"put", "get", "list", "multipart", "version"},
    "polars": {"put", "get", "list", "multipart", "version"},
    "pandas": {"put", "get", "version"},
    "deltalake": {"put", "get", "delete"},
}
WRITES_TABLES = {"duckdb", "polars", "pandas", "deltalake"}
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=SCHEMES)
def gateway(request, tmp_path_factory):
    """A gateway for all clients, with and without TLS."""
    with served(tmp_path_factory.mktemp("clients") / "home", request.param) as connection:
        yield connection


@pytest.fixture
def connection(gateway):
    return replace(gateway, bucket=f"try-{next(_numbers)}.{SCRATCH_REPO}")


@pytest.fixture
def observer(connection):
    """Another client, which sees what the one under test has done."""
    client = boto3.client(
        "s3",
        endpoint_url=connection.endpoint,
        region_name="us-east-1",
        aws_access_key_id=connection.access_key,
        aws_secret_access_key=connection.secret_key,
        verify=connection.ca_file or None,
        config=Config(retries={"max_attempts": 0}),
    )
    yield client
    client.close()


def content(observer, bucket, key):
    return observer.get_object(Bucket=bucket, Key=key)["Body"].read()


def commits(observer, bucket):
    pages = observer.get_paginator("list_object_versions").paginate(Bucket=bucket)
    listed = [each for page in pages for each in page.get("Versions", [])]
    return {each["VersionId"] for each in listed}


def version_of(shown, program):
    """Return the version that a client says it is, or that Go knows it was built from."""
    if "DEVELOPMENT" not in shown:
        return shown.removeprefix("v")
    told = subprocess.run(["go", "version", "-m", program], capture_output=True, check=True)
    return re.search(rb"\tmod\t\S+\t(\S+)", told.stdout)[1].decode()


def run_all(client, program, connection, observer, record_property, title):
    results, seen = [], {}

    def tell(result):
        results.append(result)
        if result.is_ok and client not in WRITES_TABLES:
            look(result.step)

    def look(step):
        if step == "put":
            assert content(observer, connection.bucket, KEY)[: len(HELLO)] == HELLO
            assert len(commits(observer, connection.bucket)) == 2
        elif step == "multipart":
            assert content(observer, connection.bucket, BIG_KEY) == big()
        elif step == "sync":
            seen["commits"] = commits(observer, connection.bucket)
            assert content(observer, connection.bucket, "sync/b/c d.txt") == b"b/c d.txt"
        elif step == "sync again":
            assert commits(observer, connection.bucket) == seen["commits"]

    installed = find_client(CLIENTS[client], str(program))
    version = try_client(installed, connection, tell)
    done = [result.step for result in results if result.is_ok]
    shown = version_of(version, program)
    tried(record_property, title, shown, connection.endpoint.partition(":")[0], done)
    assert [(each.step, each.sent, each.answer) for each in results if not each.is_ok] == []
    assert set(done) == OFFERED[client]
    buckets = [each["Name"] for each in observer.list_buckets()["Buckets"]]
    assert connection.bucket not in buckets


@pytest.mark.parametrize("client", ["boto3", *INSTALLED])
def test_client_does_everything(client, connection, observer, record_property):
    title = CLIENTS[client].title + (", version 1" if client == "aws" else "")
    program = client_program(client)
    run_all(client, program, connection, observer, record_property, title)


@pytest.mark.parametrize(
    ("client", "title", "where"),
    [
        ("mc", "MinIO client", ("go", "bin", "mc")),
        ("aws", "AWS command line, version 2", ("awscli2", "bin", "aws")),
    ],
)
def test_client_that_is_built_does_everything(
    client, title, where, connection, observer, record_property
):
    run_all(client, built(*where), connection, observer, record_property, title)
