"""A line about every request, for people or as JSON. Nothing in it can sign a request.

Exchanges are collected on the event loop; a thread makes lines of them and writes many at a time,
so that a reader that is slow delays nobody. When it is far too slow, lines are left out, and that
is said.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from time import gmtime, strftime, time
from typing import Final
from urllib.parse import unquote_to_bytes

from pachlite.gateway.exchange import Exchange

MAX_WAITING_LINES: Final = 10_000
WRITE_EVERY_S: Final = 0.1
_CLOSE_TIMEOUT_S: Final = 5.0

_SECRET_PARAMETERS: Final = frozenset(
    {
        b"awsaccesskeyid",  # of a token, it is the secret, too
        b"signature",
        b"x-amz-credential",
        b"x-amz-security-token",
        b"x-amz-signature",
    }
)
_HIDDEN: Final = b"..."

# The first that a User-Agent contains; those that name what they are built on come first.
_AGENTS: Final = (
    ("aws-cli", "aws-cli"),
    (" mc/", "mc"),
    ("rclone", "rclone"),
    ("s5cmd", "s5cmd"),
    ("s3cmd", "s3cmd"),
    ("s3fs-fuse", "s3fs-fuse"),
    ("goofys", "goofys"),
    ("mountpoint", "mountpoint-s3"),
    ("minio-py", "minio-py"),
    ("minio-go", "minio-go"),
    ("aiobotocore", "s3fs"),
    ("boto3", "boto3"),
    ("botocore", "botocore"),
    ("duckdb", "duckdb"),
    ("arrow", "pyarrow"),
    ("object_store", "object_store"),
    ("hadoop", "hadoop"),
    ("spark", "spark"),
    ("trino", "trino"),
    ("aws-sdk-", "aws-sdk"),
    ("mozilla", "browser"),
    ("curl", "curl"),
    ("wget", "wget"),
)
_MAX_NAME: Final = 24

_log: Final = logging.getLogger(__name__)

Format = Callable[[Exchange, float], str]
"""Makes a line of an exchange and the time of its end, in seconds since 1970."""


class AccessLog:
    """Observes exchanges and writes about them.

    Args:
        write: Takes whole lines, in a thread of its own.
        form: What a line looks like: `as_text` or `as_json`.
    """

    def __init__(self, write: Callable[[str], object], form: Format) -> None:
        self._write = write
        self._form = form
        self._waiting: deque[tuple[Exchange, float]] = deque()
        self._dropped = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)
        self._thread.start()

    def __call__(self, exchange: Exchange) -> None:
        """Remember to write about an exchange."""
        if len(self._waiting) >= MAX_WAITING_LINES:
            self._dropped += 1
            return
        self._waiting.append((exchange, time()))

    def close(self) -> None:
        """Write what waits, unless nobody takes it."""
        self._closing.set()
        self._thread.join(_CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while not self._closing.wait(WRITE_EVERY_S):
            self._write_waiting()
        self._write_waiting()

    def _write_waiting(self) -> None:
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        lines = [self._form(exchange, ended_at) for exchange, ended_at in waiting]
        if lines:
            self._write("".join(lines))
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            _log.warning("%d lines left out: they were not taken fast enough", dropped)


def as_text(exchange: Exchange, ended_at: float) -> str:
    """Return a line for people: what is unknown is a dash."""
    resource = exchange.resource + _shown_query(exchange.query)
    return (
        f"{_time(ended_at)} {exchange.client or '-'}"
        f" {agent_name(exchange.agent)} {_word(exchange.subject)} {_word(exchange.method)}"
        f" {_word(resource)} {exchange.operation or '-'} {exchange.status or '-'}"
        f" {exchange.error_code or '-'} in={exchange.received_bytes} out={exchange.sent_bytes}"
        f" {_duration_ms(exchange):.1f}ms {exchange.request_id}\n"
    )


def as_json(exchange: Exchange, ended_at: float) -> str:
    """Return a line for programs: an object with every field, `null` for what is unknown."""
    fields = {
        "time": _time(ended_at),
        "client": exchange.client or None,
        "agent": agent_name(exchange.agent),
        "subject": exchange.subject or None,
        "method": exchange.method,
        "bucket": exchange.bucket or None,
        "key": exchange.key or None,
        "path": exchange.resource,
        "query": _shown_query(exchange.query)[1:] or None,
        "operation": exchange.operation or None,
        "status": exchange.status or None,
        "error": exchange.error_code or None,
        "bytes_in": exchange.received_bytes,
        "bytes_out": exchange.sent_bytes,
        "duration_ms": round(_duration_ms(exchange), 3),
        "request_id": exchange.request_id,
    }
    return json.dumps(fields) + "\n"


@lru_cache(maxsize=256)
def agent_name(agent: str) -> str:
    """Return the name of a client from its User-Agent, or a dash."""
    lower = agent.lower()
    for mark, name in _AGENTS:
        if mark in lower:
            return name
    first = agent.partition("/")[0].partition(" ")[0][:_MAX_NAME]
    return first if first and first.isascii() and first.isprintable() else "-"


def _time(at: float) -> str:
    second = int(at)
    return f"{_second(second)}.{int((at - second) * 1000):03}Z"


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(at))


def _duration_ms(exchange: Exchange) -> float:
    return (exchange.ended_s - exchange.begun_s) * 1000


def _shown_query(query: bytes) -> str:
    """Return a query with its question mark and without the values of what signs a request."""
    if not query:
        return ""
    shown = [_shown_parameter(parameter) for parameter in query.split(b"&")]
    return "?" + b"&".join(shown).decode("latin-1")


def _shown_parameter(parameter: bytes) -> bytes:
    name, equals, _ = parameter.partition(b"=")
    decoded = unquote_to_bytes(name) if b"%" in name else name
    is_secret = decoded.strip().lower() in _SECRET_PARAMETERS
    return name + equals + _HIDDEN if is_secret else parameter


def _word(text: str) -> str:
    """Return text as one word of a line, whatever is in it."""
    if not text:
        return "-"
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return "".join(
        each if each.isprintable() and each not in " \\" else _escaped(each) for each in text
    )


def _escaped(character: str) -> str:
    return "\\x20" if character == " " else character.encode("unicode_escape").decode("ascii")
