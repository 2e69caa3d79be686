"""Reach a target by TCP, or TLS over it: all its addresses, the fastest wins.

It makes one attempt, and knows nothing of redialling.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from pachlite.forward.api import MakeLeg
from pachlite.forward.resolve import Address, Addresses, Resolver
from pachlite.forward.sockets import tune
from pachlite.forward.targets import Target
from pachlite.forward.tls_end import ConfirmedEnd

CONNECT_TIMEOUT_S: Final = 5.0
HEAD_START_S: Final = 0.25
"""How long an address may keep the next one waiting."""
_PROBE: Final = "GET /~/healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
_STATUS_BYTES: Final = 12
_FIRST_SERVER_ERROR: Final = b"500"


class Identity(NamedTuple):
    """How to tell over TLS that a target is the right one: what to trust, and its name."""

    tls: ssl.SSLContext
    name: str


class TcpDialer:
    """The way to a target over TCP. It is the forwarder's `Dialer`.

    Args:
        target: Where to connect to.
        resolver: Who turns names into addresses.
        dead_after_s: How long a silent target counts as alive; 0 is for ever.
        asks_health: Whether a probe asks for `/~/healthz` rather than only connecting.
        identity: Who the target has to be, where it is not who the system trusts by its name.
    """

    def __init__(
        self,
        target: Target,
        resolver: Resolver,
        *,
        dead_after_s: float = 0,
        asks_health: bool = False,
        identity: Identity | None = None,
    ) -> None:
        self.target = target
        self._resolver = resolver
        self._dead_after_s = dead_after_s
        self._asks_health = asks_health
        self._tls: ssl.SSLContext | None = None
        if target.is_tls:
            identity = identity or Identity(ssl.create_default_context(), target.host)
            self._tls, self._tls_name = identity.tls, identity.name

    async def dial(self, make_leg: MakeLeg) -> None:
        """Connect and hand the connection to what `make_leg` returns."""
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            sock = await self._connect()
            tune(sock, dead_after_s=self._dead_after_s, is_upstream=True)
            with _closed_on_failure(sock):
                await asyncio.get_running_loop().create_connection(
                    (lambda: ConfirmedEnd(make_leg())) if self._tls else make_leg,
                    sock=sock,
                    ssl=self._tls,
                    server_hostname=self._tls_name if self._tls else None,
                )

    async def probe(self) -> None:
        """Connect; where the target speaks HTTP, also ask how it is."""
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            if not self._asks_health:
                (await self._connect()).close()
                return
            await self._ask_health()

    def close(self) -> None:
        """Do nothing: every connection belongs to its leg."""

    async def _ask_health(self) -> None:
        sock = await self._connect()
        with _closed_on_failure(sock):
            reader, writer = await asyncio.open_connection(
                sock=sock, ssl=self._tls, server_hostname=self._tls_name if self._tls else None
            )
        try:
            writer.write(_PROBE.format(self.target.netloc).encode("ascii", "replace"))
            status = await reader.readexactly(_STATUS_BYTES)
        except EOFError as error:
            raise ConnectionResetError("it closed the connection without an answer") from error
        finally:
            writer.transport.abort()
        if status[-3:] >= _FIRST_SERVER_ERROR:
            raise ConnectionRefusedError(f"it answers {status[-3:].decode('ascii', 'replace')}")

    async def _connect(self) -> socket.socket:
        addresses = await self._resolver.resolve(self.target.host, self.target.port)
        if len(addresses) == 1:
            return await _connect_to(addresses[0])
        return await connect_to_fastest(addresses)

    def __str__(self) -> str:
        return str(self.target)


async def connect_to_fastest(
    addresses: Addresses, *, head_start_s: float = HEAD_START_S
) -> socket.socket:
    """Connect to all addresses, each a little after the one before; the first to answer wins.

    Raises:
        OSError: None of them answers; it is what the first one said.
    """
    waiting = list(addresses)
    attempts: list[asyncio.Task[socket.socket]] = []
    try:
        while waiting or any(not each.done() for each in attempts):
            if waiting:
                attempts.append(asyncio.create_task(_connect_to(waiting.pop(0))))
            pending = {each for each in attempts if not each.done()}
            if pending:
                await asyncio.wait(
                    pending,
                    timeout=head_start_s if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
            winner = next((each for each in attempts if _is_connected(each)), None)
            if winner is not None:
                attempts.remove(winner)
                return winner.result()
        return attempts[0].result()  # raises what was wrong with it
    finally:
        for attempt in attempts:
            attempt.add_done_callback(_close_late)
            attempt.cancel()


async def _connect_to(address: Address) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    sock.setblocking(False)
    with _closed_on_failure(sock):
        await asyncio.get_running_loop().sock_connect(sock, address.sockaddr)
    return sock


def _is_connected(attempt: asyncio.Task[socket.socket]) -> bool:
    return attempt.done() and not attempt.cancelled() and attempt.exception() is None


def _close_late(attempt: asyncio.Task[socket.socket]) -> None:
    """Close the connection of an attempt that came in second."""
    if _is_connected(attempt):
        attempt.result().close()


@contextmanager
def _closed_on_failure(sock: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        sock.close()
        raise
