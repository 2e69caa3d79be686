"""One gateway for most tests, with a fresh bucket for each."""

import itertools

import boto3
import pytest
from botocore.config import Config

from tests.s3.process import running_gateway
from tests.s3.raw_client import odd_server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    """A gateway that many tests share."""
    with running_gateway(tmp_path_factory.mktemp("gateway") / "home") as gateway:
        yield gateway


@pytest.fixture
def own_gateway(tmp_path):
    """A gateway for one test, which may look into its store and its process."""
    with running_gateway(tmp_path / "home") as gateway:
        yield gateway


def connect(gateway, **options):
    """Return a client with the default settings of boto3."""
    return boto3.client(
        "s3",
        endpoint_url=gateway.endpoint,
        aws_access_key_id="any",
        aws_secret_access_key="key",
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 0}, **options),
    )


@pytest.fixture
def s3(gateway):
    """A client of the shared gateway."""
    client = connect(gateway)
    yield client
    client.close()


@pytest.fixture
def bucket(s3):
    """An empty bucket."""
    name = f"bucket-{next(_numbers)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="session")
def own(tmp_path_factory):
    """An odd application behind our own HTTP/1 connections."""
    with odd_server(tmp_path_factory.mktemp("own"), "own", "linger_timeout_s=1") as server:
        yield server
