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
class ServerConfig:
    """How the gateway listens.

    Attributes:
        host: The address.
        port: The port; 0 means a free one, and the bound one is announced.
        certificate: What makes it speak TLS; None for plain HTTP.
    """

    host: str = "127.0.0.1"
    port: int = 30600
    certificate: CertificateFiles | None = None
