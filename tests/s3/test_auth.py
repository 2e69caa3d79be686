"""A gateway that asks who callers are: two users, each with buckets of his own."""

from contextlib import contextmanager

import boto3
import pytest
from botocore.config import Config

from pachlite.config import StoreConfig
from pachlite.pfs.permissions import repo_resource
from pachlite.pfs.refs import parse_repo
from pachlite.wiring import open_store
from tests.s3.process import running_gateway
from tests.s3.refusals import refused


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A gateway with auth active, and its store opened as root."""
    home = tmp_path_factory.mktemp("auth") / "home"
    with open_store(StoreConfig(home)) as root:
        root.activate_auth()
        with running_gateway(home, "--auth", "--host", "0.0.0.0") as gateway:
            yield gateway, root


@pytest.fixture
def gateway(world):
    return world[0]


@pytest.fixture
def root(world):
    return world[1]


@contextmanager
def client_of(gateway, access_key, secret_key):
    """Connect with a key pair, or with a token as both of it."""
    port = gateway.address[1]
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )
    try:
        yield client
    finally:
        client.close()


@contextmanager
def connected(gateway, root, user):
    pair = root.create_s3_key(user)
    with client_of(gateway, pair.access_key, pair.secret_key) as client:
        yield client


def buckets(client):
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]


def test_users_do_not_see_or_touch_what_others_have(gateway, root):
    with (
        connected(gateway, root, "user:alice") as alice,
        connected(gateway, root, "user:bob") as bob,
    ):
        for client, bucket in ((alice, "images"), (bob, "notes")):
            client.create_bucket(Bucket=bucket)
            client.put_object(Bucket=bucket, Key="a", Body=b"of " + bucket.encode())
        assert (buckets(alice), buckets(bob)) == (["images"], ["notes"])
        for call in (
            lambda: bob.get_object(Bucket="images", Key="a"),
            lambda: bob.put_object(Bucket="images", Key="a", Body=b"x"),
            lambda: bob.delete_object(Bucket="images", Key="a"),
            lambda: bob.list_objects_v2(Bucket="images"),
            lambda: bob.list_object_versions(Bucket="images"),
            lambda: bob.delete_bucket(Bucket="images"),
            lambda: bob.create_multipart_upload(Bucket="images", Key="a"),
            lambda: bob.copy_object(Bucket="notes", Key="b", CopySource="images/a"),
            lambda: bob.create_bucket(Bucket="dev.images"),
        ):
            with refused("AccessDenied", 403):
                call()
        with refused("403", 403):
            bob.head_object(Bucket="images", Key="a")
        with refused("BucketAlreadyExists", 409):
            bob.create_bucket(Bucket="images")
        with refused("NoSuchBucket", 404):
            bob.list_objects_v2(Bucket="nothing")
        assert alice.get_object(Bucket="images", Key="a")["Body"].read() == b"of images"


def test_who_writes_is_recorded_and_roles_count_at_the_next_request(gateway, root):
    repo = parse_repo("shared")
    with (
        connected(gateway, root, "user:alice") as alice,
        connected(gateway, root, "user:bob") as bob,
    ):
        alice.create_bucket(Bucket="shared")
        alice.put_object(Bucket="shared", Key="a", Body=b"1")
        commit = next(iter(root.list_commit(repo)))
        assert (commit.created_by, root.inspect_repo(repo).created_by) == ("user:alice",) * 2
        with refused("AccessDenied", 403):
            bob.get_object(Bucket="shared", Key="a")
        root.set_roles(repo_resource(repo), "user:bob", ["repoReader"])
        assert bob.get_object(Bucket="shared", Key="a")["Body"].read() == b"1"
        assert "shared" in buckets(bob)
        with refused("AccessDenied", 403):
            bob.put_object(Bucket="shared", Key="b", Body=b"2")
        root.set_roles(repo_resource(repo), "user:bob", [])
        with refused("AccessDenied", 403):
            bob.get_object(Bucket="shared", Key="a")


def test_a_revoked_token_or_key_is_unknown_at_the_next_request(gateway, root):
    token = root.create_token("robot:ci")
    pair = root.create_s3_key("robot:ci")
    with (
        client_of(gateway, token, token) as by_token,
        client_of(gateway, pair.access_key, pair.secret_key) as by_key,
    ):
        assert (buckets(by_token), buckets(by_key)) == ([], [])
        root.revoke_token(token)
        with refused("InvalidAccessKeyId", 403):
            by_token.list_buckets()
        assert buckets(by_key) == []
        root.revoke_s3_key(pair.access_key)
        with refused("InvalidAccessKeyId", 403):
            by_key.list_buckets()


def test_a_wrong_secret_and_no_signature_at_all_are_refused(gateway, root):
    pair = root.create_s3_key("user:alice")
    with (
        client_of(gateway, pair.access_key, "not the secret") as wrong,
        refused("SignatureDoesNotMatch", 403),
    ):
        wrong.list_buckets()
    answer = gateway.request("GET", "/?list-type=2")
    assert (answer.status, answer.code) == (403, "AccessDenied")


def test_people_are_told_to_get_a_key(gateway):
    page = gateway.request("GET", "/", headers={"Accept": "text/html"})
    assert page.status == 200
    assert b"AWS_ACCESS_KEY_ID=YOUR_KEY" in page.body
    assert "  pachlite auth create-s3-key\n" in gateway.log.read_text()


def test_a_gateway_that_insists_serves_nobody_once_auth_is_off(tmp_path):
    home = tmp_path / "home"
    with open_store(StoreConfig(home)) as root:
        root.activate_auth()
        with (
            running_gateway(home, "--auth") as insisting,
            running_gateway(home) as trusting,
            connected(insisting, root, "user:alice") as alice,
        ):
            alice.create_bucket(Bucket="images")
            root.deactivate_auth()
            with refused("InvalidAccessKeyId", 403):
                alice.list_buckets()
            assert insisting.request("GET", "/images?list-type=2").code == "AccessDenied"
            assert trusting.request("GET", "/images?list-type=2").status == 200
