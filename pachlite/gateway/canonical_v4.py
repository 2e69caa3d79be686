"""The canonical request of AWS Signature Version 4, from the bytes that came over the wire.

S3 decodes the path and the parameters once and encodes them its own way; most clients sign that
form, some sign what they send. Both mean the same request, so both are tried. Nothing else of the
path is normalised: `//` and `..` are parts of keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from pachlite.gateway.request import RawRequest, without_authority
from pachlite.gateway.sigv4 import SignatureV4

_UNRESERVED: Final = "-._~"
# An escape of a byte that must be escaped, in upper case; with or without that of a slash.
_ESCAPE: Final = "%(?:[0189A-F][0-9A-F]|2[0-9ABC]|3[A-F]|40|5[BCDE]|60|7[BCDF])"
_S3_PATH: Final = re.compile(f"(?:[A-Za-z0-9._~/-]|{_ESCAPE})*")
_S3_PART: Final = re.compile(f"(?:[A-Za-z0-9._~-]|{_ESCAPE}|%2F)*")
_SPACES: Final = re.compile(r"[ \t]+")
_CONSUMED: Final = {"expect": "100-continue"}
"""What the first proxy on the way answers itself, and does not pass on."""
_SIGNATURE_PARAMETER: Final = "x-amz-signature"


def canonical_requests(raw: RawRequest, signature: SignatureV4, payload_hash: str) -> Iterator[str]:
    """Give the forms of a request that a client may have signed, S3's own first."""
    headers = canonical_headers(raw.headers, signature.signed_headers)
    tail = f"{headers}\n{';'.join(signature.signed_headers)}\n{payload_hash}"
    for path in path_forms(raw.path):
        for query in query_forms(raw.query):
            yield f"{raw.method}\n{path}\n{query}\n{tail}"


def canonical_headers(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Render the headers that were signed; an absent one has no value."""
    return "".join(
        [
            f"{name}:{_folded(headers.get(name.lower(), _CONSUMED.get(name, '')))}\n"
            for name in names
        ]
    )


def path_forms(raw: bytes) -> list[str]:
    """Return the path as S3 encodes it, and as it was sent if that differs."""
    raw = without_authority(raw)
    sent = raw.decode("latin-1") or "/"
    if _S3_PATH.fullmatch(sent):
        return [sent]
    return _distinct(quote(unquote_to_bytes(raw), safe="/" + _UNRESERVED), sent)


def query_forms(raw: bytes) -> list[str]:
    """Return the sorted parameters as S3 encodes them, and as they were sent if that differs."""
    if not raw:
        return [""]
    pairs = []
    for item in raw.decode("latin-1").split("&"):
        name, _, value = item.partition("=")
        if item and name.lower() != _SIGNATURE_PARAMETER:
            pairs.append((name, value))
    own = sorted([(_encoded(name), _encoded(value)) for name, value in pairs])
    if own == pairs:
        return [_joined(own)]
    return _distinct(_joined(own), _joined(sorted(pairs)))


def _encoded(part: str) -> str:
    if _S3_PART.fullmatch(part):
        return part
    plain = unquote_to_bytes(part.encode("latin-1").replace(b"+", b" "))
    return quote(plain, safe=_UNRESERVED)


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "&".join([f"{name}={value}" for name, value in pairs])


def _distinct(first: str, second: str) -> list[str]:
    return [first] if first == second else [first, second]


def _folded(value: str) -> str:
    if "  " in value or "\t" in value:
        value = _SPACES.sub(" ", value)
    return value.strip()
