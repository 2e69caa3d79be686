"""CompleteMultipartUpload: the parts become one object and one commit, by reference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from pachlite.errors import DigestMismatch
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.checksums import (
    TYPE_HEADER,
    ChecksumMismatch,
    check_value,
    header_checksums,
    is_value,
    parse_sum_type,
)
from pachlite.gateway.conditions import parse_precondition
from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal, invalid_argument
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_headers import checksum_elements
from pachlite.gateway.parameters import MAX_PART_NUMBER
from pachlite.gateway.xml import XML_HEADERS, MalformedDocument, document, element, parse, text_of
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import Checksum, CompletedPart, Expected, FileInfo
from pachlite.pfs.sums import ALGORITHMS

SIZE_HEADER: Final = "x-amz-mp-object-size"
_NUMBER: Final = re.compile("-?[0-9]{1,18}")
_PART_COUNT: Final = re.compile("-[0-9]{1,5}$")


def complete_multipart_upload(pfs: PFS, request: S3Request) -> S3Response:
    """Assemble the parts; the same request again answers the same."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    parts = parse_parts(request.document)
    sum_type = parse_sum_type(request.headers.get(TYPE_HEADER, ""))
    expected = Expected(
        size_bytes=_object_size(request.headers.get(SIZE_HEADER)),
        checksums=_whole_sum(request.headers),
    )
    try:
        info = pfs.complete_upload(
            file,
            request.query["uploadId"],
            parts,
            expected=expected,
            sum_type=sum_type or "",
            precondition=parse_precondition(request.headers),
        )
    except DigestMismatch as error:
        raise ChecksumMismatch(error.algorithm, error.expected, error.actual) from error
    return S3Response(
        headers=[*XML_HEADERS, ("x-amz-version-id", info.version_id)],
        body=_render(info, request),
    )


def parse_parts(text: bytes) -> list[CompletedPart]:
    """Read the parts that the object is made of, in the order given."""
    nodes = parse(text, "CompleteMultipartUpload").findall("Part")
    if not 0 < len(nodes) <= MAX_PART_NUMBER:
        raise MalformedDocument(f"an object has 1 to {MAX_PART_NUMBER} parts")
    return [_parse_part(node) for node in nodes]


def _parse_part(node: Element) -> CompletedPart:
    number = text_of(node, "PartNumber").strip()
    etag = text_of(node, "ETag").strip().strip('"')
    if not _NUMBER.fullmatch(number):
        raise MalformedDocument("a part needs a PartNumber")
    if not 1 <= int(number) <= MAX_PART_NUMBER:
        raise invalid_argument("PartNumber", number, "PartNumber must be >= 1")
    if not etag:
        raise MalformedDocument(f"part {number} needs an ETag")
    return CompletedPart(int(number), etag, _part_sums(node))


def _part_sums(node: Element) -> tuple[Checksum, ...]:
    found = {name: text_of(node, f"Checksum{name}").strip() for name in ALGORITHMS}
    named = [Checksum(name, value) for name, value in found.items() if value]
    if len(named) > 1 or not all(is_value(each.algorithm, each.value) for each in named):
        shown = "".join(f"{each.algorithm}:{each.value};" for each in named)
        raise invalid_argument(
            "PartChecksum", shown, "Invalid Base64 or multiple checksums present in request"
        )
    return tuple(named)


def _whole_sum(headers: Mapping[str, str]) -> tuple[Checksum, ...]:
    """Return the declared checksum of the object, which may end in the number of its parts."""
    declared = header_checksums(headers)
    for name, value in declared.items():
        check_value(name, _PART_COUNT.sub("", value))
    return tuple(Checksum(name, value) for name, value in declared.items())


def _object_size(text: str | None) -> int | None:
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise S3Refusal(INVALID_REQUEST, f"Value for {SIZE_HEADER} header is invalid: '{text}'")
    if int(text) < 0:
        message = f"Value for {SIZE_HEADER} header is less than zero: '{text}'"
        raise S3Refusal(INVALID_REQUEST, message)
    return int(text)


def _render(info: FileInfo, request: S3Request) -> bytes:
    host = request.headers.get("host", "")
    return document(
        "CompleteMultipartUploadResult",
        element("Location", f"{request.scheme}://{host}{request.resource}"),
        element("Bucket", request.bucket),
        element("Key", request.key),
        element("ETag", f'"{info.etag}"'),
        *checksum_elements(info),
    )
