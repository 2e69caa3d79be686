"""Clients that are slow, silent or too many: nobody waits for them, and they cost little."""

import contextlib
import hashlib
import http.client
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.s3.process import running_gateway
from tests.s3.test_process import begin_upload, open_sockets

MIB = 1024 * 1024
MEMORY_BYTES = 256 * MIB
EACH_WAY = 32
SENT_MIB = 6
UPLOAD_MIB = 8
BLOCK = hashlib.shake_128(b"slow").digest(MIB)
FIRST = hashlib.shake_128(b"block").digest(MIB) * 3  # what `begin_upload` sends
LARGE = b"".join(number.to_bytes(8, "big") + BLOCK[8:] for number in range(12))


def begin_slow_upload(gateway, path):
    """Send most of an upload that is in several blocks."""
    connection = begin_upload(gateway, path, UPLOAD_MIB * MIB)
    for number in range(3, SENT_MIB):
        connection.sendall(LARGE[number * MIB : (number + 1) * MIB])
    return connection


def begin_slow_download(gateway, path):
    """Ask for an object and read nothing of it."""
    connection = socket.socket()
    connection.settimeout(60)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(gateway.address)
    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    return connection


def finish_upload(connection):
    for number in range(SENT_MIB, UPLOAD_MIB):
        connection.sendall(LARGE[number * MIB : (number + 1) * MIB])
    return connection.recv(100)


def finish_download(connection):
    """Read an answer in small pieces; return its body."""
    with connection.makefile("rb") as stream:
        while stream.readline() not in {b"\r\n", b""}:
            pass
        return stream.read(len(LARGE))


def test_sixty_four_slow_clients_delay_no_quick_one_and_are_served_in_the_end(own_gateway):
    gateway = own_gateway
    gateway.request("PUT", "/slow")
    assert gateway.request("PUT", "/slow/large", LARGE).status == 200
    uploads = [begin_slow_upload(gateway, f"/slow/{n}") for n in range(EACH_WAY)]
    downloads = [begin_slow_download(gateway, "/slow/large") for _ in range(EACH_WAY)]

    for number in range(20):
        body = LARGE[: 3 * MIB] + bytes([number])
        assert gateway.request("PUT", f"/slow/quick{number}", body).status == 200
        assert gateway.request("GET", f"/slow/quick{number}").body == body
    assert gateway.request("GET", "/~/healthz").status == 200
    assert gateway.memory_peak_bytes() < MEMORY_BYTES

    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(finish_upload, uploads):
            assert answer.startswith(b"HTTP/1.1 200")
        for body in pool.map(finish_download, downloads[::8]):
            assert body == LARGE
    for connection in (*uploads, *downloads):
        connection.close()
    expected = FIRST + LARGE[3 * MIB : UPLOAD_MIB * MIB]
    for number in (0, EACH_WAY // 2, EACH_WAY - 1):
        assert gateway.request("GET", f"/slow/{number}").body == expected
    assert gateway.memory_peak_bytes() < MEMORY_BYTES


def test_slow_documents_cost_little_and_are_understood_in_the_end(own_gateway):
    own_gateway.request("PUT", "/documents")
    document = b"<Delete>" + b"<Object><Key>none</Key></Object>" * 3
    document += b" " * (7 * MIB) + b"</Delete>"
    head = f"POST /documents?delete HTTP/1.1\r\nhost: x\r\ncontent-length: {len(document)}\r\n\r\n"
    connections = []
    for _ in range(EACH_WAY // 2):
        connections.append(socket.create_connection(own_gateway.address, timeout=60))
        connections[-1].sendall(head.encode() + document[:-1])
    assert own_gateway.request("POST", "/documents?delete", document).status == 200
    for connection in connections:
        connection.sendall(document[-1:])
    for connection in connections:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        connection.close()
    assert own_gateway.memory_peak_bytes() < MEMORY_BYTES


def test_document_that_is_declared_too_large_is_refused_before_it_is_sent(own_gateway):
    own_gateway.request("PUT", "/documents")
    with socket.create_connection(own_gateway.address, timeout=60) as connection:
        connection.sendall(
            b"POST /documents?delete HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
            b"content-length: 9000000\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def test_slow_upload_that_lies_about_its_body_is_refused_and_leaves_nothing(own_gateway):
    own_gateway.request("PUT", "/lies")
    held = [begin_slow_upload(own_gateway, f"/lies/held{n}") for n in range(6)]
    connection = socket.create_connection(own_gateway.address, timeout=60)
    head = f"PUT /lies/a HTTP/1.1\r\nhost: x\r\ncontent-length: {4 * MIB}\r\n"
    connection.sendall(f"{head}x-amz-content-sha256: {'0' * 64}\r\n\r\n".encode())
    connection.sendall(LARGE[: 4 * MIB])
    assert b"XAmzContentSHA256Mismatch" in connection.recv(10_000)
    connection.close()
    assert own_gateway.request("HEAD", "/lies/a").status == 404
    for each in held:
        each.close()


def test_slow_upload_whose_client_goes_away_leaves_nothing(own_gateway):
    own_gateway.request("PUT", "/gone")
    before = open_sockets(own_gateway)
    for connection in [begin_slow_upload(own_gateway, f"/gone/{n}") for n in range(12)]:
        connection.close()
    own_gateway.wait_for(lambda: open_sockets(own_gateway) <= before)
    own_gateway.wait_for(lambda: "pachlite_requests_in_flight 0" in metrics(own_gateway))
    assert b"<Key>" not in own_gateway.request("GET", "/gone?versions").body


def metrics(gateway):
    return gateway.request("GET", "/~/metrics").body.decode()


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """A gateway that does not wait for silent clients."""
    home = tmp_path_factory.mktemp("impatient") / "home"
    with running_gateway(home, "--idle-timeout", "0.5") as gateway:
        gateway.request("PUT", "/silent")
        assert gateway.request("PUT", "/silent/large", LARGE).status == 200
        yield gateway


@pytest.mark.parametrize("sent", [0, 1, 2 * MIB])
def test_client_that_stops_sending_is_cut(impatient, sent):
    connection = socket.create_connection(impatient.address, timeout=60)
    head = f"PUT /silent/a HTTP/1.1\r\nhost: x\r\ncontent-length: {4 * MIB}\r\n\r\n"
    connection.sendall(head.encode() + LARGE[:sent])
    response = http.client.HTTPResponse(connection)
    response.begin()
    assert response.status == 400
    assert b"<Code>RequestTimeout</Code>" in response.read()
    assert connection.recv(1) == b""
    connection.close()
    assert impatient.request("HEAD", "/silent/a").status == 404


def test_client_that_stops_reading_is_cut(impatient):
    connection = begin_slow_download(impatient, "/silent/large")
    impatient.wait_for(lambda: 'operation="GetObject",status="200"' in metrics(impatient))
    received = 0
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(MIB):
            received += len(piece)
    assert received < len(LARGE)
    connection.close()


def test_too_many_connections_are_told_to_come_back(tmp_path):
    with running_gateway(tmp_path / "home", "--max-connections", "16") as gateway:
        held = [socket.create_connection(gateway.address, timeout=60) for _ in range(16)]
        for connection in held:
            connection.sendall(b"HEAD /none HTTP/1.1\r\nhost: x\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 404")
        answer = gateway.request("GET", "/")
        assert (answer.status, answer.code) == (503, "SlowDown")
        assert answer.headers["retry-after"] == "1"
        for connection in held:
            connection.close()
        gateway.wait_for(lambda: gateway.request("GET", "/").status == 200)
