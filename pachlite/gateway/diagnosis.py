"""Find out why a signature does not match, by trying what usually goes wrong on the way.

It runs after a signature has been found wrong, with a bounded number of tries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from pachlite.gateway.body import UNSIGNED_PAYLOAD
from pachlite.gateway.canonical_v4 import canonical_requests
from pachlite.gateway.request import RawRequest
from pachlite.gateway.signing_keys import is_same, sign_v4, string_to_sign_v4
from pachlite.gateway.sigv4 import SignatureV4

WRONG_KEY: Final = (
    "the secret key is most likely not the one of this access key; "
    "with a token, access key and secret key are both the token"
)
SIGNED_OTHERWISE: Final = (
    "the secret key is not the one of this access key, "
    "or a proxy changed the path, the query or a header that is signed"
)

_METHODS: Final = ("GET", "PUT", "HEAD", "POST", "DELETE")
_EMPTY_SHA256: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_MAX_PARAMETERS: Final = 8
_SLASHES: Final = re.compile(b"//+")
# What proxies rewrite, with what clients commonly had signed.
_REWRITTEN: Final = {
    "accept-encoding": ("identity", "gzip", "gzip, deflate", "br, gzip, deflate", "*"),
    "connection": ("keep-alive", "close", "Keep-Alive"),
    "content-type": ("", "application/octet-stream", "binary/octet-stream"),
    "expect": ("100-continue", ""),
    "transfer-encoding": ("chunked", ""),
}


@dataclass(frozen=True, slots=True)
class _Guess:
    """A request as it may have been signed, and what to say if it was."""

    raw: RawRequest
    payload_hash: str
    cause: str


def diagnose_v4(
    raw: RawRequest, signature: SignatureV4, key: bytes, timestamp: str, payload_hash: str
) -> str:
    """Say which part most likely differs, and what to change."""
    for find in _GUESSES:
        for guess in find(raw, payload_hash):
            canonical = next(canonical_requests(guess.raw, signature, guess.payload_hash))
            text = string_to_sign_v4(timestamp, signature.credential.scope, canonical)
            if is_same(signature.signature, sign_v4(key, text)):
                return guess.cause
    absent = [name for name in signature.signed_headers if name.lower() not in raw.headers]
    if absent:
        return f"the header {absent[0]} was signed and did not arrive; let proxies pass it on"
    return WRONG_KEY


def _with_header(raw: RawRequest, name: str, value: str) -> RawRequest:
    return replace(raw, headers={**raw.headers, name: value})


def _hosts(raw: RawRequest, payload_hash: str) -> Iterator[_Guess]:
    host = raw.headers.get("host", "")
    name, port = host, ""
    if ":" in host and not host.endswith("]"):  # which ends an address of IPv6 without a port
        name, _, port = host.rpartition(":")
    suffix = f":{port}" if port else ""
    forwarded = raw.headers.get("x-forwarded-host", "").split(",")[0].strip()
    ports = (raw.headers.get("x-forwarded-port", ""), "80", "443", "30600")
    others = [
        forwarded,
        name,
        *(f"{each}:{number}" for each in (name, forwarded) if each for number in ports if number),
        *(f"{local}{suffix}" for local in ("localhost", "127.0.0.1")),
    ]
    for other in dict.fromkeys(others):
        if other and other != host:
            yield _Guess(
                _with_header(raw, "host", other),
                payload_hash,
                f"it was signed for Host {other}, and arrived with Host {host}; "
                "let proxies pass the header on (nginx: proxy_set_header Host $http_host)",
            )


def _methods(raw: RawRequest, payload_hash: str) -> Iterator[_Guess]:
    for method in _METHODS:
        if method != raw.method:
            cause = f"it was signed for {method}, and {raw.method} was sent"
            yield _Guess(replace(raw, method=method), payload_hash, cause)


def _paths(raw: RawRequest, payload_hash: str) -> Iterator[_Guess]:
    doubled = quote(raw.path, safe="/-._~").encode("ascii")
    prefix = raw.headers.get("x-forwarded-prefix", "").rstrip("/").encode()
    others = {
        doubled: "its path was percent-encoded twice; for S3 it must be encoded once",
        _SLASHES.sub(b"/", raw.path): "its path was signed without the repeated slashes",
        raw.path + b"/": "its path was signed with a slash at the end; let proxies keep it",
        raw.path.rstrip(b"/"): "its path was signed without the slash at the end",
        prefix + raw.path: "its path was rewritten; let proxies pass it on as it is",
    }
    for path, cause in others.items():
        if path != raw.path:
            yield _Guess(replace(raw, path=path), payload_hash, cause)


def _payloads(raw: RawRequest, payload_hash: str) -> Iterator[_Guess]:
    for other in (UNSIGNED_PAYLOAD, _EMPTY_SHA256):
        if other != payload_hash:
            cause = f"it was signed with the payload hash {other}, and says {payload_hash[:80]}"
            changed = _with_header(raw, "x-amz-content-sha256", other)
            yield _Guess(changed, other, f"{cause} in x-amz-content-sha256")


def _parameters(raw: RawRequest, payload_hash: str) -> Iterator[_Guess]:
    items = raw.query.split(b"&") if raw.query else []
    for item in items[:_MAX_PARAMETERS]:
        name = item.partition(b"=")[0].decode("latin-1")
        if not name.lower().startswith("x-amz-"):
            rest = b"&".join(other for other in items if other is not item)
            cause = f"the parameter {name[:80]} was added after signing"
            yield _Guess(replace(raw, query=rest), payload_hash, cause)


def _headers(raw: RawRequest, payload_hash: str) -> Iterator[_Guess]:
    for name, values in _REWRITTEN.items():
        for value in values:
            if raw.headers.get(name) != value:
                yield _Guess(
                    _with_header(raw, name, value),
                    payload_hash,
                    f"the header {name} was signed as {value or 'absent'!r}, and arrived as "
                    f"{raw.headers.get(name, '')!r}; let proxies pass it on",
                )


_GUESSES: Final[tuple[Callable[[RawRequest, str], Iterator[_Guess]], ...]] = (
    _hosts,
    _methods,
    _paths,
    _payloads,
    _parameters,
    _headers,
)
