"""A forwarder as users run it: a process of its own."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.programs import environment, program

TIMEOUT_S = 60


class RunningForwarder:
    """A `port-forward` process that listens on a free port."""

    def __init__(self, process, log: Path) -> None:
        self.process = process
        self.log = log
        line = process.stdout.readline()
        assert line, log.read_text()
        self.announced = json.loads(line)
        self.port = self.announced["port"]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S)

    def stop(self, number=signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT_S)

    def wait_for_log(self, text: str) -> None:
        """Wait until something is in the log."""
        with self.log.open() as lines:
            seen = ""
            while text not in seen:
                assert self.process.poll() is None, seen
                seen += lines.read()
                time.sleep(0.01)


@contextmanager
def running_forwarder(home: Path, *words, **variables):
    """Start a forwarder and wait until it says where it listens."""
    log = home.with_name(f"{home.name}-forward.log")
    with log.open("w") as stderr:
        process = subprocess.Popen(
            program("pachlite", "port-forward", "--port", "0", "--json", *map(str, words)),
            env={**environment(home), "XDG_RUNTIME_DIR": str(home.parent), **variables},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            preexec_fn=_listen_to_signals,  # noqa: PLW1509 - it only sets a handler
        )
    with process:
        try:
            yield RunningForwarder(process, log)
        finally:
            process.kill()
            process.wait(TIMEOUT_S)
    assert "Traceback" not in log.read_text(), log.read_text()


def _listen_to_signals():
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def echoing(port: int = 0):
    """Run an echo server in a thread; give its port."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        connections = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connections.append(connection)
                    threading.Thread(target=echo, args=(connection,), daemon=True).start()

        def echo(connection) -> None:
            with suppress(OSError), connection:
                while data := connection.recv(1 << 16):
                    connection.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def exchange(connection: socket.socket, data: bytes) -> bytes:
    """Send and receive the same number of bytes."""
    connection.sendall(data)
    got = b""
    while len(got) < len(data):
        piece = connection.recv(1 << 16)
        assert piece
        got += piece
    return got


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return trial.getsockname()[1]


def own_name() -> str:
    return f"(pid {os.getpid()})"
