"""A connection on which every byte is the test's own, and programs that answer on one."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.programs import environment, program

TIMEOUT_S = 30
GET = b"GET /echo HTTP/1.1\r\nhost: x\r\n\r\n"


@dataclass(frozen=True)
class RawAnswer:
    """One answer, taken out of its framing."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return self.body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


class RawConnection:
    """Sends what it is given, and reads answers one by one."""

    def __init__(self, address, data=b""):
        self.socket = socket.create_connection(address, timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self.socket.makefile("rb")
        self.send(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.close()
        self.socket.close()

    def send(self, data):
        if data:
            self.socket.sendall(data)

    def send_end(self):
        self.socket.shutdown(socket.SHUT_WR)

    def is_at_end(self) -> bool:
        """Wait until the server ends the connection; a reset is an end as well."""
        try:
            return self._stream.read(1) == b""
        except ConnectionResetError:
            return True

    def answer(self, *, to_head=False) -> RawAnswer:
        line = self._stream.readline()
        assert line.startswith(b"HTTP/1.1 "), line
        status, headers = int(line.split()[1]), {}
        while (line := self._stream.readline()) != b"\r\n":
            assert line.endswith(b"\r\n"), line
            name, _, value = line.decode("latin-1").partition(":")
            assert name.lower() not in headers, name
            headers[name.lower()] = value.strip()
        has_body = not to_head and status >= 200 and status not in {204, 304}
        return RawAnswer(status, headers, self._body(headers) if has_body else b"")

    def _body(self, headers):
        if "content-length" in headers:
            body = self._stream.read(int(headers["content-length"]))
            assert len(body) == int(headers["content-length"]), "the answer was cut"
            return body
        if headers.get("transfer-encoding") == "chunked":
            return self._chunks()
        return self._stream.read()

    def _chunks(self):
        body = b""
        while size := int(self._stream.readline() or b"cut", 16):
            body += self._stream.read(size)
            assert self._stream.readline() == b"\r\n"
        assert self._stream.readline() == b"\r\n"
        return body


@dataclass(frozen=True)
class OddServer:
    """A running `tests.s3.odd_application`."""

    process: subprocess.Popen[str]
    address: tuple[str, int]

    def connect(self, data=b"") -> RawConnection:
        return RawConnection(self.address, data)

    def ask(self, path) -> bytes:
        with self.connect(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()) as connection:
            return connection.answer().body


@contextmanager
def odd_server(tmp_path, kind, *limits) -> Iterator[OddServer]:
    """Start it, and stop it in good order; it may log only what the application raises."""
    log = tmp_path / f"{kind}.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [*program("tests.s3.odd_application"), kind, *limits],
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    with process:
        try:
            line = process.stdout.readline()
            assert line.strip(), log.read_text()
            yield OddServer(process, ("127.0.0.1", int(line)))
        finally:
            process.terminate()
            code = process.wait(TIMEOUT_S)
    assert code == 0, log.read_text()
    assert kind == "stock" or log.read_text().count("Traceback") == log.read_text().count(
        "failed\n"
    )


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
