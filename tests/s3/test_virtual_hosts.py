"""Buckets that are named by the host, as clients do that were told a domain."""

import boto3
import pytest
from botocore.config import Config

from tests.s3.process import running_gateway

DOMAIN = "s3.example.com"


@pytest.fixture(scope="module")
def hosted(tmp_path_factory):
    """A gateway that knows two domains."""
    home = tmp_path_factory.mktemp("hosted") / "home"
    with running_gateway(home, "--domain", DOMAIN, "--domain", "Example.org") as gateway:
        for path in ("/images", "/dev.images"):
            assert gateway.request("PUT", path).status == 200
        yield gateway


def ask(gateway, method, host, path, body=None):
    return gateway.request(method, path, body, {"host": host})


@pytest.mark.parametrize(
    "host", [f"dev.images.{DOMAIN}", f"dev.images.{DOMAIN}:30600", "dev.images.EXAMPLE.ORG"]
)
def test_host_names_the_bucket_and_the_path_is_the_key(hosted, host):
    assert ask(hosted, "PUT", host, "/a/b//c", b"1").status == 200
    assert hosted.request("GET", "/dev.images/a/b//c").body == b"1"
    assert ask(hosted, "GET", host, "/a/b//c").body == b"1"
    listed = ask(hosted, "GET", host, "/?list-type=2")
    assert b"<Name>dev.images</Name>" in listed.body
    assert b"<Key>a/b//c</Key>" in listed.body


def test_path_names_the_bucket_for_every_other_host(hosted):
    for host in (DOMAIN, f"{DOMAIN}:30600", "127.0.0.1", "localhost", "dev.images.example.com"):
        answer = ask(hosted, "GET", host, "/images?versioning")
        assert (answer.status, b"Enabled" in answer.body) == (200, True)
    assert b"<Buckets>" in ask(hosted, "GET", DOMAIN, "/").body


def test_error_names_the_bucket_of_the_host(hosted):
    answer = ask(hosted, "GET", f"nowhere.{DOMAIN}", "/a")
    assert (answer.status, answer.code) == (404, "NoSuchBucket")
    assert b"<BucketName>nowhere</BucketName>" in answer.body


def test_paths_of_pages_are_keys_below_a_host_with_a_bucket(hosted):
    host = f"images.{DOMAIN}"
    assert ask(hosted, "PUT", host, "/~/healthz", b"mine").status == 200
    assert ask(hosted, "GET", host, "/~/healthz").body == b"mine"
    assert hosted.request("GET", "/~/healthz").body != b"mine"
    page = hosted.request("GET", "/", headers={"host": host, "accept": "text/html"})
    assert b"ListBucketResult" in page.body


def test_boto3_reaches_buckets_by_host(hosted):
    """Its requests go to the gateway whatever host they name."""
    host, port = hosted.address
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{DOMAIN}",
        aws_access_key_id="any",
        aws_secret_access_key="key",
        region_name="us-east-1",
        config=Config(
            s3={"addressing_style": "virtual"},
            proxies={"http": f"http://{host}:{port}"},
            retries={"max_attempts": 0},
        ),
    )
    client.put_object(Bucket="images", Key="a b/ü", Body=b"2")
    assert client.get_object(Bucket="images", Key="a b/ü")["Body"].read() == b"2"
    keys = [each["Key"] for each in client.list_objects_v2(Bucket="images")["Contents"]]
    assert "a b/ü" in keys
    client.close()


def test_domain_that_is_none_is_refused(tmp_path):
    options = ("--domain", "http://x")
    with (
        pytest.raises(AssertionError, match="is no domain"),
        running_gateway(tmp_path / "home", *options),
    ):
        pass
