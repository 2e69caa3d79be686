"""A gateway that asks who you are: real clients that sign, and requests that must not pass."""

import hashlib
import hmac
import json
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth

from pachlite.config import StoreConfig
from pachlite.wiring import open_store
from tests.s3.clients import program, run, run_script
from tests.s3.forms import post
from tests.s3.guarded import Pair, guarded_gateway
from tests.s3.refusals import refused
from tests.unit.gateway.signing import sign

MIB = 1024 * 1024
KEYS = [
    "plain",
    "dir/a b+c",
    "ümläut/日本",
    "q?&=#%41",
    "~!*'();:@$,",
    "a//b",
    "/lead",
    "dots/../x",
]
CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A gateway that asks, with a bucket of alice's."""
    with guarded_gateway(tmp_path_factory.mktemp("guarded") / "home") as guarded:
        guarded.s3(guarded.alice).create_bucket(Bucket="photos")
        yield guarded


@pytest.mark.parametrize("version", ["s3v4", "s3"])
@pytest.mark.parametrize("who", ["alice_token", "alice"])
def test_boto3_reads_and_writes_by_every_kind_of_key(guarded, who, version):
    s3 = guarded.s3(getattr(guarded, who), signature_version=version)
    for key in KEYS:
        s3.put_object(
            Bucket="photos", Key=key, Body=key.encode(), Metadata={"a": "x  y"}, ContentType="a/b"
        )
        assert s3.get_object(Bucket="photos", Key=key)["Body"].read() == key.encode()
    listed = s3.list_objects_v2(Bucket="photos", Prefix="dir/a b+", Delimiter="/")
    assert [each["Key"] for each in listed["Contents"]] == ["dir/a b+c"]
    copied = s3.copy_object(
        Bucket="photos", Key="copy", CopySource={"Bucket": "photos", "Key": "ümläut/日本"}
    )
    s3.get_object(Bucket="photos", Key="copy", VersionId=copied["VersionId"])
    deleted = s3.delete_objects(
        Bucket="photos", Delete={"Objects": [{"Key": key} for key in [*KEYS, "copy"]]}
    )
    assert len(deleted["Deleted"]) == len(KEYS) + 1
    s3.close()


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "moon"])
def test_any_region_will_do(guarded, region):
    assert guarded.s3(guarded.alice, region=region).list_buckets()["Buckets"]


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_urls_of_a_key_pair_work_without_headers(guarded, version):
    s3 = guarded.s3(guarded.alice, signature_version=version)
    where = {"Bucket": "photos", "Key": "shared/ü +%.txt"}
    url = s3.generate_presigned_url("put_object", {**where, "ContentType": "a/b"})
    typed = {"content-type": "a/b"}
    assert guarded.gateway.request("PUT", _resource(url), b"hello", typed).status == 200
    url = s3.generate_presigned_url(
        "get_object", {**where, "ResponseContentDisposition": "attachment; filename=x"}
    )
    answer = guarded.gateway.request("GET", _resource(url))
    assert answer.body == b"hello"
    assert answer.headers["content-disposition"] == "attachment; filename=x"
    assert answer.headers["content-type"] == "a/b"
    assert guarded.gateway.request("PUT", _resource(url), b"other").code == "SignatureDoesNotMatch"
    changed = _resource(url).replace("filename%3Dx", "filename%3Dy")
    assert guarded.gateway.request("GET", changed).code == "SignatureDoesNotMatch"


def _resource(url):
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_token_cannot_presign_and_says_what_can(guarded, version):
    s3 = guarded.s3(guarded.alice_token, signature_version=version)
    url = s3.generate_presigned_url("get_object", {"Bucket": "photos", "Key": "a"})
    answer = guarded.gateway.request("GET", _resource(url))
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"pachlite auth create-s3-key" in answer.body


def set_clock(monkeypatch, **offset):
    """Let botocore believe in another time; return it as it is signed."""
    wrong = datetime.now(UTC) + timedelta(**offset)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: wrong)
    return wrong.strftime("%Y%m%dT%H%M%SZ")


def presigned(guarded, path, expires):
    signer = S3SigV4QueryAuth(guarded.alice.credentials(), "s3", "us-east-1", expires)
    return sign(signer, "GET", path, host=guarded.host)


def test_url_that_has_expired_is_refused(guarded, monkeypatch):
    set_clock(monkeypatch, seconds=-61)
    answer = guarded.send(presigned(guarded, "/photos/absent", 60))
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"<Message>Request has expired" in answer.body
    assert b"<X-Amz-Expires>60</X-Amz-Expires>" in answer.body
    set_clock(monkeypatch, days=-6)
    assert guarded.send(presigned(guarded, "/photos/absent", 604_800)).code == "NoSuchKey"
    set_clock(monkeypatch, seconds=-1)
    assert guarded.send(presigned(guarded, "/photos/absent", 0)).code == "AccessDenied"
    for expires in (-1, 604_801):
        answer = guarded.send(presigned(guarded, "/photos/absent", expires))
        assert (answer.status, answer.code) == (403, "AuthorizationQueryParametersError")


def test_wrong_secrets_and_keys_are_refused(guarded):
    for version in ("s3v4", "s3"):
        wrong = Pair(guarded.alice.access_key, "wrong")
        with refused("SignatureDoesNotMatch", 403) as caught:
            guarded.s3(wrong, signature_version=version).list_buckets()
        assert "secret key" in str(caught.value)
        for unknown in (Pair("AKIDUNKNOWN", "x"), Pair("ü", "x"), Pair("a'--", "x")):
            with refused("InvalidAccessKeyId", 403):
                guarded.s3(unknown, signature_version=version).list_buckets()


@pytest.mark.parametrize("hours", [-1, 1])
def test_wrong_clock_is_told_both_times(guarded, monkeypatch, hours):
    wrong = set_clock(monkeypatch, hours=hours)
    answer = guarded.send(guarded.signed(guarded.alice, "GET", "/photos"))
    assert (answer.status, answer.code) == (403, "RequestTimeTooSkewed")
    assert f"<RequestTime>{wrong}</RequestTime><ServerTime>2".encode() in answer.body


def test_anonymous_is_refused_everything(guarded):
    for method, path in [
        ("GET", "/"),
        ("GET", "/photos"),
        ("GET", "/photos/a"),
        ("PUT", "/photos/a"),
        ("PUT", "/other"),
        ("DELETE", "/photos/a"),
        ("POST", "/photos?delete"),
        ("POST", "/photos/a?uploads"),
        ("GET", "/nowhere"),
    ]:
        form = {"content-type": "multipart/form-data; boundary=x"}
        for headers in ({}, {"authorization": ""}, form):
            answer = guarded.gateway.request(method, path, b"", headers)
            assert (answer.status, answer.code) == (403, "AccessDenied"), (method, path)
    assert guarded.gateway.request("HEAD", "/photos/a").status == 403
    assert guarded.gateway.request("GET", "/", headers={"accept": "text/html"}).status == 200
    assert guarded.gateway.request("GET", "/~/healthz").status == 200


def test_what_others_own_is_not_theirs(guarded):
    s3 = guarded.s3(guarded.bob)
    for call in (
        lambda: s3.get_object(Bucket="photos", Key="a"),
        lambda: s3.put_object(Bucket="photos", Key="a", Body=b""),
        lambda: s3.delete_object(Bucket="photos", Key="a"),
    ):
        with pytest.raises(s3.exceptions.ClientError) as caught:
            call()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in {403, 404}


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        ("Basic dXNlcjpwYXNz", 400, "InvalidArgument"),
        ("Bearer abc", 400, "InvalidArgument"),
        ("AWS HAHAHA", 400, "InvalidArgument"),
        ("AWS4 HAHAHA", 400, "InvalidArgument"),
        ("AWS4-HMAC-SHA256 Credential=HAHAHA", 400, "AuthorizationHeaderMalformed"),
        ("AWS4-ECDSA-P256-SHA256 Credential=HAHAHA", 501, "NotImplemented"),
        ("AWS4-HMAC-SHA256 " + "x" * 30_000, 400, "AuthorizationHeaderMalformed"),
        ("AWS key:" + "x" * 30_000, 403, "InvalidAccessKeyId"),
        ("AWS \u00fc\u00fc:\u00fc", 403, "InvalidAccessKeyId"),
    ],
)
def test_authorization_that_makes_no_sense_is_refused(guarded, authorization, status, code):
    headers = {"authorization": authorization.encode("latin-1")}
    answer = guarded.gateway.request("GET", "/photos", headers=headers)
    assert (answer.status, answer.code) == (status, code)


def test_huge_authorization_does_not_bring_it_down(guarded):
    answer = guarded.gateway.request("GET", "/", headers={"authorization": "AWS " + "x" * 60_000})
    assert answer.status in {400, 431}
    assert guarded.s3(guarded.alice).list_buckets()["Buckets"]


def test_signature_is_good_for_nothing_else(guarded):
    body = b"hello"
    raw = guarded.signed(guarded.alice, "PUT", "/photos/replayed", body, {"x-amz-meta-a": "1"})
    assert guarded.send(raw, body).status == 200
    assert guarded.send(raw, b"other").code == "XAmzContentSHA256Mismatch"
    assert guarded.send(raw, b"").code == "XAmzContentSHA256Mismatch"
    mismatched = [
        guarded.send(replace(raw, method="DELETE")),
        guarded.send(replace(raw, path=b"/photos/other"), body),
        guarded.send(replace(raw, path=b"/photos/./replayed"), body),
        guarded.send(replace(raw, path=b"//photos/replayed"), body),
        guarded.send(replace(raw, query=b"tagging"), body),
        guarded.send(replace(raw, query=b"versionId=x"), body),
        guarded.send(raw, body, x_amz_meta_a="2"),
        guarded.send(raw, body, x_amz_meta_a=None),
        guarded.send(raw, b"other", x_amz_content_sha256=hashlib.sha256(b"other").hexdigest()),
        guarded.send(raw, b"other", x_amz_content_sha256="UNSIGNED-PAYLOAD"),
        guarded.send(raw, body, host="elsewhere:80"),
    ]
    assert {answer.code for answer in mismatched} == {"SignatureDoesNotMatch"}
    unsigned = [
        guarded.send(raw, body, x_amz_copy_source="/photos/secret"),
        guarded.send(raw, body, x_amz_acl="public-read"),
    ]
    assert {answer.code for answer in unsigned} == {"AccessDenied"}
    assert b"<HeadersNotSigned>x-amz-acl</HeadersNotSigned>" in unsigned[1].body
    stored = guarded.send(guarded.signed(guarded.alice, "GET", "/photos/replayed"))
    assert stored.body == body


def test_header_that_is_sent_twice_does_not_pass(guarded):
    raw = guarded.signed(guarded.alice, "PUT", "/photos/twice", b"", {"x-amz-meta-a": "1"})
    for name, value in [
        ("x-amz-meta-a", "2"),
        ("authorization", raw.headers["authorization"]),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-date", raw.headers["x-amz-date"]),
    ]:
        connection = guarded.gateway.connect()
        connection.putrequest("PUT", "/photos/twice", skip_host=True, skip_accept_encoding=True)
        for pair in [*raw.headers.items(), (name, value)]:
            connection.putheader(*pair)
        connection.endheaders()
        assert connection.getresponse().status in {400, 403}, name
        connection.close()


def test_parameters_of_a_signature_that_come_twice_do_not_pass(guarded):
    s3 = guarded.s3(guarded.alice, signature_version="s3v4")
    url = _resource(s3.generate_presigned_url("list_objects_v2", {"Bucket": "photos"}))
    assert guarded.gateway.request("GET", url).status == 200
    signature = url.partition("X-Amz-Signature=")[2]
    for more in (
        f"X-Amz-Signature={signature}",
        f"x-amz-signature={signature}",
        "X-Amz-Expires=604800",
        "X-Amz-SignedHeaders=",
        "prefix=x",
        "list-type=2",
    ):
        for both in (f"{url}&{more}", url.replace("?", f"?{more}&", 1)):
            assert guarded.gateway.request("GET", both).status in {400, 403}, both


def test_signature_in_both_places_is_refused(guarded):
    s3 = guarded.s3(guarded.alice)
    url = s3.generate_presigned_url("list_buckets")
    raw = guarded.signed(guarded.alice, "GET", "/")
    answer = guarded.gateway.request("GET", _resource(url), headers=raw.headers)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


def test_rewritten_host_is_named(guarded):
    raw = guarded.signed(guarded.alice, "GET", "/photos")
    answer = guarded.send(raw, host="upstream:8080", x_forwarded_host=guarded.host)
    assert answer.code == "SignatureDoesNotMatch"
    assert f"signed for Host {guarded.host}".encode() in answer.body
    assert b"proxy_set_header Host" in answer.body


class _ChunkSigner(S3SigV4Auth):
    """Signs what is sent in chunks, and the chunks."""

    def payload(self, request):
        return CHUNKS

    def frame(self, raw, chunks):
        timestamp = raw.headers["x-amz-date"]
        scope = f"{timestamp[:8]}/us-east-1/s3/aws4_request"
        key = f"AWS4{self.credentials.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        last = raw.headers["authorization"].rpartition("=")[2]
        empty, body = hashlib.sha256().hexdigest(), b""
        for chunk in [*chunks, b""]:
            digest = hashlib.sha256(chunk).hexdigest()
            text = f"AWS4-HMAC-SHA256-PAYLOAD\n{timestamp}\n{scope}\n{last}\n{empty}\n{digest}"
            last = hmac.new(key, text.encode(), "sha256").hexdigest()
            body += f"{len(chunk):x};chunk-signature={last}\r\n".encode() + chunk + b"\r\n"
        return body


def test_tampered_chunk_stores_nothing(guarded):
    signer = _ChunkSigner(guarded.alice.credentials(), "s3", "us-east-1")
    chunks = [b"a" * 65_536, b"b" * 65_536, b"c" * 10]
    headers = {
        "x-amz-decoded-content-length": str(sum(map(len, chunks))),
        "content-encoding": "aws-chunked",
    }
    raw = sign(signer, "PUT", "/photos/chunked", headers=headers, host=guarded.host)
    body = signer.frame(raw, chunks)
    for tampered in (
        body.replace(b"b" * 65_536, b"b" * 65_535 + b"x"),
        body.replace(b"c" * 10, b"d" * 10),
        body.replace(b"chunk-signature=", b"chunk-signature=0", 1),
    ):
        answer = guarded.send(raw, tampered)
        assert answer.status in {400, 403}
        assert guarded.send(guarded.signed(guarded.alice, "HEAD", "/photos/chunked")).status == 404
    assert guarded.send(raw, body).status == 200
    stored = guarded.send(guarded.signed(guarded.alice, "GET", "/photos/chunked"))
    assert stored.body == b"".join(chunks)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_form_signed_by_boto3_uploads_a_file(guarded, version, tmp_path):
    s3 = guarded.s3(guarded.alice, signature_version=version)
    form = s3.generate_presigned_post(
        "photos",
        "forms/${filename}",
        Fields={"x-amz-meta-a": "ü", "success_action_status": "201"},
        Conditions=[
            ["starts-with", "$x-amz-meta-a", ""],
            {"success_action_status": "201"},
            ["content-length-range", 1, 100],
        ],
    )
    answer = post(guarded.gateway, form["fields"], b"hello")
    assert answer.status == 201, answer.body
    assert b"<Key>forms/my file.txt</Key>" in answer.body
    shown = s3.get_object(Bucket="photos", Key="forms/my file.txt")
    assert shown["Body"].read() == b"hello"
    assert shown["VersionId"] == answer.headers["x-amz-version-id"]
    assert post(guarded.gateway, form["fields"], b"").code == "EntityTooSmall"
    assert post(guarded.gateway, form["fields"], b"x" * 101).code == "EntityTooLarge"
    assert post(guarded.gateway, form["fields"] | {"acl": "private"}, b"x").code == "AccessDenied"
    assert post(guarded.gateway, form["fields"] | {"key": "other"}, b"x").code == "AccessDenied"
    policy = form["fields"]["policy"]
    changed = form["fields"] | {"policy": policy[:-8] + "A" + policy[-7:]}
    assert post(guarded.gateway, changed, b"x").code == "SignatureDoesNotMatch"


def test_form_without_a_policy_is_anonymous_and_one_of_a_token_refused(guarded):
    assert post(guarded.gateway, {"key": "a"}, b"x").code == "AccessDenied"
    s3 = guarded.s3(guarded.alice_token)
    fields = s3.generate_presigned_post("photos", "a")["fields"]
    answer = post(guarded.gateway, fields, b"x")
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"create-s3-key" in answer.body
    others = guarded.s3(guarded.bob).generate_presigned_post("photos", "a")["fields"]
    assert post(guarded.gateway, others, b"x").status in {403, 404}


def test_aws_command_line_signs_and_presigns(guarded, tmp_path):
    aws = program("awscli", "aws")

    def call(*words, pair=guarded.alice, **options):
        return run([aws, *words], guarded.gateway, cwd=tmp_path, pair=pair, **options)

    (tmp_path / "big").write_bytes(hashlib.shake_128(b"big").digest(9 * MIB))
    call("s3", "cp", "big", "s3://photos/cli/big file")
    call("s3", "cp", "s3://photos/cli/big file", "back", pair=guarded.alice_token)
    assert (tmp_path / "back").read_bytes() == (tmp_path / "big").read_bytes()
    url = call("s3", "presign", "s3://photos/cli/big file").strip()
    with urllib.request.urlopen(url, timeout=30) as response:
        assert len(response.read()) == 9 * MIB
    wrong = Pair(guarded.alice.access_key, "wrong")
    assert "SignatureDoesNotMatch" in call("s3api", "list-buckets", pair=wrong, expect=255)


def test_minio_client_signs_and_presigns(guarded, tmp_path):
    script = """
import io, os, sys, json
from datetime import datetime, timedelta, timezone
from minio import Minio
from minio.datatypes import PostPolicy
import urllib3

host, access_key, secret_key = json.loads(sys.argv[1])
client = Minio(endpoint=host, access_key=access_key, secret_key=secret_key, secure=False)
data = os.urandom(6 * 1024 * 1024)
client.put_object(
    bucket_name="photos", object_name="minio/ü +", data=io.BytesIO(data), length=len(data),
    part_size=5 * 1024 * 1024, metadata={"a": "x  y"},
)
response = client.get_object(bucket_name="photos", object_name="minio/ü +")
assert response.read() == data
response.close()
response.release_conn()
url = client.presigned_put_object(bucket_name="photos", object_name="minio/b")
assert urllib3.request("PUT", url, body=b"2").status == 200
url = client.presigned_get_object(bucket_name="photos", object_name="minio/b")
assert urllib3.request("GET", url).data == b"2"
policy = PostPolicy("photos", datetime.now(timezone.utc) + timedelta(minutes=5))
policy.add_equals_condition("key", "minio/c")
policy.add_content_length_range_condition(1, 10)
fields = client.presigned_post_policy(policy)
fields |= {"key": "minio/c", "file": ("c", b"3")}
answer = urllib3.request("POST", f"http://{host}/photos", fields=fields)
assert answer.status == 204, answer.data
"""
    pair = guarded.alice
    arguments = json.dumps([guarded.host, pair.access_key, pair.secret_key])
    run_script("minio", script, guarded.gateway, arguments, cwd=tmp_path)


def test_revoked_key_is_refused_at_once(guarded, tmp_path):
    with open_store(StoreConfig(guarded.gateway.home)) as pfs:
        made = pfs.create_s3_key("user:carol")
        s3 = guarded.s3(Pair(made.access_key, made.secret_key))
        s3.list_buckets()
        pfs.revoke_s3_key(made.access_key)
        with refused("InvalidAccessKeyId", 403):
            s3.list_buckets()
