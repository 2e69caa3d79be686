"""GetObject and HeadObject: one plan for both, so that they cannot disagree."""

from __future__ import annotations

from dataclasses import dataclass

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.conditions import is_modified, parse_conditions, range_applies
from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal, invalid_argument
from pachlite.gateway.messages import Download, Headers, S3Request, S3Response
from pachlite.gateway.object_headers import (
    CUSTOMER_KEY_PREFIX,
    ENCRYPTION,
    checksum_headers,
    object_headers,
    part_checksum_headers,
)
from pachlite.gateway.parameters import part_number, version_of
from pachlite.gateway.ranges import ByteRange, parse_range, part_range
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import FileInfo
from pachlite.pfs.refs import FileRef


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to answer about an object. `length` is 0 when there is nothing to send."""

    status: int
    headers: Headers
    offset: int
    length: int


def get_object(pfs: PFS, request: S3Request) -> S3Response:
    """Answer an object, a range of it, or that it has not changed."""
    file = _file(request)
    reader = pfs.get_file(file, version=version_of(request))
    try:
        plan = _plan(reader.info, request)
    except BaseException:
        reader.close()
        raise
    if not plan.length:
        reader.close()
        return S3Response(plan.status, plan.headers)
    download = Download(reader, plan.offset, plan.length)
    return S3Response(plan.status, plan.headers, download=download)


def head_object(pfs: PFS, request: S3Request) -> S3Response:
    """Answer what GET would, without opening the content."""
    file = _file(request)
    plan = _plan(pfs.inspect_file(file, version=version_of(request)), request)
    return S3Response(plan.status, plan.headers, length=plan.length)


def _file(request: S3Request) -> FileRef:
    """Return what is read, once all that is asked of it makes sense."""
    if "partNumber" in request.query:
        part_number(request.query)
        if "range" in request.headers:
            raise S3Refusal(
                INVALID_REQUEST,
                "Cannot specify both Range header and partNumber query parameter",
            )
    if ENCRYPTION in request.headers:
        raise invalid_argument(
            ENCRYPTION,
            request.headers[ENCRYPTION],
            f"{ENCRYPTION} header is not supported for this operation.",
        )
    if any(name.startswith(CUSTOMER_KEY_PREFIX) for name in request.headers):
        raise S3Refusal(
            INVALID_REQUEST, "The encryption parameters are not applicable to this object."
        )
    return parse_bucket(request.bucket).file(request.key)


def _plan(info: FileInfo, request: S3Request) -> _Plan:
    headers = object_headers(info, request.query)
    if not is_modified(parse_conditions(request.headers), info):
        kept = {"etag", "last-modified", "cache-control", "expires", "x-amz-version-id"}
        return _Plan(304, [pair for pair in headers if pair[0] in kept], 0, 0)
    wanted = _wanted_range(info, request)
    if info.parts and "partNumber" in request.query:
        headers.append(("x-amz-mp-parts-count", str(len(info.parts))))
    if request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        headers += _checksums(info, request, wanted)
    if wanted is None or not wanted.size_bytes:
        return _Plan(200, headers, 0, info.size_bytes)
    headers.append(("content-range", wanted.content_range))
    return _Plan(206, headers, wanted.offset, wanted.length)


def _checksums(
    info: FileInfo, request: S3Request, wanted: ByteRange | None
) -> list[tuple[str, str]]:
    """Return the checksum of what is sent: the whole, or a part by its number, but no range."""
    if wanted is None or wanted.length == info.size_bytes:
        return checksum_headers(info)
    if "partNumber" not in request.query:
        return []
    number = part_number(request.query)
    part = next((part for part in info.parts if part.number == number), None)
    return part_checksum_headers(info, part) if part else []


def _wanted_range(info: FileInfo, request: S3Request) -> ByteRange | None:
    header = request.headers.get("range", "")
    if "partNumber" in request.query:
        return part_range(part_number(request.query), info.parts, info.size_bytes)
    if not header or not range_applies(request.headers.get("if-range", ""), info):
        return None
    return parse_range(header, info.size_bytes)
