"""The gateway as a process: memory, clients that are slow, many or gone, and how it ends."""

import hashlib
import http.client
import os
import signal
import socket
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from h2.connection import H2Connection

from tests.s3.conftest import connect
from tests.s3.process import running_gateway

MIB = 1024 * 1024
LARGE_BYTES = (1024 if os.environ.get("PACHLITE_SOAK") else 192) * MIB
MEMORY_BYTES = 256 * MIB
BLOCK = hashlib.shake_128(b"block").digest(MIB)


def put_large(gateway, path, size, *, framed=False):
    """Send an object of different blocks without holding it; return its MD5."""
    digest = hashlib.md5()

    def blocks():
        for number in range(size // MIB):
            block = number.to_bytes(8, "big") + BLOCK[8:]
            digest.update(block)
            yield f"{len(block):x}\r\n".encode() + block + b"\r\n" if framed else block
        if framed:
            yield b"0\r\n\r\n"

    headers = {"content-length": str(size)}
    if framed:
        headers = {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x-amz-decoded-content-length": str(size),
        }
    answer = gateway.request("PUT", path, blocks(), headers, encode_chunked=framed)
    assert answer.status == 200, answer.body
    return digest.hexdigest()


def get_large(gateway, path):
    """Read an object without holding it; return its MD5."""
    connection = http.client.HTTPConnection(*gateway.address, timeout=60)
    connection.request("GET", path)
    response = connection.getresponse()
    digest = hashlib.md5()
    while block := response.read(MIB):
        digest.update(block)
    connection.close()
    return digest.hexdigest()


@pytest.mark.parametrize("framed", [False, True], ids=["plain", "chunked"])
def test_large_object_goes_in_and_out_in_little_memory(own_gateway, framed):
    own_gateway.request("PUT", "/large")
    sent = put_large(own_gateway, "/large/object", LARGE_BYTES, framed=framed)
    assert get_large(own_gateway, "/large/object") == sent
    head = own_gateway.request("HEAD", "/large/object")
    assert head.headers["etag"] == f'"{sent}"'
    assert own_gateway.memory_peak_bytes() < MEMORY_BYTES


def test_sixteen_clients_at_once_lose_nothing(own_gateway):
    own_gateway.request("PUT", "/many")

    def work(number):
        client = connect(own_gateway)
        for turn in range(8):
            client.put_object(Bucket="many", Key=f"{number}/{turn}", Body=f"{number}.{turn}")
            client.put_object(Bucket="many", Key="shared", Body=f"{number}.{turn}")
            got = client.get_object(Bucket="many", Key=f"{number}/{turn}")["Body"].read()
            assert got == f"{number}.{turn}".encode()
        client.close()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    client = connect(own_gateway)
    pages = client.get_paginator("list_object_versions").paginate(Bucket="many")
    versions = [each for page in pages for each in page["Versions"]]
    client.close()
    assert len(versions) == 2 * 16 * 8
    assert len({(each["Key"], each["VersionId"]) for each in versions}) == 2 * 16 * 8
    assert sum(each["IsLatest"] for each in versions) == 16 * 8 + 1


def test_clients_that_all_want_to_be_first_have_one_winner(own_gateway):
    own_gateway.request("PUT", "/race")

    def work(number):
        headers = {"if-none-match": "*"}
        return own_gateway.request("PUT", "/race/a", str(number).encode(), headers).status

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(work, range(16)))
    assert statuses == [200] + [412] * 15


def begin_upload(gateway, path, size):
    """Send the head of an upload and 3 MiB of its body."""
    connection = socket.create_connection(gateway.address, timeout=60)
    head = f"PUT {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n"
    connection.sendall(head.encode() + BLOCK * 3)
    return connection


def wait_for_requests(gateway, count):
    """Wait until the gateway has begun to serve so many; what is only sent may still be refused."""
    line = f"pachlite_requests_in_flight {count}".encode()
    gateway.wait_for(lambda: line in gateway.request("GET", "/~/metrics").body.splitlines())


def open_sockets(gateway):
    """Count the connections that the gateway holds."""
    links = Path(f"/proc/{gateway.process.pid}/fd").iterdir()
    return sum(link.is_socket() for link in links)


def test_client_that_goes_away_during_an_upload_leaves_nothing(own_gateway):
    before = open_sockets(own_gateway)
    own_gateway.request("PUT", "/gone")
    connections = [begin_upload(own_gateway, f"/gone/{n}", 10 * MIB) for n in range(8)]
    own_gateway.wait_for(lambda: open_sockets(own_gateway) >= before + 8)
    for number, connection in enumerate(connections):
        if number % 2:  # a reset rather than a farewell
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.close()
    own_gateway.wait_for(lambda: open_sockets(own_gateway) <= before)
    listing = own_gateway.request("GET", "/gone?versions")
    assert b"<Key>" not in listing.body
    assert own_gateway.request("PUT", "/gone/a", b"1").status == 200


def test_client_that_goes_away_during_a_download_does_no_harm(own_gateway):
    before = open_sockets(own_gateway)
    own_gateway.request("PUT", "/gone")
    put_large(own_gateway, "/gone/a", 32 * MIB)
    for _ in range(8):
        with socket.create_connection(own_gateway.address, timeout=60) as connection:
            connection.sendall(b"GET /gone/a HTTP/1.1\r\nhost: x\r\n\r\n")
            assert connection.recv(100_000)
    own_gateway.wait_for(lambda: open_sockets(own_gateway) <= before)
    assert len(own_gateway.request("GET", "/gone/a").body) == 32 * MIB


def test_slow_clients_hold_nobody_up_and_use_little_memory(own_gateway):
    own_gateway.request("PUT", "/slow")
    sent = put_large(own_gateway, "/slow/a", 64 * MIB)
    uploads = [begin_upload(own_gateway, f"/slow/up{n}", 4 * MIB) for n in range(8)]
    downloads = []
    for _ in range(8):
        connection = socket.create_connection(own_gateway.address, timeout=60)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /slow/a HTTP/1.1\r\nhost: x\r\n\r\n")
        downloads.append(connection)
    assert own_gateway.request("PUT", "/slow/quick", b"1").status == 200
    assert own_gateway.request("GET", "/slow/quick").body == b"1"
    assert get_large(own_gateway, "/slow/a") == sent
    for connection in uploads:
        connection.sendall(BLOCK)
    for connection in uploads:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    for connection in [*uploads, *downloads]:
        connection.close()
    assert own_gateway.memory_peak_bytes() < MEMORY_BYTES


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_signal_lets_a_request_finish_and_ends_the_process(tmp_path, number):
    ended = []
    with pytest.raises(AssertionError), running_gateway(tmp_path / "home") as gateway:
        gateway.request("PUT", "/late")
        connection = begin_upload(gateway, "/late/a", 4 * MIB)
        wait_for_requests(gateway, 1)
        idle = socket.create_connection(gateway.address)
        gateway.process.send_signal(number)
        assert idle.recv(1) == b""
        assert "finishing 1 request; interrupt again to end now" in gateway.log.read_text()
        connection.sendall(BLOCK)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        connection.close()
        idle.close()
        ended.append(gateway.process.wait(60))
    assert ended == [0]
    with running_gateway(tmp_path / "home") as gateway:
        assert gateway.request("GET", "/late/a").body == BLOCK * 4


def test_second_signal_cuts_what_is_under_way_and_says_nothing_of_it(tmp_path):
    ended = []
    with pytest.raises(AssertionError), running_gateway(tmp_path / "home") as gateway:
        gateway.request("PUT", "/cut")
        connection = begin_upload(gateway, "/cut/a", 10 * MIB)
        wait_for_requests(gateway, 1)
        idle = socket.create_connection(gateway.address)
        gateway.process.terminate()
        assert idle.recv(1) == b""
        gateway.process.terminate()
        ended.append(gateway.process.wait(60))
        connection.close()
        idle.close()
    assert ended == [0]
    assert "exception" not in gateway.log.read_text().lower()


def test_client_that_takes_back_each_request_is_cut_and_fills_no_log(own_gateway):
    client = H2Connection()
    client.initiate_connection()
    head = [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "x")]
    with (
        socket.create_connection(own_gateway.address, timeout=60) as connection,
        pytest.raises(OSError, match=r"reset|pipe"),
    ):
        for _ in range(50_000):
            stream = client.get_next_available_stream_id()
            client.send_headers(stream, head, end_stream=True)
            client.reset_stream(stream)
            if stream % 100 == 1:
                connection.sendall(client.data_to_send())
    assert own_gateway.request("GET", "/").status == 200


def test_what_was_stored_is_there_after_a_restart_and_tokens_still_work(tmp_path):
    with running_gateway(tmp_path / "home") as gateway:
        gateway.request("PUT", "/kept")
        for key in "abc":
            gateway.request("PUT", f"/kept/{key}", key.encode())
        page = gateway.request("GET", "/kept?list-type=2&max-keys=1").body.decode()
    token = page.partition("<NextContinuationToken>")[2].partition("<")[0]
    with running_gateway(tmp_path / "home") as gateway:
        path = f"/kept?list-type=2&continuation-token={token}"
        rest = gateway.request("GET", path).body
        assert rest.count(b"<Key>") == 2
        assert b"<Key>b</Key>" in rest


def serve(*options):
    command = [sys.executable, "-m", "pachlite", "serve", "s3", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_port_that_is_taken_is_an_error_that_says_so(own_gateway):
    host, port = own_gateway.address
    result = serve("--port", str(port))
    assert result.returncode == 1
    assert f"{host}:{port} is in use" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org"])
def test_listening_to_everybody_is_refused(host):
    result = serve("--host", host, "--port", "0")
    assert result.returncode == 1
    assert "--insecure" in result.stderr


def test_address_that_is_not_here_is_an_error_that_says_so():
    result = serve("--host", "192.0.2.1", "--insecure", "--port", "0")
    assert result.returncode == 1
    assert "cannot listen on 192.0.2.1:0" in result.stderr


def test_access_log_has_a_line_for_every_request(tmp_path):
    with running_gateway(tmp_path / "home", "--access-log") as gateway:
        gateway.request("PUT", "/logged")
        request_id = gateway.request("GET", "/logged/a%20b").headers["x-amz-request-id"]
        gateway.wait_for(lambda: request_id in gateway.log.read_text())
        line = next(each for each in gateway.log.read_text().splitlines() if request_id in each)
        assert "GET /logged/a%20b GetObject 404" in line


def test_start_says_where_and_what_to_try(tmp_path):
    with running_gateway(tmp_path / "home") as gateway:
        gateway.wait_for(lambda: "aws s3 mb" in gateway.log.read_text())
        text = gateway.log.read_text()
        assert str(gateway.home) in text
        assert f"AWS_ENDPOINT_URL={gateway.endpoint}" in text


def test_other_loopback_address_can_be_listened_on(tmp_path):
    with running_gateway(tmp_path / "home", "--host", "localhost") as gateway:
        assert gateway.request("GET", "/~/healthz").body == b"ok\n"
