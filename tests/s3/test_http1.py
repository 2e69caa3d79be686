"""HTTP/1 byte by byte: our connections, and Hypercorn's beside them where both must do the same."""

import hashlib
import json
import os
import socket
import ssl
import struct
import time

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

from tests.s3.process import TIMEOUT_S, running_gateway
from tests.s3.raw_client import RawConnection, odd_server

MIB = 1024 * 1024
GET = b"GET /echo HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    with odd_server(tmp_path_factory.mktemp("own"), "own", "linger_timeout_s=1") as server:
        yield server


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    with odd_server(tmp_path_factory.mktemp("stock"), "stock") as server:
        yield server


@pytest.fixture(scope="module", params=["own", "stock"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def hasty(tmp_path):
    """One with no patience."""
    limits = [f"{name}_timeout_s=0.3" for name in ("head", "idle", "stall", "linger")]
    with odd_server(tmp_path, "own", *limits, "check_interval_s=0.05") as server:
        yield server


def request(method, path, *lines, body=b"", version="1.1"):
    """Return a request; `host` is there unless a line names one."""
    has_host = any(line.lower().startswith("host") for line in lines)
    lines = [*lines] if has_host or version == "1.0" else ["host: x", *lines]
    head = "".join(f"{line}\r\n" for line in [f"{method} {path} HTTP/{version}", *lines])
    return f"{head}\r\n".encode("latin-1") + body


def wait_until_seen(server, what):
    end = time.monotonic() + TIMEOUT_S
    while what not in json.loads(server.ask("/seen")):
        assert time.monotonic() < end, what


# What both must do.

SAME = {
    "get": request("GET", "/echo/a%20b/%C3%A4?x=1&y"),
    "absolute": request("GET", "http://example.org/unknown"),
    "head": request("HEAD", "/size/1234"),
    "put": request("PUT", "/echo", "content-length: 5", body=b"hello"),
    "nothing to put": request("PUT", "/echo", "content-length: 0"),
    "post without length": request("POST", "/echo"),
    "chunks": request(
        "PUT", "/echo", "transfer-encoding: chunked", body=b"5;a=b\r\nhello\r\n0\r\n\r\n"
    ),
    "trailers": request(
        "PUT", "/echo", "Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\na: b\r\nc: d\r\n\r\n"
    ),
    "headers": request("GET", "/echo", "X-A: 1", "x-a:  2 \t", "X-Empty:", "x-latin: \xe4\xff"),
    "empty host": request("GET", "/echo", "host:"),
    "old": request("GET", "/echo", version="1.0"),
    "old, kept": request("GET", "/echo", "connection: keep-alive", version="1.0"),
    "closed": request("GET", "/echo", "Connection: Close"),
    "many wishes": request("GET", "/echo", "connection: keep-alive, x, close"),
    "large": request("GET", "/size/3000000"),
    "empty": request("GET", "/size/0"),
    "no length": request("GET", "/stream"),
    "no length, old": request("GET", "/stream", version="1.0"),
    "204": request("GET", "/status/204"),
    "304": request("GET", "/status/304"),
    "unknown": request("GET", "/what"),
    "options": request("OPTIONS", "*"),
    "long target": request("GET", f"/echo/{'x' * 30_000}"),
    "many headers": request("GET", "/echo", *(f"x-{n}: {n}" for n in range(90))),
}


def shown(server, data, *, to_head):
    """Return what one request gets, but for what depends on the clock, and if the end follows."""
    with server.connect(data) as connection:
        answer = connection.answer(to_head=to_head)
        headers = {name: value for name, value in answer.headers.items() if name != "date"}
        assert "date" in answer.headers
        connection.send(request("GET", "/size/0"))
        try:
            is_open = connection.answer().status == 200
        except (AssertionError, OSError):
            is_open = False
        return answer.status, headers, answer.body, is_open


@pytest.mark.parametrize("name", SAME)
def test_answers_are_the_same_as_hypercorns(own, stock, name):
    to_head = SAME[name].startswith(b"HEAD")
    ours = shown(own, SAME[name], to_head=to_head)
    theirs = shown(stock, SAME[name], to_head=to_head)
    if name == "old, kept":  # h11 never keeps a connection of HTTP/1.0
        assert ours[1].pop("connection") == "keep-alive"
        assert theirs[1].pop("connection") == "close"
        assert (ours[3], theirs[3]) == (True, False)
        ours, theirs = ours[:3], theirs[:3]
    assert ours == theirs


def test_requests_on_one_connection_are_answered_one_after_the_other(server):
    with server.connect() as connection:
        for number in range(5):
            connection.send(
                request("PUT", "/echo", f"content-length: {number}", body=b"x" * number)
            )
            assert json.loads(connection.answer().body)["size"] == number


def test_requests_that_are_sent_ahead_are_answered_in_order(server):
    bodies = [os.urandom(number * 1000) for number in range(30)]
    requests = [
        request("PUT", f"/echo/{n}", f"content-length: {len(body)}", body=body)
        if n % 2
        else request(
            "PUT",
            f"/echo/{n}",
            "transfer-encoding: chunked",
            body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n",
        )
        for n, body in enumerate(bodies)
    ]
    with server.connect(b"".join(requests)) as connection:
        for number, body in enumerate(bodies):
            echo = json.loads(connection.answer().body)
            assert (echo["path"], echo["body"]) == (
                f"/echo/{number}",
                hashlib.md5(body).hexdigest(),
            )


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_request_may_come_in_any_pieces(server, size):
    data = GET + request("PUT", "/echo", "transfer-encoding: chunked", body=b"3\r\nabc\r\n")
    data += b"a;x=y\r\n0123456789\r\n0\r\nt: u\r\n\r\n"
    with server.connect() as connection:
        for start in range(0, len(data), size):
            connection.send(data[start : start + size])
        assert json.loads(connection.answer().body)["method"] == "GET"
        assert json.loads(connection.answer().body)["size"] == 13


def test_line_end_before_a_request_is_skipped(own):
    with own.connect(b"\r\n\r\n" + GET) as connection:
        assert connection.answer().status == 200


def test_websocket_is_hypercorns(server):
    client = WSConnection(ConnectionType.CLIENT)
    opening = client.send(Request(host="x", target="/~/tunnel"))
    with server.connect(opening + b"") as connection:
        messages = []
        while len(messages) < 2:
            client.receive_data(connection.socket.recv(10_000))
            for event in client.events():
                if isinstance(event, AcceptConnection):
                    connection.send(client.send(TextMessage("one")) + client.send(TextMessage("2")))
                elif isinstance(event, TextMessage):
                    messages.append(event.data)
        connection.send(client.send(CloseConnection(1000)))
    assert messages == ["ONE", "2"]


def test_websocket_may_follow_a_request(own):
    client = WSConnection(ConnectionType.CLIENT)
    with own.connect(GET) as connection:
        assert connection.answer().status == 200
        connection.send(client.send(Request(host="x", target="/~/tunnel")))
        client.receive_data(connection.socket.recv(10_000))
        assert isinstance(next(client.events()), AcceptConnection)


def test_http2_without_tls_is_hypercorns(server):
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    with server.connect(preface) as connection:
        settings = connection.socket.recv(9)
        assert settings[3] == 4


@pytest.mark.parametrize(
    "opening",
    [
        WSConnection(ConnectionType.CLIENT).send(Request(host="x", target="/~/tunnel")),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=["WebSocket", "HTTP/2"],
)
def test_other_protocol_is_not_begun_with_a_client_that_has_left(tmp_path, opening):
    ahead = request("GET", "/hold") + opening
    with odd_server(tmp_path, "own") as server, server.connect(ahead) as connection:
        connection.send_end()
        wait_until_seen(server, "held")
        server.ask("/release")
        assert connection.answer().status == 200
        assert connection.is_at_end()


# What is refused.

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


# 100 Continue.

EXPECT = ("content-length: 5", "expect: 100-continue")


def test_body_is_asked_for_when_the_application_wants_it(own):
    with own.connect(request("PUT", "/echo", *EXPECT)) as connection:
        assert connection.answer().status == 100
        connection.send(b"hello")
        assert json.loads(connection.answer().body)["size"] == 5
        connection.send(GET)
        assert connection.answer().status == 200


def test_body_is_not_asked_for_when_it_is_there_already(own):
    with own.connect(request("PUT", "/echo", *EXPECT, body=b"hello")) as connection:
        assert json.loads(connection.answer().body)["size"] == 5


def test_body_is_not_asked_for_when_the_answer_is_no(own):
    with own.connect(request("PUT", "/refuse", *EXPECT)) as connection:
        answer = connection.answer()
        assert (answer.status, answer.headers["connection"]) == (403, "close")
        assert connection.is_at_end()


def test_refused_upload_is_not_asked_for(gateway):
    with RawConnection(gateway.address, request("PUT", "/nowhere/a", *EXPECT)) as connection:
        answer = connection.answer()
        assert (answer.status, answer.headers["connection"]) == (404, "close")


# What the application does wrong.


@pytest.mark.parametrize("path", ["/fail", "/nothing", "/inject"])
def test_defect_before_the_answer_is_an_error(own, path):
    for method in ("GET", "HEAD"):
        with own.connect(request(method, path)) as connection:
            answer = connection.answer(to_head=method == "HEAD")
            assert (answer.status, answer.headers["connection"]) == (500, "close")
            assert connection.is_at_end()


@pytest.mark.parametrize("path", ["/cut/counted", "/cut/chunked", "/overlong"])
def test_answer_that_was_cut_does_not_look_whole(own, path):
    with own.connect(request("GET", path)) as connection:
        data = connection._stream.read()
    assert data.startswith(b"HTTP/1.1 200")
    assert not data.endswith(b"0\r\n\r\n")
    assert b"more" not in data


# Slow, silent and vanishing clients.


def test_head_that_takes_too_long_is_given_up(hasty):
    with hasty.connect(b"GET / HTTP/1.1\r\n") as connection:
        for _ in range(10):
            try:
                connection.send(b"a: b\r\n")
            except OSError:
                break
            time.sleep(0.1)  # a slow client
        assert connection.answer().status == 408
        assert connection.is_at_end()


def test_connection_without_requests_is_closed(hasty):
    with hasty.connect() as silent, hasty.connect(GET) as idle:
        assert silent.is_at_end()
        assert idle.answer().status == 200
        assert idle.is_at_end()


def test_client_that_does_not_read_is_given_up(hasty):
    with hasty.connect(request("GET", "/endless")):
        wait_until_seen(hasty, "endless was told")


def test_client_that_stays_after_the_end_is_given_up(hasty):
    with hasty.connect(request("PUT", "/refuse", "content-length: 1000")) as connection:
        assert connection.answer().status == 403
        end = time.monotonic() + TIMEOUT_S
        with pytest.raises(OSError):
            while time.monotonic() < end:
                connection.send(b"x")
                time.sleep(0.01)


def test_answer_reaches_a_client_that_is_still_sending(own):
    with own.connect(request("PUT", "/refuse", f"content-length: {8 * MIB}")) as connection:
        connection.send(bytes(4 * MIB))
        assert connection.answer().status == 403


def test_rest_of_a_body_is_not_taken_for_a_request(own):
    with own.connect(request("PUT", "/refuse", "content-length: 1000", body=b"x")) as connection:
        assert connection.answer().status == 403
        connection.send(GET)
        assert connection.is_at_end()


def test_application_learns_that_the_client_has_gone(own):
    connection = own.connect(request("GET", "/wait"))
    wait_until_seen(own, "waiting")
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.__exit__()
    wait_until_seen(own, "gone")


def test_client_that_has_said_all_gets_its_answer(own):
    with own.connect(GET + request("PUT", "/echo", "content-length: 3", body=b"abc")) as connection:
        connection.send_end()
        assert connection.answer().status == 200
        assert json.loads(connection.answer().body)["size"] == 3
        assert connection.is_at_end()


def test_body_that_ends_early_is_an_error(own):
    data = request("PUT", "/wait", "content-length: 10", body=b"abc")
    with own.connect(data) as connection:
        connection.send_end()
        assert connection.answer().status == 400
        assert connection.is_at_end()


def test_body_waits_for_the_application(tmp_path):
    size = 64 * MIB
    upload = request("PUT", "/hold", f"content-length: {size}")
    with odd_server(tmp_path, "own") as server, server.connect(upload) as connection:
        wait_until_seen(server, "held")
        connection.socket.settimeout(1)
        sent, block = 0, memoryview(bytes(MIB))
        with pytest.raises(TimeoutError):
            while sent < size:
                sent += connection.socket.send(block)
        assert sent < size // 2
        server.ask("/release")
        connection.socket.settimeout(TIMEOUT_S)
        connection.send(bytes(size - sent))
        assert connection.answer().body == b"%d" % size


# The end.


def test_stopping_lets_requests_finish_and_closes_what_is_idle(tmp_path):
    with odd_server(tmp_path, "own") as server:
        busy = server.connect(request("PUT", "/hold", "content-length: 6", body=b"abc"))
        wait_until_seen(server, "held")
        releasing = server.connect(request("PUT", "/echo", "content-length: 1"))
        partial, idle = server.connect(b"GET / HT"), server.connect(GET)
        assert idle.answer().status == 200
        silent = server.connect()
        server.process.terminate()
        assert all(each.is_at_end() for each in (idle, partial, silent))
        busy.send(b"def")
        releasing.send(b"x")
        answer = releasing.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        for connection in (busy, releasing, partial, idle, silent):
            connection.__exit__()


def test_other_hypercorn_is_left_alone_and_that_is_said(monkeypatch, caplog):
    from hypercorn.asyncio import run as worker

    from pachlite.config import HttpLimits
    from pachlite.http1 import seam

    monkeypatch.setattr(seam, "_KNOWN_VERSION", "0.1.")
    with seam.own_http1(HttpLimits(), {}):
        assert worker.TCPServer is seam.TCPServer
    assert caplog.text.count("slower") == 1
    monkeypatch.undo()
    with seam.own_http1(HttpLimits(), {}):
        assert isinstance(worker.TCPServer, seam.Acceptor)
    assert worker.TCPServer is seam.TCPServer


def test_websocket_reaches_the_gateways_own_paths(tmp_path):
    with running_gateway(tmp_path / "home") as gateway:
        opening = WSConnection(ConnectionType.CLIENT).send(Request(host="x", target="/~/nothing"))
        with RawConnection(gateway.address, opening) as connection:
            assert connection.answer().status in {403, 404}


# Over TLS.


def talk_over_tls(gateway, data, protocols):
    """Send bytes over TLS; return everything that comes back until the end."""
    trust = ssl.create_default_context(cafile=gateway.ca)
    trust.set_alpn_protocols(protocols)
    host, port = gateway.address
    with (
        socket.create_connection((host, port), timeout=TIMEOUT_S) as plain,
        trust.wrap_socket(plain, server_hostname=host) as connection,
    ):
        connection.sendall(data)
        received = b""
        while piece := connection.recv(1_000_000):
            received += piece
    return received


def test_tls_carries_http1_as_well(tmp_path):
    body = os.urandom(3 * MIB)
    with running_gateway(tmp_path / "home", "--tls", "auto") as gateway:
        assert gateway.request("PUT", "/bucket").status == 200
        upload = request("PUT", "/bucket/a", f"content-length: {len(body)}", body=body)
        download = request("GET", "/bucket/a", "connection: close")
        for protocols in (["http/1.1"], ["h2-14", "http/1.1"]):
            received = talk_over_tls(gateway, upload + download, protocols)
            assert received.count(b"HTTP/1.1 200 OK\r\n") == 2
            assert received.endswith(body)
        received = talk_over_tls(gateway, request("GET", "/", "a : b"), ["http/1.1"])
        assert received.startswith(b"HTTP/1.1 400")
        assert b"<Code>BadRequest</Code>" in received
