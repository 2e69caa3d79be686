"""From an ASGI scope to an `S3Request`: paths, parameters and headers are decoded here, once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes

from pachlite.gateway.errors import INVALID_URI, S3Refusal, invalid_argument
from pachlite.gateway.hosts import bucket_of_host
from pachlite.gateway.messages import S3Request
from pachlite.gateway.signature import QUERY_PARAMETERS
from pachlite.pfs.paths import check_path

_NOT_HOISTED: Final = QUERY_PARAMETERS | {"x-amz-sdk-checksum-algorithm"}
"""Parameters that are no headers. Some clients put the last one into URLs that are signed long
before there is a body to sum up."""
MAX_QUERY_PARAMETERS: Final = 100
_NOTHING: Final[Mapping[str, str]] = {}
_SCHEMES: Final = (b"http://", b"https://")
_LINE_ENDS: Final = re.compile("[\0\r\n]")
V2_HOISTED: Final = frozenset({"content-md5", "content-type"})
"""Headers that URLs presigned by version 2 carry as parameters, besides those of `x-amz-`."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as it came over the wire. `path` is percent-encoded, without the query."""

    method: str
    path: bytes
    query: bytes
    headers: Mapping[str, str]
    scheme: str = "http"

    @property
    def resource(self) -> str:
        """The path as it was sent, as text."""
        return self.path.decode("latin-1")


def parse_request(raw: RawRequest, domains: tuple[str, ...] = ()) -> S3Request:
    """Decode a request in path style, `/bucket/key`, or of a host that names the bucket.

    Raises:
        S3Refusal: The path or a parameter is not valid UTF-8.
        InvalidPath: No object can have that key.
    """
    bucket, key = _split(raw, domains)
    query = _parse_query(raw.query)
    headers, query = _hoist(raw.headers, query)
    return S3Request(
        method=raw.method,
        bucket=_decode(bucket),
        key=check_path(_decode(key)) if key else "",
        query=query,
        headers=headers,
        resource=raw.resource,
        scheme=raw.scheme,
    )


def bucket_of(raw: RawRequest, domains: tuple[str, ...] = ()) -> str:
    """Return the bucket that a request names, for error documents: it may be no name at all."""
    return unquote_to_bytes(_split(raw, domains)[0]).decode(errors="replace")


def _split(raw: RawRequest, domains: tuple[str, ...]) -> tuple[bytes, bytes]:
    path = without_authority(raw.path).removeprefix(b"/")
    bucket = bucket_of_host(raw.headers.get("host", ""), domains) if domains else ""
    if bucket:
        return bucket.encode(), path
    name, _, key = path.partition(b"/")
    return name, key


def parse_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by lower-case name; repeated ones are joined by commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = raw_name.decode("latin-1").lower()
        value = _header_text(raw_value)
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _header_text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def without_authority(path: bytes) -> bytes:
    """Drop `http://host` from the absolute form that clients send through proxies."""
    if not path.startswith(_SCHEMES):
        return path
    _, _, rest = path.split(b"//", 1)[1].partition(b"/")
    return b"/" + rest


def _decode(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as error:
        raise S3Refusal(INVALID_URI, "the path is not valid UTF-8") from error


def _parse_query(raw: bytes) -> Mapping[str, str]:
    if not raw:
        return _NOTHING
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_QUERY_PARAMETERS,
        )
    except ValueError as error:
        raise S3Refusal(INVALID_URI, "the query cannot be decoded") from error
    return dict(pairs)


def _hoist(
    headers: Mapping[str, str], query: Mapping[str, str]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Add the headers that presigned URLs carry as parameters; real ones win.

    Return the headers, and the parameters that are left to select an operation.
    """
    if not query:
        return headers, query
    in_v2 = V2_HOISTED if "AWSAccessKeyId" in query else frozenset[str]()
    hoisted = {}
    left = {}
    for name, value in query.items():
        lower = name.lower()
        is_amazons = lower.startswith("x-amz-") and lower not in _NOT_HOISTED
        if is_amazons or lower in in_v2:
            hoisted[lower] = _header_of(name, value)
        if lower not in in_v2:
            left[name] = value
    return {**hoisted, **headers} if hoisted else headers, left


def _header_of(name: str, value: str) -> str:
    """Return a value that a header could have: by a line end, it would pass for several headers."""
    if _LINE_ENDS.search(value):
        raise invalid_argument(name, value, "that can be no header")
    return value
