"""How sockets are set up and ended: keepalive, dead peers, resets. It knows no forwarder."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
from contextlib import suppress
from typing import Final

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_END_ON_CLOSE: Final = struct.pack("ii", 0, 0)
_KEEPALIVE_PROBES: Final = 3
_MILLISECONDS: Final = 1000


def tune(sock: socket.socket, *, dead_after_s: float, is_upstream: bool) -> None:
    """Send small pieces at once, and notice a peer that has silently gone.

    A quiet connection is probed after three quarters of `dead_after_s`, then every quarter. Towards
    the target, bytes that nobody acknowledges in `dead_after_s` end the connection as well, where
    the system can do that. 0 leaves everything to the system.
    """
    with suppress(OSError):  # some are refused on a connection that is gone already
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if dead_after_s:
            _probe_quiet(sock, dead_after_s)
        if dead_after_s and is_upstream and hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(dead_after_s * _MILLISECONDS)
            )


def _probe_quiet(sock: socket.socket, dead_after_s: float) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # macOS calls the time before the first probe TCP_KEEPALIVE.
    idle = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)
    if idle is not None:
        sock.setsockopt(socket.IPPROTO_TCP, idle, max(1, int(dead_after_s * 3 / 4)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(1, int(dead_after_s / 4)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEPALIVE_PROBES)


def reset_socket(sock: socket.socket) -> None:
    """Close a socket so that its peer sees a reset, never a clean end."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    sock.close()


def reset(transport: asyncio.Transport) -> None:
    """End a transport so that its peer sees a reset, never a clean end."""
    reset_when_closed(transport)
    transport.abort()


def reset_when_closed(transport: asyncio.Transport) -> None:
    """Let the peer see a reset however the transport ends, be it that the process is killed."""
    _set_linger(transport, _RESET_ON_CLOSE)


def end_when_closed(transport: asyncio.Transport) -> None:
    """Let the peer see a clean end, after all bytes, when the transport is closed."""
    _set_linger(transport, _END_ON_CLOSE)


def _set_linger(transport: asyncio.Transport, linger: bytes) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with suppress(OSError, ValueError):  # it may be closed, whichever way a loop says so
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def is_reset(sock: socket.socket) -> bool:
    """Say whether the peer has reset the connection, without reading from it."""
    poll = select.poll()
    poll.register(sock, 0)
    return bool(poll.poll(0))
