"""A certificate that signs itself, for a gateway that nobody has given one.

The key is made once. The certificate is made again, in the same place, before it expires and when
names are added, so that clients which trust the file go on doing so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pachlite.config import CertificateFiles
from pachlite.errors import InvalidOption, StoreNotWritable

VALID_DAYS: Final = 397
"""Some clients refuse what is valid for longer."""
RENEW_DAYS: Final = 30
"""How long before it expires a certificate is replaced."""
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_PRIVATE: Final = 0o600
_PUBLIC: Final = 0o644
_KEY_USAGE: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def ensure_certificate(directory: Path, names: Sequence[str], now: datetime) -> CertificateFiles:
    """Return a certificate for host names and addresses that is good for some time; make it if not.

    Raises:
        StoreNotWritable: The directory cannot be made or written.
        InvalidOption: What is there is not what was put there.
    """
    files = CertificateFiles(directory / "certificate.pem", directory / "key.pem")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _ensure_key(files.key)
        if not _is_good(files.certificate, key, names, now):
            made = _sign(key, names, now).public_bytes(serialization.Encoding.PEM)
            _new_file(files.certificate, made, _PUBLIC).replace(files.certificate)
    except OSError as error:
        raise StoreNotWritable(str(directory), error.strerror or str(error)) from error
    return files


def _ensure_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key; of several processes that make one, one makes the one that counts."""
    if not path.exists():
        text = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        made = _new_file(path, text, _PRIVATE)
        with suppress(FileExistsError):
            path.hardlink_to(made)
        made.unlink()
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise InvalidOption(f"there is no usable key in {path}", hint="delete it") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise InvalidOption(f"the key in {path} is of another kind", hint="delete it")
    return key


def _new_file(path: Path, content: bytes, mode: int) -> Path:
    """Write a file beside `path` that nobody ever sees half written."""
    descriptor, name = mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return Path(name)


def _is_good(
    path: Path, key: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime
) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        present = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return False
    last = certificate.not_valid_after_utc - timedelta(days=RENEW_DAYS)
    return (
        certificate.public_key() == key.public_key()
        and certificate.not_valid_before_utc <= now < last
        and set(present) >= set(_general_names(names))
    )


def _sign(key: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pachlite")])
    public = key.public_key()
    builder = (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    return [_general_name(name) for name in dict.fromkeys(names)]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode("ascii") if not name.isascii() else name)
