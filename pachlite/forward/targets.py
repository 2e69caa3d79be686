"""Where to listen and where to forward to: parse and print. It resolves and connects nothing."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Final, Self

from pachlite.errors import InvalidOption

DEFAULT_PORT: Final = 30600
MAX_PORT: Final = 65535
LOCALHOST: Final = "localhost"
_LOOPBACK: Final = ("127.0.0.1", "::1")

_SCHEMES: Final = {"": False, "http": False, "grpc": False, "https": True, "grpcs": True}
"""Whether the forwarder speaks TLS to the target."""
_URL: Final = re.compile(r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<rest>[^/?#\s]+)/?")
_ADDRESS: Final = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>\d+))?")
_HINT: Final = "name it as HOST:PORT, or https://HOST:PORT for a gateway behind TLS"


@dataclass(frozen=True, slots=True)
class Target:
    """Where connections are to go."""

    host: str
    port: int = DEFAULT_PORT
    is_tls: bool = False
    is_http: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Understand `host`, `host:port`, `[::1]:port`, `http://host` or `https://host:port`."""
        url = _URL.fullmatch(text)
        scheme = (url["scheme"] or "") if url else ""
        if url is None or scheme not in _SCHEMES:
            raise InvalidOption(f"target {text!r} cannot be understood", hint=_HINT)
        host, port = _host_and_port(url["rest"], text)
        return cls(host, port, is_tls=_SCHEMES[scheme], is_http=bool(scheme))

    @property
    def netloc(self) -> str:
        """Host and port as they stand in a URL."""
        return f"{bracketed(self.host)}:{self.port}"

    def at_port(self, port: int | None) -> Target:
        """Return the same target at another port, if one is given."""
        return self if port is None else replace(self, port=port)

    def __str__(self) -> str:
        return f"https://{self.netloc}" if self.is_tls else self.netloc


@dataclass(frozen=True, slots=True)
class Route:
    """Local addresses and a port to listen on, and the port of the target that it leads to.

    Attributes:
        port: The local port; 0 is a free one.
        remote_port: None is the port that the target names.
    """

    addresses: tuple[str, ...] = _LOOPBACK
    port: int = DEFAULT_PORT
    remote_port: int | None = None

    @classmethod
    def parse(cls, text: str, addresses: tuple[str, ...]) -> Self:
        """Understand `[address:]local:remote`; without an address it listens on `addresses`."""
        head, _, remote = text.rpartition(":")
        address, _, local = head.rpartition(":")
        if not (is_port(local) and is_port(remote) and int(remote)):
            raise InvalidOption(
                f"-L {text!r} cannot be understood", hint="write [ADDRESS:]LOCAL_PORT:REMOTE_PORT"
            )
        chosen = listen_addresses([address.strip("[]")]) if address else addresses
        return cls(chosen, int(local), int(remote))

    @classmethod
    def at(cls, text: str) -> Self:
        """Understand `address:port`, where something else than forwarding is done."""
        address, _, port = text.rpartition(":")
        if not (address and is_port(port)):
            raise InvalidOption(
                f"{text!r} is no address and port to serve metrics on",
                hint="write ADDRESS:PORT, such as 127.0.0.1:9100",
            )
        return cls(listen_addresses([address.strip("[]")])[:1], int(port))


def listen_addresses(names: list[str]) -> tuple[str, ...]:
    """Return the addresses to listen on; `localhost` is both of this machine's own."""
    found: list[str] = []
    for name in names:
        found += _LOOPBACK if name == LOCALHOST else (_checked_address(name),)
    return tuple(dict.fromkeys(found))


def is_loopback(address: str) -> bool:
    """Say whether only this machine can reach an address."""
    return ipaddress.ip_address(address).is_loopback


def is_port(text: str) -> bool:
    """Say whether a text is a port number, or 0 for a free one."""
    return text.isascii() and text.isdigit() and int(text) <= MAX_PORT


def bracketed(host: str) -> str:
    """Return a host as it stands before a colon and a port."""
    return f"[{host}]" if ":" in host else host


def _checked_address(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError as error:
        raise InvalidOption(
            f"{name!r} is no address to listen on",
            hint="give an IP address of this machine, such as 127.0.0.1 or 0.0.0.0",
        ) from error


def _host_and_port(rest: str, text: str) -> tuple[str, int]:
    if rest.count(":") > 1 and not rest.startswith("["):
        rest = f"[{rest}]"  # an IPv6 address by itself
    address = _ADDRESS.fullmatch(rest)
    if address is None or not is_port(address["port"] or "1"):
        raise InvalidOption(f"target {text!r} cannot be understood", hint=_HINT)
    port = int(address["port"] or DEFAULT_PORT)
    if not port:
        raise InvalidOption(f"target {text!r} has no port", hint=_HINT)
    return address["v6"] or address["host"], port
