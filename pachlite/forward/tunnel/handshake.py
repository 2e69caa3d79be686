"""The HTTP request that makes a connection a WebSocket for a tunnel, and the answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from pachlite.forward.tunnel.websocket import SUBPROTOCOL, accept_key

PATH: Final = "/~/tunnel"
MAX_HEAD_BYTES: Final = 16 * 1024
HEAD_END: Final = b"\r\n\r\n"

_MAX_REASON: Final = 200
_SWITCHING: Final = HTTPStatus.SWITCHING_PROTOCOLS
_PASSING: Final = frozenset({"502", "503", "504"})


class Answer(NamedTuple):
    """The head of a response; `status` is the code and what stands behind it."""

    status: str
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """The code alone."""
        return self.status[:3]


class NoTunnel(OSError):
    """The far end is there, but it has no tunnel; another way may lead to it."""


class TunnelDenied(OSError):
    """The far end has a tunnel, but not for us."""


def request(host: str, key: str, token: str) -> bytes:
    """Return the request of a client. `key` is 16 random bytes in base64."""
    lines = [
        f"GET {PATH} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
        *([f"Authorization: Bearer {token}"] if token else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def check_response(head: bytes, key: str) -> None:
    """Return if the answer of a gateway makes this a tunnel.

    Raises:
        NoTunnel: This is no gateway, or one without a tunnel.
        TunnelDenied: It wants another token, or has no room.
        ConnectionRefusedError: A proxy answers for a gateway that is away.
    """
    answer = parse_answer(head)
    if answer is None:
        raise NoTunnel("the target does not speak HTTP")
    status, headers, code = answer.status, answer.headers, answer.code
    if code in {"401", "403", "503"} and headers.get("x-pachlite-tunnel"):
        raise TunnelDenied(headers["x-pachlite-tunnel"][:_MAX_REASON])
    if code in _PASSING:
        raise ConnectionRefusedError(f"the target answers {status[:_MAX_REASON]}")
    if code != str(_SWITCHING.value):
        raise NoTunnel(f"the target answers {status[:_MAX_REASON]}")
    if headers.get("sec-websocket-accept") != accept_key(key):
        raise NoTunnel("the target's answer belongs to another request")
    if headers.get("sec-websocket-protocol") != SUBPROTOCOL:
        raise NoTunnel("the target has a WebSocket, but no tunnel")


def parse_answer(head: bytes) -> Answer | None:
    """Parse the head of a response; None if it is no HTTP/1."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    if not version.startswith("HTTP/1."):
        return None
    return Answer(status, _headers(line.partition(":")[::2] for line in lines if line))


def accepting(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a gateway's answer to a request with these headers.

    Raises:
        NoTunnel: It is no request for a tunnel.
    """
    wanted = _headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
    key = wanted.get("sec-websocket-key", "")
    offered = {each.strip() for each in wanted.get("sec-websocket-protocol", "").split(",")}
    if not key or wanted.get("sec-websocket-version") != "13" or SUBPROTOCOL not in offered:
        raise NoTunnel(
            "a WebSocket of version 13 with the subprotocol of the tunnel is spoken here"
        )
    return _answer(
        _SWITCHING,
        {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": accept_key(key),
            "Sec-WebSocket-Protocol": SUBPROTOCOL,
        },
    )


def refusing(status: HTTPStatus, reason: str) -> bytes:
    """Return the answer to who may have no tunnel; the client reads the reason in a header."""
    told = "".join(char if char.isprintable() and char.isascii() else "?" for char in reason)
    headers = {"x-pachlite-tunnel": told, "Content-Length": "0", "Connection": "close"}
    return _answer(status, headers)


def _answer(status: HTTPStatus, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _headers(pairs: Iterable[tuple[str, ...]]) -> dict[str, str]:
    return {name.strip().lower(): value.strip() for name, value in pairs}
