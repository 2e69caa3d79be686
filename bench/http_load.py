"""Requests from clients that keep their connections and cost as little as Python can.

A client of the standard library takes longer for a request than some servers do for the answer.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Self

from bench.measure import Stopwatch
from bench.processes import Server
from bench.sizes import MiB

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST_CHUNK: Final = b"\r\n0\r\n\r\n"

MakeRequest = Callable[[int], bytes]


class Client:
    """One connection, or one for each request where a server serves no second one."""

    def __init__(self, port: int, *, is_kept: bool = True) -> None:
        self._port = port
        self._is_kept = is_kept
        self._socket = self._connect()
        self._buffer = memoryview(bytearray(MiB))

    def exchange(self, request: bytes) -> int:
        """Send a request, read the answer, return how long its body was."""
        if not self._is_kept:
            self._socket.close()
            self._socket = self._connect()
        self._socket.sendall(request)
        received = end = 0
        while not end:
            received += self._receive(self._buffer[received:])
            end = bytes(self._buffer[:received]).find(b"\r\n\r\n") + 1
        head = bytes(self._buffer[: end + 3])
        found = _LENGTH.search(head)
        if b" 200 " not in head[:16] or not (found or _CHUNKED.search(head)):
            raise RuntimeError(bytes(self._buffer[:received]).decode(errors="replace"))
        if found is None:
            return self._read_chunked(received - len(head), received)
        missing = int(found.group(1)) - (received - len(head))
        while missing > 0:
            missing -= self._receive(self._buffer)
        return int(found.group(1))

    def _read_chunked(self, count: int, received: int) -> int:
        """Read up to the last chunk; return how many bytes there were, framing included."""
        tail = bytes(self._buffer[:received])[-len(_LAST_CHUNK) :]
        while tail != _LAST_CHUNK:
            more = self._receive(self._buffer)
            count += more
            tail = (tail + bytes(self._buffer[:more]))[-len(_LAST_CHUNK) :]
        return count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=300)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _receive(self, buffer: memoryview) -> int:
        count = self._socket.recv_into(buffer)
        if not count:
            raise ConnectionError("the server has closed the connection")
        return count


def connect(server: Server, port: int = 0) -> Client:
    """Return a client of a server, by way of a port if one is given."""
    return Client(port or server.port, is_kept=server.keeps_connections)


def get(path: str) -> bytes:
    return f"GET /{path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()


def put(path: str, body: bytes) -> bytes:
    length = f"content-length: {len(body)}"
    return f"PUT /{path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{length}\r\n\r\n".encode() + body


def body_of(server: Server, request: bytes) -> int:
    """Return how long the body of one answer is."""
    with connect(server) as client:
        return client.exchange(request)


def load(
    server: Server, make_request: MakeRequest, *, clients: int, count: int, port: int = 0
) -> Stopwatch:
    """Send `count` requests from each client, all at once; CPU is the server's.

    With a `port` they take that way to the server.
    """

    def work(client: Client, first: int) -> None:
        for number in range(first, first + count):
            client.exchange(make_request(number))

    connections = [connect(server, port) for _ in range(clients)]
    watch = Stopwatch(server.cpu_clock)
    with watch.running():
        in_threads(
            [partial(work, client, index * count) for index, client in enumerate(connections)]
        )
    for client in connections:
        client.__exit__()
    return watch


def in_threads(works: Sequence[Callable[[], None]]) -> None:
    """Do everything at once, each in a thread of its own; raise the first error."""
    if len(works) == 1:
        works[0]()
        return
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
