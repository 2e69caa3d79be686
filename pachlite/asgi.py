"""Run an ASGI application on Hypercorn: bind, announce, serve until a signal, drain."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import hypercorn.asyncio.run
from hypercorn.asyncio import serve
from hypercorn.config import Config

from pachlite.config import CertificateFiles, ServerConfig
from pachlite.connections import affordable_connections, bounded, raise_descriptor_limit
from pachlite.errors import AddressInUse, InvalidOption, PachliteError
from pachlite.gateway.traffic import Traffic
from pachlite.http1.seam import Upgrades, own_http1
from pachlite.malloc import keep_large_buffers
from pachlite.tls.context import load_context, reload_context

if TYPE_CHECKING:
    from hypercorn.typing import ASGIFramework

try:
    import uvloop
except ImportError:  # not everywhere that Python is
    uvloop = None  # type: ignore[assignment]

BACKLOG: Final = 1024
GRACEFUL_TIMEOUT_S: Final = 30.0
"""How long requests under way may take after the signal to stop."""
KEEP_ALIVE_TIMEOUT_S: Final = 75.0
MAX_HEAD_BYTES: Final = 64 * 1024
"""Presigned URLs and metadata make long heads."""

RENEWAL_CHECK_S: Final = 86_400.0
"""How often certificates are read again without being asked to."""

_H2_PACKAGES: Final = frozenset({"h2", "priority"})

Announce = Callable[[str, int], None]
MakeUpgrades = Callable[[str, int], Upgrades]
Renew = Callable[[], object]

_log: Final = logging.getLogger(__name__)


def run(
    app: ASGIFramework,
    config: ServerConfig,
    announce: Announce,
    *,
    traffic: Traffic | None = None,
    renew: Renew | None = None,
    upgrades: MakeUpgrades | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then let requests finish. A second signal ends at once.

    SIGHUP reads the certificate again.

    Args:
        app: The application.
        config: What to listen on.
        announce: Called with host and port as soon as connections are accepted.
        traffic: Where connections are counted; the application counts requests.
        renew: Called before the certificate is read again.
        upgrades: Called with host and port; returns who speaks WebSocket at which path.

    Raises:
        AddressInUse: Somebody else listens there.
        InvalidOption: There is no such address here, or the certificate cannot be used.
    """
    context = load_context(config.certificate) if config.certificate else None
    listener = listen(config)
    host, port = listener.getsockname()[:2]
    traffic = traffic or Traffic()
    hooks = Hooks(
        announce=lambda: announce(host, port),
        reload=lambda: _renew_certificate(config.certificate, context, renew),
        traffic=traffic,
    )
    keep_large_buffers()
    loop_factory = uvloop.new_event_loop if uvloop else None
    spoken = upgrades(host, port) if upgrades else {}
    http1 = own_http1(config.http1, spoken) if config.http1 else nullcontext()
    with (
        http1,
        _bounded_connections(config.max_connections, traffic),
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        runner.run(_serve(app, _hypercorn_config(listener, context), hooks))


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is called, and what is looked at, while a server runs."""

    announce: Callable[[], None]
    reload: Callable[[], None]
    traffic: Traffic


@contextmanager
def _bounded_connections(wanted: int, traffic: Traffic) -> Iterator[None]:
    """Bound the connections that Hypercorn serves: for that, it has no option."""
    serve_connection = hypercorn.asyncio.run.TCPServer  # type: ignore[attr-defined] # not exported
    limit = affordable_connections(wanted, raise_descriptor_limit())
    hypercorn.asyncio.run.TCPServer = bounded(  # type: ignore[attr-defined, assignment] # called the same
        serve_connection, limit, traffic
    )
    try:
        yield
    finally:
        hypercorn.asyncio.run.TCPServer = serve_connection  # type: ignore[attr-defined] # as it was


def listen(config: ServerConfig) -> socket.socket:
    """Return a socket that accepts connections; port 0 becomes a free one."""
    address = f"{config.host}:{config.port}"
    try:
        family, *_, sockaddr = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(sockaddr[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(address) from error
        raise InvalidOption(f"cannot listen on {address}: {error.strerror}") from error
    # Accepted connections inherit them.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # cuts who takes nothing, however little waits for it
        silence_ms = int(config.idle_timeout_s * 1000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, silence_ms)
    return listener


async def _serve(app: ASGIFramework, config: Config, hooks: Hooks) -> None:
    stopping = asyncio.Event()

    async def until_stopped() -> None:
        hooks.announce()  # Hypercorn waits here once it accepts connections
        await stopping.wait()

    serving = asyncio.create_task(serve(app, config, shutdown_trigger=until_stopped, mode="asgi"))

    def stop() -> None:
        if stopping.is_set():
            serving.cancel()
        elif hooks.traffic.requests:
            _say_what_is_awaited(hooks.traffic.requests)
        stopping.set()

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_report)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, hooks.reload)
    _repeat(loop, hooks.reload)
    await _wait_for_end(serving, stopping)


def _say_what_is_awaited(requests: int) -> None:
    what = "1 request" if requests == 1 else f"{requests} requests"
    sys.stderr.write(f"finishing {what}; interrupt again to end now\n")
    sys.stderr.flush()


def _repeat(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    def turn() -> None:
        work()
        _repeat(loop, work)

    loop.call_later(RENEWAL_CHECK_S, turn)


def _renew_certificate(
    files: CertificateFiles | None, context: ssl.SSLContext | None, renew: Renew | None
) -> None:
    """Read the certificate again; what is wrong with it is said, and the old one goes on."""
    try:
        if renew is not None:
            renew()
        if files is not None and context is not None:
            reload_context(context, files)
    except PachliteError as error:
        _log.error("the certificate stays as it is: %s", error)


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what no task has caught, but not what a client can bring about.

    A connection that is cut in the end is an error to Python 3.11.
    """
    if not _is_brought_about(context.get("exception")):
        loop.default_exception_handler(context)


def _is_brought_about(error: BaseException | None) -> bool:
    """Say whether a client is behind it: by a handshake that fails, or a flood over HTTP/2."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_brought_about, error.exceptions))
    from_h2 = type(error).__module__.partition(".")[0] in _H2_PACKAGES
    return from_h2 or isinstance(error, asyncio.CancelledError | ssl.SSLError)


async def _wait_for_end(serving: asyncio.Task[None], stopping: asyncio.Event) -> None:
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    # Hypercorn bounds the requests under way, but not its wait for connections to close.
    await asyncio.wait({serving}, timeout=GRACEFUL_TIMEOUT_S + 5)
    if not serving.done():
        serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


class _HypercornConfig(Config):
    """What Hypercorn asks; the TLS context is ours, so that it can be given another certificate."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__()
        self._context = context

    @property
    def ssl_enabled(self) -> bool:
        return self._context is not None

    def create_ssl_context(self) -> ssl.SSLContext | None:
        return self._context


def _hypercorn_config(listener: socket.socket, context: ssl.SSLContext | None) -> Config:
    config = _HypercornConfig(context)
    config.bind = [f"fd://{listener.detach()}"]
    config.backlog = BACKLOG
    config.accesslog = None
    config.loglevel = "WARNING"
    config.include_server_header = False
    config.h11_max_incomplete_size = MAX_HEAD_BYTES
    config.keep_alive_timeout = KEEP_ALIVE_TIMEOUT_S
    config.keep_alive_max_requests = sys.maxsize
    config.graceful_timeout = GRACEFUL_TIMEOUT_S
    return config
