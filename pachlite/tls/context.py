"""From a certificate and its key to a TLS context, with every mistake found before it is used.

The standard library reads neither the dates nor the purpose of a certificate, so a handshake in
memory finds out whether clients would accept it.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

from pachlite.config import CertificateFiles
from pachlite.errors import InvalidOption

PROTOCOLS: Final = ("h2", "http/1.1")
"""What is offered to clients, the best first."""
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_FLIGHTS: Final = 4
"""How often either side of a handshake may have to speak."""
_EXPIRED: Final = 10
_NOT_YET_VALID: Final = 9
_DATES: Final = {_EXPIRED: "has expired", _NOT_YET_VALID: "is not valid yet"}


class _KeyIsEncrypted(Exception):
    """OpenSSL asks for a passphrase."""


def load_context(files: CertificateFiles) -> ssl.SSLContext:
    """Return a context that serves a certificate.

    Raises:
        InvalidOption: A file is missing or is not what it should be, the key is encrypted or
            belongs to another certificate, or clients would refuse the certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(list(PROTOCOLS))
    _load_files(context, files)
    _check_acceptance(context, files.certificate)
    return context


def reload_context(context: ssl.SSLContext, files: CertificateFiles) -> None:
    """Let connections from now on see what the files hold; unless they are good nothing changes.

    Raises:
        InvalidOption: As `load_context` does.
    """
    load_context(files)
    _load_files(context, files)


def _load_files(context: ssl.SSLContext, files: CertificateFiles) -> None:
    _check_pem(files.certificate, "CERTIFICATE", "certificate")
    _check_pem(files.key, "PRIVATE KEY", "private key")
    try:
        context.load_cert_chain(files.certificate, files.key, password=_refuse_to_decrypt)
    except _KeyIsEncrypted as error:
        raise InvalidOption(
            f"the private key {files.key} is encrypted",
            hint=f"decrypt it first: openssl pkey -in {files.key} -out decrypted.pem",
        ) from error
    except ssl.SSLError as error:
        if error.reason in {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"}:
            raise InvalidOption(
                f"the private key {files.key} does not belong to {files.certificate}",
                hint="the certificate of the server comes first in its file, then its issuers",
            ) from error
        raise InvalidOption(
            f"{files.certificate} or {files.key} cannot be used: {error.reason or error}"
        ) from error


def _refuse_to_decrypt() -> str:
    raise _KeyIsEncrypted


def _check_pem(path: Path, what: str, name: str) -> None:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InvalidOption(f"cannot read the {name} {path}: {error.strerror}") from error
    if f"{what}-----".encode() not in text:
        raise InvalidOption(f"there is no {name} in {path}", hint="it has to be in PEM form")


def _check_acceptance(context: ssl.SSLContext, certificate: Path) -> None:
    """Shake hands with a client that trusts this very certificate."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = (
        client.wrap_bio(to_client, to_server),
        context.wrap_bio(to_server, to_client, server_side=True),
    )
    try:
        for side in sides * _FLIGHTS:
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except ssl.SSLCertVerificationError as error:
        why = _DATES.get(error.verify_code, f"would be refused: {error.verify_message}")
        raise InvalidOption(f"the certificate {certificate} {why}") from error
    except ssl.SSLError as error:
        raise InvalidOption(
            f"no client could use the certificate {certificate}: {error.reason or error}"
        ) from error
