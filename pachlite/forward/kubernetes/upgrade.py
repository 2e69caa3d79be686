"""The HTTP request that makes a connection lead to a port of a pod, and the answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from pachlite.forward.tunnel.handshake import parse_answer
from pachlite.forward.tunnel.websocket import accept_key

SUBPROTOCOL: Final = "v4.channel.k8s.io"
_MAX_SAID: Final = 300


class UpgradeRefused(OSError):
    """The API server leads to that pod not now, or not us.

    Attributes:
        status: The code of its answer; 0 if that is none.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_about_the_pod(self) -> bool:
        """Whether another pod may do."""
        return self.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


def portforward_path(base: str, namespace: str, pod: str, port: int) -> str:
    """Return the path of the request."""
    return f"{base}/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}"


def request(path: str, host: str, key: str, authorization: str) -> bytes:
    """Return the request. `key` is 16 random bytes in base64."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
        *([f"Authorization: {authorization}"] if authorization else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def check_answer(head: bytes, rest: bytes, key: str, pod: str) -> None:
    """Return if the answer makes this a way to the pod.

    Raises:
        UpgradeRefused: It does not.
    """
    answer = parse_answer(head)
    if answer is None or not answer.code.isdecimal():
        raise UpgradeRefused(0, "what answers is no API server")
    code = int(answer.code)
    if code == HTTPStatus.SWITCHING_PROTOCOLS:
        agreed = (accept_key(key), SUBPROTOCOL)
        names = ("sec-websocket-accept", "sec-websocket-protocol")
        if tuple(answer.headers.get(name) for name in names) != agreed:
            raise UpgradeRefused(code, "the API server does not forward ports over WebSockets")
        return
    raise UpgradeRefused(code, _explained(code, answer.status, pod) + _said(rest))


def _explained(code: int, status: str, pod: str) -> str:
    known = {
        HTTPStatus.UNAUTHORIZED: "the API server does not accept the credentials (401)",
        HTTPStatus.FORBIDDEN: "the role lacks create or get on pods/portforward (403)",
        HTTPStatus.NOT_FOUND: f"pod {pod} is gone (404)",
    }
    return known.get(HTTPStatus(code), "") if code in known else f"pod {pod}: {status}"


def _said(body: bytes) -> str:
    """Return what the API server says about it, if all of that is there."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    said = found.get("message") if isinstance(found, dict) else None
    return f": {said[:_MAX_SAID]}" if isinstance(said, str) and said else ""


def shown_error(text: bytes) -> str:
    """Return what came over the channel for errors, in one line."""
    lines: Sequence[str] = text.decode("utf-8", "replace").split()
    return " ".join(lines)[:_MAX_SAID]
