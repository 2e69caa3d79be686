"""What is known of an object, as headers: read from requests, rendered into responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from pachlite.gateway.checksums import HEADER_PREFIX
from pachlite.gateway.dates import http_date
from pachlite.gateway.errors import (
    INVALID_ARGUMENT,
    INVALID_REQUEST,
    INVALID_STORAGE_CLASS,
    INVALID_TAG,
    METADATA_TOO_LARGE,
    NOT_IMPLEMENTED,
    S3Code,
    S3Refusal,
)
from pachlite.gateway.xml import element
from pachlite.pfs.infos import NO_PAIRS, Checksum, FileInfo, FileMeta, SumType

DEFAULT_CONTENT_TYPE: Final = "binary/octet-stream"
STORAGE_CLASS: Final = "STANDARD"
META_PREFIX: Final = "x-amz-meta-"
MAX_USER_META_BYTES: Final = 2048
MAX_TAGS: Final = 10
MAX_TAG_KEY: Final = 128
MAX_TAG_VALUE: Final = 256

_OVERRIDES: Final = {
    "response-cache-control": "cache-control",
    "response-content-disposition": "content-disposition",
    "response-content-encoding": "content-encoding",
    "response-content-language": "content-language",
    "response-content-type": "content-type",
    "response-expires": "expires",
}
OVERRIDE_PARAMETERS: Final = frozenset(_OVERRIDES)

# Headers that ask for something which is not done, so that ignoring them would mislead. Those that
# grant access or choose the default (canned ACLs, SSE-S3) are ignored: they change nothing here.
_REFUSED_PREFIXES: Final[dict[str, tuple[S3Code, str]]] = {
    "x-amz-server-side-encryption-": (NOT_IMPLEMENTED, "encryption with keys of customers or KMS"),
    "x-amz-copy-source-server-side-encryption-": (NOT_IMPLEMENTED, "encryption with customer keys"),
    "x-amz-object-lock-": (INVALID_REQUEST, "object lock"),
    "x-amz-website-redirect-location": (NOT_IMPLEMENTED, "redirecting objects"),
    "x-amz-write-offset-bytes": (NOT_IMPLEMENTED, "appending to objects over S3"),
    "x-amz-if-match-": (NOT_IMPLEMENTED, "conditions on time or size"),
}


def check_supported(headers: Mapping[str, str]) -> None:
    """Raise when a write asks for something that would silently not happen."""
    storage_class = headers.get("x-amz-storage-class", STORAGE_CLASS)
    if storage_class != STORAGE_CLASS:
        raise S3Refusal(INVALID_STORAGE_CLASS, f"the only storage class is {STORAGE_CLASS}")
    if headers.get("x-amz-server-side-encryption", "AES256") != "AES256":
        raise S3Refusal(NOT_IMPLEMENTED, "encryption with keys of a KMS is not supported")
    for name in headers:
        if not name.startswith("x-amz-"):
            continue
        for prefix, (code, what) in _REFUSED_PREFIXES.items():
            if name.startswith(prefix):
                raise S3Refusal(code, f"{what} is not supported (header {name})")


def read_meta(headers: Mapping[str, str]) -> FileMeta:
    """Collect the metadata that is stored with an object."""
    return FileMeta(
        content_type=headers.get("content-type", ""),
        cache_control=headers.get("cache-control", ""),
        content_disposition=headers.get("content-disposition", ""),
        content_encoding=_content_encoding(headers.get("content-encoding", "")),
        content_language=headers.get("content-language", ""),
        expires=headers.get("expires", ""),
        user=_user_meta(headers),
    )


def read_tags(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Parse `x-amz-tagging`, which has the form of a query."""
    text = headers.get("x-amz-tagging", "")
    if not text:
        return NO_PAIRS
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise S3Refusal(INVALID_ARGUMENT, "x-amz-tagging must have the form a=b&c=d") from error
    if len(pairs) > MAX_TAGS or len(dict(pairs)) < len(pairs):
        raise S3Refusal(INVALID_TAG, f"an object has at most {MAX_TAGS} tags, with distinct keys")
    if any(not 0 < len(key) <= MAX_TAG_KEY or len(value) > MAX_TAG_VALUE for key, value in pairs):
        raise S3Refusal(
            INVALID_TAG,
            f"a tag has a key of 1 to {MAX_TAG_KEY} characters and a value of "
            f"at most {MAX_TAG_VALUE}",
        )
    return dict(pairs)


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
        "x-amz-version-id": info.version_id,
    }
    for parameter, value in query.items():
        if parameter in _OVERRIDES:
            shown[_OVERRIDES[parameter]] = _checked_override(parameter, value)
    headers = [pair for pair in shown.items() if pair[1]]
    headers += [(META_PREFIX + name, value) for name, value in meta.user.items()]
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


def checksum_elements(info: FileInfo) -> list[str]:
    """Render the checksums of a whole object as XML."""
    elements = [
        element(f"Checksum{sum_.algorithm}", checksum_value(sum_, len(info.parts)))
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


def _user_meta(headers: Mapping[str, str]) -> Mapping[str, str]:
    user = {
        name.removeprefix(META_PREFIX): value
        for name, value in headers.items()
        if name.startswith(META_PREFIX)
    }
    size = sum(len(name) + len(value.encode()) for name, value in user.items())
    if size > MAX_USER_META_BYTES:
        raise S3Refusal(
            METADATA_TOO_LARGE,
            f"user metadata has {size} bytes, the limit is {MAX_USER_META_BYTES}",
        )
    return user or NO_PAIRS


def _checked_override(parameter: str, value: str) -> str:
    if not value.isprintable():
        raise S3Refusal(INVALID_ARGUMENT, f"{parameter} contains control characters")
    return value
