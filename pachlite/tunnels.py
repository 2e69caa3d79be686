"""Where tunnels come out: the gateway that they were asked of. Who may have one, its tokens say."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from pachlite.errors import PermissionDenied
from pachlite.forward.api import MakeLeg
from pachlite.forward.tunnel.server import TunnelServer
from pachlite.pfs.api import PFS

PATH: Final = b"/~/tunnel"

_SCHEME: Final = "bearer "
_HINT: Final = "a token is needed: give one to pachlite auth use-auth-token"


def tunnels_to_gateway(
    pfs: PFS, host: str, port: int, *, is_tls: bool
) -> dict[bytes, TunnelServer]:
    """Return who speaks at which path of the gateway that listens on `host` and `port`."""
    context = _own_context() if is_tls else None
    address = _reachable(host)

    async def dial(make_leg: MakeLeg) -> None:
        await asyncio.get_running_loop().create_connection(make_leg, address, port, ssl=context)

    def authorize(headers: Iterable[tuple[bytes, bytes]]) -> None:
        if any(name == b"origin" for name, _ in headers):
            # Browsers let any page open a WebSocket anywhere, and read what comes.
            raise PermissionDenied("a page in a browser gets no tunnel")
        if pfs.is_auth_active():
            pfs.identify(_token(headers))

    return {PATH: TunnelServer(dial, authorize)}


def _token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    value = dict(headers).get(b"authorization", b"").decode("latin-1")
    if not value.lower().startswith(_SCHEME):
        raise PermissionDenied(_HINT)
    return value[len(_SCHEME) :].strip()


def _reachable(host: str) -> str:
    """Return where a gateway that listens on all addresses can be reached from here."""
    address = ip_address(host)
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004 - of the Internet Protocol


def _own_context() -> ssl.SSLContext:
    """Return a context that trusts whoever listens there: it is this very process."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
