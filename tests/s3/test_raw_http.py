"""What clients send, byte by byte: framing, digests, broken requests, and what is not S3 at all."""

import base64
import hashlib
import http.client
import socket
import zlib

import pytest

CRC32 = "x-amz-checksum-crc32"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EXTENSION = f";chunk-signature={'0' * 64}"
DATA = b"hello, world" * 10_000
UNSIGNED_CHUNKS = {
    "x-amz-content-sha256": UNSIGNED_TRAILER,
    "x-amz-decoded-content-length": str(len(DATA)),
}


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def frame(data, *, extension="", trailers=(), size=65_536):
    body = b""
    for start in range(0, len(data), size):
        chunk = data[start : start + size]
        body += f"{len(chunk):x}{extension}\r\n".encode() + chunk + b"\r\n"
    lines = "".join(f"{name}:{value}\r\n" for name, value in trailers)
    return body + f"0{extension}\r\n{lines}\r\n".encode()


def stored(gateway, bucket, key="a"):
    answer = gateway.request("GET", f"/{bucket}/{key}")
    return answer.body if answer.status == 200 else answer.code


@pytest.mark.parametrize("data", [b"", b"x", DATA], ids=["empty", "tiny", "large"])
@pytest.mark.parametrize("size", [8192, 65_536, 1_048_576])
def test_signed_chunks_are_taken_apart(gateway, bucket, data, size):
    headers = {
        "x-amz-content-sha256": SIGNED,
        "x-amz-decoded-content-length": str(len(data)),
        "content-encoding": "aws-chunked",
    }
    body = frame(data, extension=EXTENSION, size=size)
    answer = gateway.request("PUT", f"/{bucket}/a", body, headers)
    assert answer.headers["etag"] == f'"{hashlib.md5(data).hexdigest()}"'
    got = gateway.request("GET", f"/{bucket}/a")
    assert got.body == data
    assert "content-encoding" not in got.headers


def test_unsigned_chunks_with_a_trailer_and_without_a_content_length_are_taken_apart(
    gateway, bucket
):
    headers = {**UNSIGNED_CHUNKS, "x-amz-trailer": CRC32}
    body = frame(DATA, trailers=[(CRC32, crc32(DATA))])
    pieces = (body[start : start + 777] for start in range(0, len(body), 777))
    answer = gateway.request("PUT", f"/{bucket}/a", pieces, headers, encode_chunked=True)
    assert answer.status == 200
    assert stored(gateway, bucket) == DATA


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (
            frame(DATA, trailers=[(CRC32, "AAAAAA==")]),
            {**UNSIGNED_CHUNKS, "x-amz-trailer": CRC32},
            "BadDigest",
        ),
        (
            frame(DATA),
            {**UNSIGNED_CHUNKS, "x-amz-trailer": CRC32},
            "MalformedTrailerError",
        ),
        (frame(DATA)[:-7], UNSIGNED_CHUNKS, "IncompleteBody"),
        (frame(DATA, size=8191), UNSIGNED_CHUNKS, "InvalidChunkSizeError"),
        (frame(DATA), {"x-amz-content-sha256": UNSIGNED_TRAILER}, "MissingContentLength"),
        (
            frame(DATA),
            {"x-amz-content-sha256": SIGNED, "x-amz-decoded-content-length": "7"},
            "IncompleteBody",
        ),
        (DATA, {**UNSIGNED_CHUNKS, "x-amz-content-sha256": SIGNED}, "IncompleteBody"),
        (DATA, {"x-amz-content-sha256": "0" * 64}, "XAmzContentSHA256Mismatch"),
        (
            DATA,
            {"x-amz-content-sha256": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"},
            "NotImplemented",
        ),
        (DATA, {"x-amz-content-sha256": "what"}, "InvalidArgument"),
        (DATA, {"content-md5": base64.b64encode(bytes(16)).decode()}, "BadDigest"),
        (DATA, {"content-md5": "what"}, "InvalidDigest"),
        (DATA, {CRC32: "AAAAAA=="}, "BadDigest"),
        (DATA, {CRC32: "AAAA"}, "InvalidRequest"),
        (DATA, {"x-amz-checksum-rot13": "AAAA"}, "InvalidRequest"),
        (DATA, {"content-md5": ""}, "InvalidDigest"),
        (DATA, {"x-amz-meta-a": "x" * 3000}, "MetadataTooLarge"),
    ],
)
def test_body_that_is_not_what_was_declared_is_refused_and_not_stored(
    gateway, bucket, body, headers, code
):
    gateway.request("PUT", f"/{bucket}/a", b"before")
    assert gateway.request("PUT", f"/{bucket}/a", body, headers).code == code
    assert stored(gateway, bucket) == b"before"


def test_right_digests_are_taken(gateway, bucket):
    headers = {
        "x-amz-content-sha256": hashlib.sha256(DATA).hexdigest(),
        "content-md5": base64.b64encode(hashlib.md5(DATA).digest()).decode(),
        CRC32: crc32(DATA),
    }
    assert gateway.request("PUT", f"/{bucket}/a", DATA, headers).status == 200
    assert stored(gateway, bucket) == DATA


def test_body_that_ends_before_its_length_is_not_stored(gateway, bucket, s3):
    for size in (100, 5_000_000):
        with socket.create_connection(gateway.address, timeout=30) as connection:
            head = f"PUT /{bucket}/a HTTP/1.1\r\nhost: x\r\ncontent-length: {size + 1}\r\n\r\n"
            connection.sendall(head.encode() + bytes(size))
            connection.shutdown(socket.SHUT_WR)
            assert not connection.recv(1000).startswith(b"HTTP/1.1 2")
    assert s3.list_object_versions(Bucket=bucket).get("Versions", []) == []


def test_refused_upload_does_not_wait_for_its_end(gateway):
    with socket.create_connection(gateway.address, timeout=30) as connection:
        head = f"PUT /nowhere/a HTTP/1.1\r\nhost: x\r\ncontent-length: {4 * 10**9}\r\n\r\n"
        connection.sendall(head.encode())
        connection.sendall(bytes(2_000_000))
        answer = connection.recv(100_000)
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"connection: close" in answer.lower()


def test_connection_is_used_again_after_a_refusal(gateway, bucket):
    connection = http.client.HTTPConnection(*gateway.address, timeout=30)
    for path in ("/nowhere/a", f"/{bucket}/a", "/nowhere/a", f"/{bucket}/b"):
        connection.request("PUT", path, DATA)
        response = connection.getresponse()
        response.read()
        assert response.status == (404 if "nowhere" in path else 200)
        assert response.getheader("connection") is None
    connection.close()


def test_client_that_waits_to_be_asked_for_its_body_is_asked(gateway, bucket):
    with socket.create_connection(gateway.address, timeout=30) as connection:
        connection.sendall(
            f"PUT /{bucket}/a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n"
            "expect: 100-continue\r\n\r\n".encode()
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(b"hello")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    assert stored(gateway, bucket) == b"hello"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_key_that_is_too_long_is_refused(gateway, bucket, method):
    answer = gateway.request(method, f"/{bucket}/{'k' * 1025}")
    assert answer.status == 400
    assert answer.code == ("" if method == "HEAD" else "KeyTooLongError")


@pytest.mark.parametrize(
    ("path", "code"),
    [("/bucket/%FF", "InvalidURI"), ("/bucket/a%00b", "InvalidArgument"), ("//a", "NoSuchBucket")],
)
def test_path_that_names_no_key_is_refused(gateway, path, code):
    assert gateway.request("GET", path).code == code


@pytest.mark.parametrize(
    ("method", "path", "document", "code"),
    [
        ("POST", "?delete", b"", "MalformedXML"),
        ("POST", "?delete", b"<Delete>", "MalformedXML"),
        ("POST", "?delete", b"<Delete/>", "MalformedXML"),
        ("POST", "?delete", b"<Wrong><Object><Key>a</Key></Object></Wrong>", "MalformedXML"),
        (
            "POST",
            "?delete",
            b'<!DOCTYPE a [<!ENTITY k "a">]><Delete><Object><Key>&k;</Key></Object></Delete>',
            "MalformedXML",
        ),
        (
            "POST",
            "?delete",
            b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>",
            "MalformedXML",
        ),
        ("POST", "?delete", b"x" * 9_000_000, "EntityTooLarge"),
        ("PUT", "?versioning", b"<VersioningConfiguration/>", "MalformedXML"),
        ("PUT", "", b"<CreateBucketConfiguration", "MalformedXML"),
    ],
)
def test_document_that_is_broken_is_refused(gateway, bucket, method, path, document, code):
    gateway.request("PUT", f"/{bucket}/a", b"before")
    assert gateway.request(method, f"/{bucket}{path}", document).code == code
    assert stored(gateway, bucket) == b"before"


@pytest.mark.parametrize("digest", ["none", "md5", "crc32"])
def test_deleting_many_needs_no_digest_but_a_wrong_one_is_refused(gateway, bucket, digest):
    document = b"<Delete><Object><Key>a</Key></Object></Delete>"
    right = {
        "none": {},
        "md5": {"content-md5": base64.b64encode(hashlib.md5(document).digest()).decode()},
        "crc32": {CRC32: crc32(document)},
    }[digest]
    wrong = {
        "none": {"x-amz-content-sha256": "0" * 64},
        "md5": {"content-md5": base64.b64encode(bytes(16)).decode()},
        "crc32": {CRC32: "AAAAAA=="},
    }[digest]
    gateway.request("PUT", f"/{bucket}/a", b"1")
    assert gateway.request("POST", f"/{bucket}?delete=", document, wrong).status == 400
    assert stored(gateway, bucket) == b"1"
    assert gateway.request("POST", f"/{bucket}?delete=", document, right).status == 200
    assert stored(gateway, bucket) == "NoSuchKey"


@pytest.mark.parametrize("subresource", ["torrent", "select&select-type=2", "restore", "anything"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
def test_unknown_subresource_touches_nothing(gateway, bucket, method, subresource):
    gateway.request("PUT", f"/{bucket}/a", b"before")
    assert gateway.request(method, f"/{bucket}/a?{subresource}", b"x").status == 501
    assert stored(gateway, bucket) == b"before"


def test_repeated_and_unknown_headers_do_no_harm(gateway, bucket):
    connection = http.client.HTTPConnection(*gateway.address, timeout=30)
    connection.putrequest("PUT", f"/{bucket}/a")
    for name, value in [("x-amz-meta-a", "1"), ("x-amz-meta-a", "2"), ("content-length", "0")]:
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().read() == b""
    connection.close()
    assert gateway.request("HEAD", f"/{bucket}/a").headers["x-amz-meta-a"] == "1,2"


def test_every_answer_names_the_request(gateway, bucket):
    for method, path in (("GET", "/"), ("HEAD", f"/{bucket}"), ("GET", "/nowhere/a")):
        answer = gateway.request(method, path)
        assert len(answer.headers["x-amz-request-id"]) == 16
        assert answer.headers["x-amz-bucket-region"] == "us-east-1"


def test_listing_in_xml_that_cannot_carry_a_key_uses_a_reference(gateway, bucket):
    gateway.request("PUT", f"/{bucket}/a%01b", b"1")
    assert b"<Key>a&#x1;b</Key>" in gateway.request("GET", f"/{bucket}").body
    assert b"<Key>a%01b</Key>" in gateway.request("GET", f"/{bucket}?encoding-type=url").body


def test_browser_asking_whether_it_may_is_told_no(gateway, bucket):
    answer = gateway.request(
        "OPTIONS",
        f"/{bucket}/a",
        headers={"origin": "http://x", "access-control-request-method": "GET"},
    )
    assert (answer.status, answer.code) == (403, "AccessForbidden")


def test_browser_gets_a_page_and_programs_get_buckets(gateway, bucket):
    page = gateway.request("GET", "/", headers={"accept": "text/html,*/*"})
    assert page.headers["content-type"].startswith("text/html")
    assert gateway.endpoint.encode() in page.body
    assert f"<Name>{bucket}</Name>".encode() in gateway.request("GET", "/").body
    signed = {"accept": "text/html", "authorization": "AWS key:signature"}
    assert b"ListAllMyBucketsResult" in gateway.request("GET", "/", headers=signed).body


def test_own_paths_are_no_bucket(gateway):
    assert gateway.request("GET", "/~/healthz").body == b"ok\n"
    assert gateway.request("GET", "/~/nothing").status == 404
    assert gateway.request("PUT", "/~").code == "InvalidBucketName"


def test_request_through_a_proxy_names_the_whole_url(gateway, bucket):
    gateway.request("PUT", f"/{bucket}/a", b"1")
    assert gateway.request("GET", f"{gateway.endpoint}/{bucket}/a").body == b"1"


def test_lifecycle_is_asked_for_as_clients_of_minio_do(gateway, bucket):
    answer = gateway.request("GET", f"/{bucket}/?lifecycle=&withUpdatedAt=true")
    assert (answer.status, answer.code) == (404, "NoSuchLifecycleConfiguration")


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_request_that_ends_too_early_changes_nothing_though_its_body_is_not_wanted(gateway, method):
    gateway.request("PUT", "/early.end")
    gateway.request("PUT", "/early.end/a", b"1")
    path = "/early.end/a" if method == "DELETE" else "/late.end"
    head = f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc"
    with socket.create_connection(gateway.address, timeout=30) as connection:
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert gateway.request("GET", "/early.end/a").body == b"1"
    assert gateway.request("HEAD", "/late.end").status == 404
