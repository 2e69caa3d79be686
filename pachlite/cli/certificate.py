"""Which certificate the options of `serve s3` ask for. One that is to be made, is."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pachlite.config import CertificateFiles
from pachlite.errors import InvalidOption, Unsupported

AUTO: Final = "auto"
_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_ANY_ADDRESS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - it is left out


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files to serve.

    Attributes:
        files: Where it is.
        renew: Make it again if it needs it.
        is_own: Whether it signs itself, so that clients have to be told to trust it.
    """

    files: CertificateFiles
    renew: Callable[[], object]
    is_own: bool


def choose_certificate(
    tls: str, certificate: Path | None, key: Path | None, home: Path, names: tuple[str, ...]
) -> Certificate | None:
    """Return the certificate that the options name, or None for plain HTTP.

    Args:
        tls: Empty, or `auto`.
        certificate, key: Files that the user has.
        home: The directory of the store.
        names: What clients call this server, beside what this machine knows itself.

    Raises:
        InvalidOption: The options do not go together.
    """
    if tls not in {"", AUTO}:
        raise InvalidOption(f"--tls {tls} is not known", hint=f"there is --tls {AUTO}")
    if (certificate is None) != (key is None):
        raise InvalidOption("--tls-cert and --tls-key go together")
    if certificate is not None and key is not None:
        if tls:
            raise InvalidOption(f"--tls {tls} makes a certificate, --tls-cert names one")
        return Certificate(CertificateFiles(certificate, key), lambda: None, is_own=False)
    return _own_certificate(home / "tls", names) if tls else None


def host_names(host: str) -> tuple[str, ...]:
    """Return what clients may call a server on this machine that listens on `host`."""
    own = socket.gethostname()
    bound = () if host in _ANY_ADDRESS else (host,)
    return (*_LOCAL_NAMES, *((own,) if own.isascii() and own else ()), *bound)


def _own_certificate(directory: Path, names: tuple[str, ...]) -> Certificate:
    try:
        from pachlite.tls.self_signed import ensure_certificate
    except ImportError as error:
        raise Unsupported(
            "making a certificate needs the package cryptography",
            hint="pip install 'pachlite[tls]', or bring a certificate: --tls-cert, --tls-key",
        ) from error

    def renew() -> CertificateFiles:
        return ensure_certificate(directory, names, datetime.now(UTC))

    return Certificate(renew(), renew, is_own=True)
