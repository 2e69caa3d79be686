"""What can be configured, as values. It reads nothing by itself: see cli/context.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where an embedded store lives and how it behaves.

    Attributes:
        home: The directory that holds everything of the store; made if missing.
        user: Who is recorded as the creator of things.
    """

    home: Path
    user: str = ""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate with its issuers, and its private key, both in PEM form."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How much and how long an HTTP/1 connection may take.

    Attributes:
        head_bytes: Of a request line with its headers.
        headers: How many of them.
        unread_bytes: How much of a body waits for the application before reading pauses.
        head_timeout_s: For a whole head, from its first byte.
        idle_timeout_s: Between requests.
        stall_timeout_s: For a client to read something of an answer.
        linger_timeout_s: For a client to go after a last answer that it may not have expected.
        check_interval_s: How exactly the times are kept.
    """

    head_bytes: int = 64 * 1024
    headers: int = 500
    unread_bytes: int = 512 * 1024
    head_timeout_s: float = 30.0
    idle_timeout_s: float = 75.0
    stall_timeout_s: float = 120.0
    linger_timeout_s: float = 5.0
    check_interval_s: float = 1.0


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """How the gateway listens.

    Attributes:
        host: The address.
        port: The port; 0 means a free one, and the bound one is announced.
        certificate: What makes it speak TLS; None for plain HTTP.
        http1: The limits of HTTP/1 connections; None leaves them to Hypercorn.
        max_connections: What is above is told to come back later.
        idle_timeout_s: How long a client may neither send nor take anything while it is its turn.
    """

    host: str = "127.0.0.1"
    port: int = 30600
    certificate: CertificateFiles | None = None
    http1: HttpLimits | None = HttpLimits()
    max_connections: int = 4096
    idle_timeout_s: float = 120.0
