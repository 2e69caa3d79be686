"""What is known of an object, as headers: read from requests, rendered into responses."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Final

from pachlite.gateway.checksums import HEADER_PREFIX
from pachlite.gateway.dates import http_date
from pachlite.gateway.errors import (
    INVALID_ARGUMENT,
    METADATA_TOO_LARGE,
    S3Code,
    S3Refusal,
    invalid_argument,
)
from pachlite.gateway.xml import element
from pachlite.pfs.infos import NO_PAIRS, Checksum, FileInfo, FileMeta, PartSize, SumType

DEFAULT_CONTENT_TYPE: Final = "binary/octet-stream"
STORAGE_CLASS: Final = "STANDARD"
META_PREFIX: Final = "x-amz-meta-"
MAX_USER_META_BYTES: Final = 2048
MAX_USER_META_ENTRIES: Final = 80
_TOKEN: Final = re.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
REDIRECT_HEADER: Final = "x-amz-website-redirect-location"
ENCRYPTION: Final = "x-amz-server-side-encryption"
CUSTOMER_KEY_PREFIX: Final = f"{ENCRYPTION}-customer-"

INVALID_REDIRECT_LOCATION: Final = S3Code("InvalidRedirectLocation", 400)

_OVERRIDES: Final = {
    "response-cache-control": "cache-control",
    "response-content-disposition": "content-disposition",
    "response-content-encoding": "content-encoding",
    "response-content-language": "content-language",
    "response-content-type": "content-type",
    "response-expires": "expires",
}
OVERRIDE_PARAMETERS: Final = frozenset(_OVERRIDES)


def read_meta(headers: Mapping[str, str]) -> FileMeta:
    """Collect the metadata that is stored with an object."""
    return FileMeta(
        content_type=headers.get("content-type", ""),
        cache_control=headers.get("cache-control", ""),
        content_disposition=headers.get("content-disposition", ""),
        content_encoding=_content_encoding(headers.get("content-encoding", "")),
        content_language=headers.get("content-language", ""),
        expires=headers.get("expires", ""),
        redirect=_redirect(headers.get(REDIRECT_HEADER, "")),
        encryption=headers.get(ENCRYPTION, ""),
        user=_user_meta(headers),
    )


def object_headers(info: FileInfo, query: Mapping[str, str]) -> list[tuple[str, str]]:
    """Render an object; parameters of the request may replace some of what is stored."""
    meta = info.meta
    shown = {
        "etag": f'"{info.etag}"',
        "last-modified": http_date(info.modified_at),
        "accept-ranges": "bytes",
        "content-type": meta.content_type or DEFAULT_CONTENT_TYPE,
        "cache-control": meta.cache_control,
        "content-disposition": meta.content_disposition,
        "content-encoding": meta.content_encoding,
        "content-language": meta.content_language,
        "expires": meta.expires,
        REDIRECT_HEADER: meta.redirect,
        ENCRYPTION: meta.encryption,
        "x-amz-version-id": info.version_id,
    }
    for parameter, value in query.items():
        if parameter in _OVERRIDES:
            shown[_OVERRIDES[parameter]] = _checked_override(parameter, value)
    headers = [pair for pair in shown.items() if pair[1]]
    headers += [(META_PREFIX + name, _encode_words(value)) for name, value in meta.user.items()]
    if info.tags:
        headers.append(("x-amz-tagging-count", str(len(info.tags))))
    return headers


def checksum_headers(info: FileInfo) -> list[tuple[str, str]]:
    """Render the checksums of a whole object."""
    headers = [
        (HEADER_PREFIX + sum_.algorithm.lower(), checksum_value(sum_, len(info.parts)))
        for sum_ in info.checksums
    ]
    if info.checksums:
        headers.append((HEADER_PREFIX + "type", info.checksums[0].type.value))
    return headers


def part_checksum_headers(info: FileInfo, part: PartSize) -> list[tuple[str, str]]:
    """Render the checksum of one part of an object, if it came with one."""
    if part.checksum is None:
        return []
    headers = [(HEADER_PREFIX + part.checksum.algorithm.lower(), part.checksum.value)]
    if info.checksums:
        headers.append((HEADER_PREFIX + "type", info.checksums[0].type.value))
    return headers


def checksum_elements(info: FileInfo, *, has_count: bool = True) -> list[str]:
    """Render the checksums of a whole object as XML, with or without the number of parts."""
    elements = [
        element(f"Checksum{sum_.algorithm}", checksum_value(sum_, len(info.parts)))
        if has_count
        else element(f"Checksum{sum_.algorithm}", sum_.value.partition("-")[0])
        for sum_ in info.checksums
    ]
    if info.checksums:
        elements.append(element("ChecksumType", info.checksums[0].type.value))
    return elements


def checksum_value(checksum: Checksum, part_count: int) -> str:
    """Return the value as shown: one over checksums of parts tells how many there are."""
    if checksum.type is SumType.COMPOSITE and part_count and "-" not in checksum.value:
        return f"{checksum.value}-{part_count}"
    return checksum.value


def written_headers(info: FileInfo) -> list[tuple[str, str]]:
    """Render what every answer to a write tells of the object it made."""
    return [("etag", f'"{info.etag}"'), ("x-amz-version-id", info.version_id)]


def _content_encoding(value: str) -> str:
    """Drop the framing of the request from the encoding of the object."""
    if "aws-chunked" not in value.lower():
        return value
    tokens = [token.strip() for token in value.split(",")]
    return ",".join(token for token in tokens if token and token.lower() != "aws-chunked")


def _redirect(location: str) -> str:
    if location and not location.startswith(("/", "http://", "https://")):
        raise S3Refusal(
            INVALID_REDIRECT_LOCATION,
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
        )
    return location


def _user_meta(headers: Mapping[str, str]) -> Mapping[str, str]:
    user = {
        name.removeprefix(META_PREFIX): _decode_words(value)
        for name, value in headers.items()
        if name.startswith(META_PREFIX)
    }
    for name, value in user.items():
        if not _TOKEN.fullmatch(name):
            raise invalid_argument(META_PREFIX + name, value, "that can be no header")
    if len(user) > MAX_USER_META_ENTRIES:
        raise S3Refusal(
            METADATA_TOO_LARGE,
            f"there are {len(user)} entries of user metadata; many clients cannot read answers "
            f"with more than {MAX_USER_META_ENTRIES}",
        )
    size = sum(len(name) + len(value.encode()) for name, value in user.items())
    if size > MAX_USER_META_BYTES:
        raise S3Refusal(
            METADATA_TOO_LARGE,
            f"user metadata has {size} bytes, the limit is {MAX_USER_META_BYTES}",
        )
    return user or NO_PAIRS


def _decode_words(value: str) -> str:
    """Return metadata as text: what is not ASCII comes encoded by RFC 2047, or as it is."""
    if "=?" not in value:
        return value
    try:
        decoded = str(make_header(decode_header(value)))
        decoded.encode()  # some charsets can say what no text is
    except (HeaderParseError, LookupError, ValueError):
        return value
    return value if decoded.isascii() else decoded


def _encode_words(value: str) -> str:
    """Return metadata as a header carries it: what is not ASCII is encoded by RFC 2047."""
    if value.isascii():
        return value
    return f"=?UTF-8?B?{b64encode(value.encode()).decode('ascii')}?="


def _checked_override(parameter: str, value: str) -> str:
    if not value.isprintable():
        raise S3Refusal(INVALID_ARGUMENT, f"{parameter} contains control characters")
    return value
