"""Conditional requests: If-Match and its three sisters, in the order of RFC 9110. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pachlite.errors import PreconditionFailed
from pachlite.gateway.dates import parse_http_date, parse_moment
from pachlite.gateway.errors import invalid_argument
from pachlite.pfs.infos import NO_PRECONDITION, FileInfo, Precondition

COPY_SOURCE_PREFIX: Final = "x-amz-copy-source-"

_ETAG: Final = re.compile(r'(?:W/)?"([^"]*)"|([^\s,"]+)')


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a reader asks of the object; empty and None mean that it does not."""

    if_match: tuple[str, ...] = ()
    if_none_match: tuple[str, ...] = ()
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None


UNCONDITIONAL: Final = Conditions()


def parse_etags(header: str) -> tuple[str, ...]:
    """Return the ETags of a list, without quotes. `*` stays `*`."""
    return tuple(quoted or bare for quoted, bare in _ETAG.findall(header))


def parse_conditions(headers: Mapping[str, str], *, prefix: str = "") -> Conditions:
    """Read the four headers, or with a prefix those about the source of a copy."""
    if not any(name.startswith(f"{prefix}if-") for name in headers):
        return UNCONDITIONAL
    return Conditions(
        if_match=parse_etags(headers.get(f"{prefix}if-match", "")),
        if_none_match=parse_etags(headers.get(f"{prefix}if-none-match", "")),
        if_modified_since=parse_http_date(headers.get(f"{prefix}if-modified-since", "")),
        if_unmodified_since=parse_http_date(headers.get(f"{prefix}if-unmodified-since", "")),
    )


def parse_precondition(headers: Mapping[str, str]) -> Precondition:
    """Read the two headers that a write may carry."""
    if "if-match" not in headers and "if-none-match" not in headers:
        return NO_PRECONDITION
    return Precondition(
        if_match=parse_etags(headers.get("if-match", "")),
        if_none_match=parse_etags(headers.get("if-none-match", "")),
    )


def parse_deletion_precondition(headers: Mapping[str, str]) -> Precondition:
    """Read the headers that a deletion may carry."""
    return deletion_precondition(
        headers.get("if-match", ""),
        headers.get("x-amz-if-match-last-modified-time", ""),
        headers.get("x-amz-if-match-size", ""),
    )


def deletion_precondition(etags: str, modified: str, size: str) -> Precondition:
    """Return what must hold of an object that is deleted; empty texts ask nothing."""
    if not etags and not modified and not size:
        return NO_PRECONDITION
    if size and not (size.isascii() and size.isdigit()):
        raise invalid_argument("x-amz-if-match-size", size, "the size is no whole number")
    modified_at = parse_moment(modified)
    if modified and modified_at is None:
        name = "x-amz-if-match-last-modified-time"
        raise invalid_argument(name, modified, "the time is none")
    return Precondition(
        if_match=parse_etags(etags),
        modified_at=modified_at,
        size_bytes=int(size) if size else None,
    )


def is_modified(conditions: Conditions, info: FileInfo) -> bool:
    """Say whether the reader needs the object; False means 304 for GET and HEAD.

    A date counts only where the corresponding ETag condition is absent.

    Raises:
        PreconditionFailed: If-Match or If-Unmodified-Since does not hold.
    """
    if conditions is UNCONDITIONAL:
        return True
    modified_at = info.modified_at.replace(microsecond=0)
    if conditions.if_match:
        if not _fits(conditions.if_match, info.etag):
            raise PreconditionFailed("If-Match")
    elif conditions.if_unmodified_since and modified_at > conditions.if_unmodified_since:
        raise PreconditionFailed("If-Unmodified-Since")
    if conditions.if_none_match:
        return not _fits(conditions.if_none_match, info.etag)
    since = conditions.if_modified_since
    return since is None or modified_at > since


def check_copy_source(conditions: Conditions, info: FileInfo) -> None:
    """Raise `PreconditionFailed` unless all conditions about the source of a copy hold."""
    if not is_modified(conditions, info):
        raise PreconditionFailed("x-amz-copy-source-if-none-match or -if-modified-since")


def range_applies(if_range: str, info: FileInfo) -> bool:
    """Say whether If-Range, an ETag or a date, allows to send a part of the object."""
    if not if_range:
        return True
    since = parse_http_date(if_range)
    if since is not None:
        return info.modified_at.replace(microsecond=0) == since
    return not if_range.startswith("W/") and _fits(parse_etags(if_range), info.etag)


def _fits(etags: tuple[str, ...], etag: str) -> bool:
    return "*" in etags or etag in etags
