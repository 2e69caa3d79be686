"""Sockets that listen, made before anything else so that what is wrong shows at once."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from pachlite.errors import AddressInUse, InvalidOption
from pachlite.forward.targets import Route, bracketed

BACKLOG: Final = 4096
"""How many clients the kernel keeps while no more are accepted; it may know a lower bound."""
_ATTEMPTS_AT_FREE_PORTS: Final = 16
_NO_SUCH_FAMILY: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}

FindOwner = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens, and the route it is for."""

    sock: socket.socket
    route: Route
    host: str
    port: int

    @property
    def address(self) -> str:
        """Return address and port as text; they are known when the socket is closed, too."""
        return f"{bracketed(self.host)}:{self.port}"


def listen_on(routes: Sequence[Route], find_owner: FindOwner) -> list[Listener]:
    """Listen on all addresses of all routes, or on none.

    Raises:
        AddressInUse: Somebody else listens there; `find_owner` says who.
        InvalidOption: There is no such address here, or the port may not be used.
    """
    with ExitStack() as opened:
        listeners = [each for route in routes for each in _listen(route, opened, find_owner)]
        opened.pop_all()
    return listeners


def _listen(route: Route, opened: ExitStack, find_owner: FindOwner) -> list[Listener]:
    for attempt in range(_ATTEMPTS_AT_FREE_PORTS):
        with ExitStack() as trial:
            try:
                found = _listen_once(route, trial)
            except OSError as error:
                is_last = attempt == _ATTEMPTS_AT_FREE_PORTS - 1
                if route.port or error.errno != errno.EADDRINUSE or is_last:
                    raise _explain(error, route, find_owner) from error
                continue  # the free port of one address is taken on another: choose again
            opened.push(trial.pop_all())
            return found
    raise AssertionError("the last attempt raises")


def _listen_once(route: Route, trial: ExitStack) -> list[Listener]:
    port = route.port
    found: list[Listener] = []
    for address in route.addresses:
        try:
            sock = trial.enter_context(_open(address, port))
        except OSError as error:
            if address == "::1" and found and error.errno in _NO_SUCH_FAMILY:
                continue  # a machine without IPv6
            raise
        port = sock.getsockname()[1]
        found.append(Listener(sock, route, address, port))
    return found


def _open(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.create_server((address, port), family=family, backlog=BACKLOG)
    sock.setblocking(False)
    return sock


def _explain(error: OSError, route: Route, find_owner: FindOwner) -> AddressInUse | InvalidOption:
    address = f"{bracketed(route.addresses[0])}:{route.port}"
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(address, owner=find_owner(route.port))
    where = ", ".join(route.addresses)
    return InvalidOption(f"cannot listen on {where} port {route.port}: {error.strerror}")
