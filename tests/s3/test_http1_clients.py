"""HTTP/1 with clients that are slow, silent or gone, at the end of the server, and over TLS."""

import json
import os
import socket
import ssl
import struct
import time

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import Request

from tests.s3.process import running_gateway
from tests.s3.raw_client import (
    GET,
    TIMEOUT_S,
    RawConnection,
    odd_server,
    request,
    wait_until_seen,
)

MIB = 1024 * 1024


@pytest.fixture
def hasty(tmp_path):
    """One with no patience."""
    limits = [f"{name}_timeout_s=0.3" for name in ("head", "idle", "stall", "linger")]
    with odd_server(tmp_path, "own", *limits, "check_interval_s=0.05") as server:
        yield server


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
