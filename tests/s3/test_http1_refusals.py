"""What arrives and is no HTTP/1 request: refused with a document, and never served in part."""

import pytest

from tests.s3.raw_client import RawConnection, request

LARGE_HEADER = f"x-large: {'x' * 66_000}"
REFUSED = {
    "no version": (b"GET /\r\n\r\n", 400),
    "version 0.9": (request("GET", "/", version="0.9"), 505),
    "version 1.2": (request("GET", "/", version="1.2"), 400),
    "version 2.0": (request("GET", "/", version="2.0"), 505),
    "other protocol": (b"GET / RTSP/1.0\r\nhost: x\r\n\r\n", 400),
    "TLS": (bytes.fromhex("16030100a5010000a1"), 400),
    "NUL at once": (b"\0", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    "space in the target": (request("GET", "/a b"), 400),
    "space at the end": (b"GET / HTTP/1.1 \r\nhost: x\r\n\r\n", 400),
    "byte in the target": (request("GET", "/\xff"), 400),
    "control in the target": (request("GET", "/\x01"), 400),
    "no path": (request("GET", "a"), 400),
    "other scheme": (request("GET", "ftp://x/"), 400),
    "asterisk": (request("GET", "*"), 400),
    "authority": (request("CONNECT", "a:443"), 400),
    "lower case": (request("get", "/"), 400),
    "no method": (request("WHAT", "/"), 400),
    "line feeds": (b"GET / HTTP/1.1\nhost: x\n\n", 400),
    "line feeds at the end": (b"GET / HTTP/1.1\r\nhost: x\n\n", 400),
    "line feed in the headers": (b"GET / HTTP/1.1\r\nhost: x\na: b\r\n\r\n", 400),
    "carriage return": (request("GET", "/", "a: b\rc: d"), 400),
    "NUL": (request("GET", "/", "a: b\0"), 400),
    "control": (request("GET", "/", "a: b\x01"), 400),
    "folded": (request("GET", "/", "a: b", " c"), 400),
    "folded at once": (b"GET / HTTP/1.1\r\n host: x\r\n\r\n", 400),
    "space before the colon": (request("GET", "/", "a : b"), 400),
    "no colon": (request("GET", "/", "a"), 400),
    "no name": (request("GET", "/", ": b"), 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (request("GET", "/", "host: x", "host: x"), 400),
    "strange host": (request("GET", "/", "host: x/y"), 400),
    "two lengths": (request("PUT", "/", "content-length: 1", "content-length: 2", body=b"xx"), 400),
    "same lengths": (
        request("PUT", "/", "content-length: 1", "content-length: 1", body=b"x"),
        400,
    ),
    "list of lengths": (request("PUT", "/", "content-length: 1, 1", body=b"x"), 400),
    "negative length": (request("PUT", "/", "content-length: -1"), 400),
    "signed length": (request("PUT", "/", "content-length: +1", body=b"x"), 400),
    "hexadecimal length": (request("PUT", "/", "content-length: 0x1", body=b"x"), 400),
    "empty length": (request("PUT", "/", "content-length:"), 400),
    "endless length": (request("PUT", "/", f"content-length: {'9' * 30}"), 400),
    "length and chunks": (
        request("PUT", "/", "content-length: 5", "transfer-encoding: chunked", body=b"0\r\n\r\n"),
        400,
    ),
    "two codings": (
        request("PUT", "/", "transfer-encoding: chunked", "transfer-encoding: chunked"),
        400,
    ),
    "chunked, then more": (request("PUT", "/", "transfer-encoding: chunked, gzip"), 400),
    "chunks of old": (request("PUT", "/", "transfer-encoding: chunked", version="1.0"), 400),
    "large header": (request("GET", "/", LARGE_HEADER), 431),
    "large target": (request("GET", f"/{'x' * 66_000}"), 431),
    "large head without end": (request("GET", "/", LARGE_HEADER)[:-2], 431),
    "many headers": (request("GET", "/", *(f"x-{n}: 1" for n in range(501))), 431),
}


@pytest.mark.parametrize("name", REFUSED)
def test_request_that_is_none_is_refused_with_a_document(gateway, name):
    data, status = REFUSED[name]
    with RawConnection(gateway.address, data) as connection:
        answer = connection.answer()
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert answer.headers["content-type"] == "application/xml"
        assert (
            answer.code
            in {
                400: {"BadRequest"},
                431: {"RequestHeaderSectionTooLarge"},
                505: {"HTTPVersionNotSupported"},
            }[status]
        )
        assert connection.is_at_end()


def test_unknown_coding_is_not_implemented(gateway):
    data = request("PUT", "/b/a", "transfer-encoding: gzip, chunked", body=b"0\r\n\r\n")
    with RawConnection(gateway.address, data) as connection:
        assert connection.answer().status == 501


@pytest.mark.parametrize(
    "chunks",
    [
        b"\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"0x1\r\n",
        b" 1\r\n",
        b"1" * 16 + b"\r\n",
        b"1\n",
        b"\n",
        b"1\r\nxy\r\n",
        b"1\r\nx\n",
        b"1;" + b"e" * 5000,
        b"1;a\nb\r\nx\r\n",
        b"0\r\nt: \0\r\n\r\n",
        b"0\r\n" + b"t: u\r\n" * 20_000,
    ],
)
def test_body_in_broken_chunks_is_refused(gateway, bucket, chunks):
    data = request("PUT", f"/{bucket}/a", "transfer-encoding: chunked", body=b"1\r\nx\r\n" + chunks)
    with RawConnection(gateway.address, data) as connection:
        answer = connection.answer()
        assert (answer.status, answer.code) == (400, "BadRequest")
    assert gateway.request("GET", f"/{bucket}/a").status == 404


def test_smuggled_request_is_not_served(gateway, bucket):
    inner = request("PUT", f"/{bucket}/smuggled", "content-length: 0")
    outer = request(
        "PUT",
        f"/{bucket}/a",
        f"content-length: {len(inner) + 5}",
        "transfer-encoding: chunked",
        body=b"0\r\n\r\n" + inner,
    )
    with RawConnection(gateway.address, outer) as connection:
        assert connection.answer().status == 400
        assert connection.is_at_end()
    assert gateway.request("GET", f"/{bucket}/smuggled").status == 404


def test_head_of_the_largest_size_is_taken(own):
    fixed = len(request("GET", "/echo", "x-large: "))
    line = f"x-large: {'x' * (64 * 1024 - fixed)}"
    with own.connect(request("GET", "/echo", line)) as connection:
        assert connection.answer().status == 200
        connection.send(request("GET", "/echo", line + "x"))
        assert connection.answer().status == 431
