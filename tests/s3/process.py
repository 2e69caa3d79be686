"""A gateway as users run it: a process of its own on a store of its own."""

import http.client
import re
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.programs import environment, program

TIMEOUT_S = 60


@dataclass(frozen=True)
class Answer:
    """What came back over a raw connection."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of an error document, or nothing."""
        match = re.search(rb"<Code>(\w+)</Code>", self.body)
        return match[1].decode() if match else ""


@dataclass(frozen=True)
class Gateway:
    """A running gateway.

    Attributes:
        ca: The certificate that clients have to trust, of one that runs with `--tls auto`.
    """

    process: subprocess.Popen[str]
    endpoint: str
    home: Path
    log: Path
    ca: Path | None = None

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.endpoint.partition("://")[2].rpartition(":")
        return host, int(port)

    def request(self, method, path, body=None, headers=None, **options) -> Answer:
        """Send one request as it is, on a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {}, **options)
            response = connection.getresponse()
            shown = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, shown, response.read())
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection for several requests."""
        if self.ca:
            trust = ssl.create_default_context(cafile=self.ca)
            return http.client.HTTPSConnection(*self.address, timeout=TIMEOUT_S, context=trust)
        return http.client.HTTPConnection(*self.address, timeout=TIMEOUT_S)

    def kill(self) -> None:
        """End it as a power cut would, as far as a process can tell."""
        self.process.kill()
        self.process.wait(TIMEOUT_S)

    def memory_peak_bytes(self) -> int:
        """The largest resident set so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def wait_for(self, condition) -> None:
        """Wait until something that the gateway does on its own has come true."""
        end = time.monotonic() + TIMEOUT_S
        while not condition():
            assert time.monotonic() < end, "it never came true"
            time.sleep(0.02)


@contextmanager
def running_gateway(
    home: Path, *options: str, bug: str = "", module: str = "pachlite"
) -> Iterator[Gateway]:
    """Start a gateway and wait until it says where; in the end it must stop in good order.

    Unless the test has killed it, that is. A `bug` is one of `tests.faults.seeded`; another
    `module` is a program that does as pachlite does.
    """
    log = home.with_suffix(".log")
    with log.open("w") as stderr:
        process = subprocess.Popen(
            program(module, "serve", "s3", "--port", "0", *options, bug=bug),
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    with process:
        try:
            line = process.stdout.readline()
            assert line.startswith("S3 endpoint: http"), log.read_text()
            own = home / "tls" / "certificate.pem"
            ca = own if "--tls" in options else None
            yield Gateway(process, line.split()[-1], home, log, ca)
            assert process.poll() in {None, -signal.SIGKILL}, log.read_text()
        finally:
            process.terminate()
            code = process.wait(TIMEOUT_S)
    assert code in {0, -signal.SIGKILL}, log.read_text()
    assert bug or "Traceback" not in log.read_text(), log.read_text()
