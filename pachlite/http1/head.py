"""Parse the head of a request. What can be understood in two ways is refused, never guessed at."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from pachlite.http1.refusals import (
    BAD_REQUEST,
    HEAD_TOO_LARGE,
    UNKNOWN_CODING,
    UNKNOWN_VERSION,
    RequestRefused,
)

Headers = list[tuple[bytes, bytes]]

_DECISIVE: Final = frozenset(
    [b"host", b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade"]
)
"""The headers that decide how the connection goes on."""
_ONLY_ONCE: Final = frozenset([b"host", b"content-length", b"transfer-encoding"])
_LENGTH_DIGITS: Final = 18
_AUTHORITY: Final = re.compile(rb"https?://[^/?#]+", re.IGNORECASE)
_HOST: Final = re.compile(rb"[A-Za-z0-9\-._~%!$&'()*+,;=:\[\]]*")
_VERSION: Final = re.compile(rb"HTTP/(\d)\.(\d)\r\n")
_METHODS: Final = {
    name.encode(): name for name in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")
}


class RequestHead(NamedTuple):
    """What a request says before its body.

    Attributes:
        target: Path and query as they were sent, without an authority.
        headers: In order, with lower-case names.
        minor_version: Of HTTP/1.
        length: Of the body; None when it comes in chunks.
        keeps_alive: Whether the client wants to send another request.
        expects_invitation: Whether it waits for `100 Continue` with the body.
        is_for_websocket: Whether it asks for another protocol.
    """

    method: str
    target: bytes
    headers: Headers
    minor_version: int
    length: int | None
    keeps_alive: bool
    expects_invitation: bool
    is_for_websocket: bool


class HeadParser:
    """Parses one head after another; give it each one whole, up to the empty line."""

    def __init__(self, max_headers: int) -> None:
        self._max_headers = max_headers
        self._parser = HttpRequestParser(self)
        self._target = b""
        self._headers: Headers = []
        self._known_host = b""

    def on_url(self, target: bytes) -> None:
        """Take the target; the parser calls it."""
        self._target = target

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; the parser calls it."""
        self._headers.append((name.lower(), value.rstrip(b" \t")))

    def parse(self, raw: bytes) -> RequestHead:
        """Return what a head says.

        Raises:
            RequestRefused: It is malformed, too large, or of another version.
        """
        self._target, self._headers = b"", []
        parser = self._parser
        is_spent = False
        try:
            parser.feed_data(raw)
        except HttpParserUpgrade:
            is_spent = True
        except HttpParserError as error:
            raise RequestRefused(BAD_REQUEST, f"the head of the request: {error}") from error
        if len(self._headers) > self._max_headers:
            raise RequestRefused(HEAD_TOO_LARGE, f"more than {self._max_headers} headers")
        minor_version = _parse_version(raw, parser.get_method(), self._target)
        head = self._understand(parser.get_method(), minor_version)
        if is_spent or head.length != 0:
            self._parser = HttpRequestParser(self)  # the old one waits for a body
        return head

    def _understand(self, method: bytes, minor_version: int) -> RequestHead:
        decisive: dict[bytes, bytes] = {}
        for name, value in self._headers:
            if name in _DECISIVE:
                _decide(decisive, name, value)
        self._check_host(decisive.get(b"host"), minor_version)
        wishes = decisive.get(b"connection", b"").lower()
        return RequestHead(
            _METHODS.get(method) or method.decode("ascii"),
            _origin_form(method, self._target),
            self._headers,
            minor_version,
            _body_length(decisive, minor_version),
            _keeps_alive(wishes, minor_version),
            minor_version > 0 and decisive.get(b"expect", b"").lower() == b"100-continue",
            b"upgrade" in decisive and _is_for_websocket(method, decisive[b"upgrade"], wishes),
        )

    def _check_host(self, host: bytes | None, minor_version: int) -> None:
        if host is None:
            if minor_version:
                raise RequestRefused(BAD_REQUEST, "the header host is missing")
            return
        if host == self._known_host:
            return
        if _HOST.fullmatch(host) is None:
            raise RequestRefused(BAD_REQUEST, "the header host names no host")
        self._known_host = host


def _decide(decisive: dict[bytes, bytes], name: bytes, value: bytes) -> None:
    if name not in decisive:
        decisive[name] = value
        return
    if name in _ONLY_ONCE:
        raise RequestRefused(BAD_REQUEST, f"the header {name.decode()} is there more than once")
    decisive[name] += b"," + value


def _parse_version(raw: bytes, method: bytes, target: bytes) -> int:
    """Return the minor version, if the request line is exactly method, target and version."""
    start = b"%b %b HTTP/1." % (method, target)
    if raw.startswith(start):
        return raw[len(start)] - ord("0")
    if _VERSION.match(raw, len(start) - len(b"HTTP/1.")):
        raise RequestRefused(UNKNOWN_VERSION, "only HTTP/1.0 and HTTP/1.1 are spoken here")
    raise RequestRefused(BAD_REQUEST, "the request line is malformed")


def _origin_form(method: bytes, target: bytes) -> bytes:
    if target.startswith(b"/") or (target == b"*" and method == b"OPTIONS"):
        return target
    authority = _AUTHORITY.match(target)
    if authority is None:
        raise RequestRefused(BAD_REQUEST, "the target of the request is no path")
    rest = target[authority.end() :]
    return rest if rest.startswith(b"/") else b"/" + rest


def _body_length(decisive: dict[bytes, bytes], minor_version: int) -> int | None:
    """Return how many bytes follow; None when they come in chunks."""
    declared = decisive.get(b"content-length")
    coding = decisive.get(b"transfer-encoding")
    if coding is None:
        if declared is None:
            return 0
        if not declared.isdigit() or len(declared) > _LENGTH_DIGITS:
            raise RequestRefused(BAD_REQUEST, "the content-length is no number of bytes")
        return int(declared)
    if declared is not None or not minor_version:
        raise RequestRefused(BAD_REQUEST, "the length of the body is ambiguous")
    if coding.lower() != b"chunked":
        raise RequestRefused(UNKNOWN_CODING, "the only transfer-encoding known is chunked")
    return None


def _keeps_alive(wishes: bytes, minor_version: int) -> bool:
    if not wishes:
        return minor_version > 0
    return _has_token(wishes, b"keep-alive" if minor_version == 0 else b"close") is (
        minor_version == 0
    )


def _is_for_websocket(method: bytes, upgrade: bytes, wishes: bytes) -> bool:
    return method == b"GET" and upgrade.lower() == b"websocket" and _has_token(wishes, b"upgrade")


def _has_token(wishes: bytes, token: bytes) -> bool:
    return any(wish.strip(b" \t") == token for wish in wishes.split(b","))
