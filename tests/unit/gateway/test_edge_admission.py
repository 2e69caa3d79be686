"""The edge of a gateway that asks: what it tells whom, and who it says was there."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4PostAuth
from botocore.credentials import Credentials

from pachlite.gateway.edge import Edge
from pachlite.wiring import open_memory_store
from tests.unit.gateway.signing import raw_request, sign, sign_form


@pytest.fixture
def pfs():
    with open_memory_store() as pfs:
        pfs.activate_auth()
        yield pfs


@pytest.fixture
def keys(pfs):
    pair = pfs.create_s3_key("user:alice")
    return Credentials(pair.access_key, pair.secret_key)


async def pages(scope, receive, send):
    raise AssertionError("it was for S3")


def serve(pfs, raw, body=b""):
    """Send one request; return its status and body, and what was observed."""
    seen, sent = [], []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event):
        sent.append(event)

    scope = {
        "type": "http",
        "method": raw.method,
        "raw_path": raw.path,
        "query_string": raw.query,
        "headers": [
            *[(name.encode(), value.encode()) for name, value in raw.headers.items()],
            (b"content-length", str(len(body)).encode()),
        ],
    }
    edge = Edge(pfs, pages, observers=(seen.append,))
    asyncio.run(edge(scope, receive, send))
    edge.close()
    answer = b"".join(event.get("body", b"") for event in sent[1:])
    return sent[0]["status"], answer, seen[0]


def signed(keys, method, path, body=b""):
    return sign(S3SigV4Auth(keys, "s3", "r"), method, path, body=body)


def test_whoever_signed_is_observed(pfs, keys):
    status, _, seen = serve(pfs, signed(keys, "PUT", "/images"))
    assert (status, seen.operation, seen.subject) == (200, "CreateBucket", "user:alice")
    status, _, seen = serve(pfs, signed(keys, "GET", "/images/absent"))
    assert (status, seen.error_code, seen.subject) == (404, "NoSuchKey", "user:alice")


def test_whoever_signed_a_form_is_observed(pfs, keys):
    serve(pfs, signed(keys, "PUT", "/images"))
    expiration = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = {"expiration": expiration, "conditions": [{"bucket": "images"}, {"key": "a"}]}
    fields = sign_form(S3SigV4PostAuth(keys, "s3", "r"), policy, {"key": "a"})
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in [*fields.items(), ("file", "hello")]
    )
    headers = {"content-type": "multipart/form-data; boundary=x"}.items()
    raw = raw_request("POST", "http://localhost/images", headers)
    status, answer, seen = serve(pfs, raw, f"{body}--x--\r\n".encode())
    assert (status, answer, seen.subject) == (204, b"", "user:alice")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/images?torrent"), ("PUT", "/?x"), ("GET", "/images?x=1")]
)
def test_what_there_is_not_is_told_to_those_only_who_may_ask(pfs, keys, method, path):
    status, _, seen = serve(pfs, raw_request(method, f"http://localhost{path}"))
    assert (status, seen.error_code, seen.subject) == (403, "AccessDenied", "")
    status, _, seen = serve(pfs, signed(keys, method, path))
    assert status == 501


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("PATCH", "/images", "MethodNotAllowed"),
        ("POST", "/", "MethodNotAllowed"),
        ("PUT", "/images/a?partNumber=1", "InvalidArgument"),
    ],
)
def test_what_nobody_could_mean_is_told_to_everybody(pfs, method, path, code):
    _, _, seen = serve(pfs, raw_request(method, f"http://localhost{path}"))
    assert (seen.error_code, seen.subject) == (code, "")


def test_secrets_are_in_no_answer_and_in_no_log(pfs, caplog):
    token = pfs.create_token("user:alice")
    caplog.set_level("DEBUG")
    wrong = Credentials(token, "wrong")
    status, answer, seen = serve(pfs, signed(wrong, "GET", "/"))
    assert status == 403
    assert token not in repr(seen)
    assert token not in caplog.text
    pair = pfs.create_s3_key("user:alice")
    status, answer, _ = serve(pfs, signed(Credentials(pair.access_key, "wrong"), "GET", "/"))
    assert status == 403
    assert pair.secret_key.encode() not in answer
