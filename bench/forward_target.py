"""What the measured forwarders lead to: sends, takes or echoes as the first bytes ask.

Usage: python -m bench.forward_target; prints its port.
"""

from __future__ import annotations

import socket
import struct
import threading
from typing import Final

REQUEST: Final = struct.Struct("!cQ")
DOWN: Final = b"d"
UP: Final = b"u"
ECHO: Final = b"e"
PIECE_BYTES: Final = 1 << 20


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def receive(connection: socket.socket, count: int) -> None:
    """Take so many bytes and forget them."""
    room = memoryview(bytearray(PIECE_BYTES))
    while count:
        taken = connection.recv_into(room[: min(count, PIECE_BYTES)])
        if not taken:
            raise ConnectionError("it ended too soon")
        count -= taken


def send(connection: socket.socket, count: int) -> None:
    """Send so many bytes."""
    piece = memoryview(bytes(PIECE_BYTES))
    while count:
        sent = min(count, PIECE_BYTES)
        connection.sendall(piece[:sent])
        count -= sent


def _serve(connection: socket.socket) -> None:
    with connection:
        try:
            _answer(connection)
        except OSError:
            return


def _answer(connection: socket.socket) -> None:
    head = connection.recv(REQUEST.size, socket.MSG_WAITALL)
    if len(head) < REQUEST.size:
        return
    kind, count = REQUEST.unpack(head)
    if kind == DOWN:
        send(connection, count)
    elif kind == UP:
        receive(connection, count)
        connection.sendall(b"!")
    else:
        while data := connection.recv(PIECE_BYTES):
            connection.sendall(data)


if __name__ == "__main__":
    main()
