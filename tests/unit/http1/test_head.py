"""Heads of requests: what they say, and which ones are refused."""

import pytest

from pachlite.http1.head import HeadParser
from pachlite.http1.refusals import RequestRefused


def parse(line, *lines):
    text = "".join(f"{each}\r\n" for each in (line, *lines))
    return HeadParser(500).parse(f"{text}\r\n".encode("latin-1"))


def test_head_is_understood():
    head = parse("PUT /a%20b?c=d HTTP/1.1", "Host: x", "X-A:  1 \t", "Content-Length: 7")
    assert (head.method, head.target, head.minor_version) == ("PUT", b"/a%20b?c=d", 1)
    assert head.headers == [(b"host", b"x"), (b"x-a", b"1"), (b"content-length", b"7")]
    assert (head.length, head.keeps_alive, head.expects_invitation) == (7, True, False)


@pytest.mark.parametrize(
    ("version", "wishes", "keeps_alive"),
    [
        ("1.1", [], True),
        ("1.1", ["connection: close"], False),
        ("1.1", ["connection: Keep-Alive"], True),
        ("1.1", ["connection: x , CLOSE"], False),
        ("1.1", ["connection: x", "connection: close"], False),
        ("1.1", ["connection: closed"], True),
        ("1.0", [], False),
        ("1.0", ["connection: keep-alive"], True),
        ("1.0", ["connection: close"], False),
    ],
)
def test_connection_is_kept_as_its_version_has_it(version, wishes, keeps_alive):
    assert parse(f"GET / HTTP/{version}", "host: x", *wishes).keeps_alive is keeps_alive


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ([], 0),
        (["content-length: 0"], 0),
        (["content-length: 007"], 7),
        (["transfer-encoding: chunked"], None),
        (["transfer-encoding: CHUNKED"], None),
    ],
)
def test_length_of_the_body_is_known(lines, length):
    assert parse("PUT / HTTP/1.1", "host: x", *lines).length == length


@pytest.mark.parametrize(
    ("target", "understood"),
    [
        ("/", b"/"),
        ("//a", b"//a"),
        ("/a#b", b"/a#b"),
        ("http://x:1/a?b", b"/a?b"),
        ("HTTPS://x", b"/"),
        ("http://x?a", b"/?a"),
    ],
)
def test_authority_of_a_target_is_dropped(target, understood):
    assert parse(f"GET {target} HTTP/1.1", "host: x").target == understood


def test_only_a_whole_request_for_websocket_is_one():
    asks = ["connection: keep-alive, Upgrade", "upgrade: WebSocket"]
    assert parse("GET / HTTP/1.1", "host: x", *asks).is_for_websocket
    assert not parse("GET / HTTP/1.1", "host: x", asks[1]).is_for_websocket
    assert not parse("POST / HTTP/1.1", "host: x", *asks).is_for_websocket
    assert not parse("GET / HTTP/1.1", "host: x", asks[0], "upgrade: h2c").is_for_websocket


def test_one_parser_takes_all_heads_of_a_connection():
    parser = HeadParser(500)
    for lines, length in [(b"", 0), (b"content-length: 3\r\n", 3), (b"", 0)] * 2 + [
        (b"transfer-encoding: chunked\r\n", None),
        (b"connection: upgrade\r\nupgrade: h2c\r\n", 0),
        (b"expect: 100-continue\r\ncontent-length: 1\r\n", 1),
    ]:
        head = parser.parse(b"PUT /x HTTP/1.1\r\nhost: x\r\n%b\r\n" % lines)
        assert (head.target, head.length, len(head.headers)) == (
            b"/x",
            length,
            1 + lines.count(b"\n"),
        )


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["content-length: 1", "transfer-encoding: chunked"], 400),
        (["content-length: 1", "Content-Length: 1"], 400),
        (["content-length: \xb2"], 400),
        (["content-length: 1_0"], 400),
        (["transfer-encoding: identity"], 400),
        (["transfer-encoding: gzip, chunked"], 501),
        (["transfer-encoding: chunked, chunked"], 400),
        (["host: y"], 400),
        ([f"x-{n}: 1" for n in range(500)], 431),
    ],
)
def test_head_that_can_be_taken_in_two_ways_is_refused(lines, status):
    with pytest.raises(RequestRefused) as caught:
        parse("PUT / HTTP/1.1", "host: x", *lines)
    assert caught.value.kind.status == status
