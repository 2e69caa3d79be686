"""Believe what a trusted proxy says of the client: its address, the scheme and the host it used.

Anybody can send those headers, so of others they mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from pachlite.gateway.incoming import Event

Network = IPv4Network | IPv6Network

_SCHEMES: Final = frozenset({"http", "https"})


def behind_proxies(scope: Event, trusted: Sequence[Network]) -> Event:
    """Return the scope of a request as the client sent it, if trusted proxies passed it on."""
    peer = scope.get("client")
    if not trusted or not peer or not _is_trusted(peer[0], trusted):
        return scope
    said = {name: value.decode("latin-1") for name, value in scope["headers"] if name in _HEADERS}
    changed = dict(scope)
    changed["client"] = (_first_stranger(said.get(b"x-forwarded-for", ""), peer[0], trusted), 0)
    scheme = _last(said.get(b"x-forwarded-proto", ""))
    if scheme in _SCHEMES:
        changed["scheme"] = scheme
    host = _last(said.get(b"x-forwarded-host", ""))
    if host:
        others = [header for header in scope["headers"] if header[0] != b"host"]
        changed["headers"] = [(b"host", host.encode("latin-1")), *others]
    return changed


_HEADERS: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"})


def _first_stranger(chain: str, peer: str, trusted: Sequence[Network]) -> str:
    """Return the nearest address that no trusted proxy has: those before it may be made up."""
    nearest = peer
    for hop in reversed(chain.split(",")):
        text = hop.strip()
        try:
            ip_address(text)
        except ValueError:
            return nearest
        nearest = text
        if not _is_trusted(text, trusted):
            return nearest
    return nearest


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in trusted)


def _last(values: str) -> str:
    """Return what the nearest proxy said, where several have said something."""
    return values.rpartition(",")[2].strip().lower()
