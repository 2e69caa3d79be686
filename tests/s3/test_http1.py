"""HTTP/1 byte by byte: our connections, and Hypercorn's beside them where both must do the same."""

import hashlib
import json
import os

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

from tests.s3.raw_client import GET, RawConnection, odd_server, request, wait_until_seen


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    with odd_server(tmp_path_factory.mktemp("stock"), "stock") as server:
        yield server


@pytest.fixture(scope="module", params=["own", "stock"])
def server(request):
    return request.getfixturevalue(request.param)


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


def test_client_that_waits_to_send_nothing_is_told_to_go_on(own):
    expect = ("content-length: 0", "expect: 100-continue")
    with own.connect(request("PUT", "/echo", *expect)) as connection:
        assert connection.answer().status == 100
        assert json.loads(connection.answer().body)["size"] == 0
        connection.send(GET)
        assert connection.answer().status == 200


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
