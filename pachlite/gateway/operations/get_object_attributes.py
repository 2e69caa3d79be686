"""GetObjectAttributes: what HEAD tells and what parts an object has, as a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.dates import http_date
from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal, invalid_argument
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_headers import STORAGE_CLASS, checksum_elements
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.parameters import integer, page_size, version_of
from pachlite.gateway.xml import XML_HEADERS, document, element, group
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import FileInfo, PartSize

HEADER: Final = "x-amz-object-attributes"


def get_object_attributes(pfs: PFS, request: S3Request) -> S3Response:
    """Answer the attributes that the request names."""
    file = parse_bucket(request.bucket).file(request.key)
    check_bucket(pfs, request.bucket)
    wanted = _wanted(request.headers)
    info = pfs.inspect_file(file, version=version_of(request))
    body = document(
        "GetObjectAttributesResponse",
        *(render(info, request.headers) for name, render in _ATTRIBUTES.items() if name in wanted),
    )
    headers = [
        *XML_HEADERS,
        ("last-modified", http_date(info.modified_at)),
        ("x-amz-version-id", info.version_id),
    ]
    return S3Response(headers=headers, body=body)


def _wanted(headers: Mapping[str, str]) -> set[str]:
    text = headers.get(HEADER, "")
    if not text.strip():
        raise S3Refusal(
            INVALID_REQUEST,
            f"The {HEADER} header specifying the attributes to be retrieved is either missing or "
            "empty",
        )
    names = {name.strip() for name in text.split(",")}
    if not names <= set(_ATTRIBUTES):
        raise invalid_argument(HEADER, text, "Invalid attribute name specified.")
    return names


def _checksum(info: FileInfo, _headers: Mapping[str, str]) -> str:
    if not info.checksums:
        return ""
    return group("Checksum", *checksum_elements(info, has_count=False))


def _parts(info: FileInfo, headers: Mapping[str, str]) -> str:
    if not info.parts:
        return ""
    limit = page_size(headers, "x-amz-max-parts")
    after = integer(headers, "x-amz-part-number-marker", 0)
    behind = [part for part in info.parts if part.number > after]
    page = behind[:limit]
    return group(
        "ObjectParts",
        element("PartsCount", len(info.parts)),
        element("PartNumberMarker", after),
        element("NextPartNumberMarker", page[-1].number if page else 0),
        element("MaxParts", limit),
        element("IsTruncated", len(page) < len(behind)),
        *map(_part, page),
    )


def _part(part: PartSize) -> str:
    checksum = ""
    if part.checksum:
        checksum = element(f"Checksum{part.checksum.algorithm}", part.checksum.value)
    return group(
        "Part", element("PartNumber", part.number), element("Size", part.size_bytes), checksum
    )


_ATTRIBUTES: Final[dict[str, Callable[[FileInfo, Mapping[str, str]], str]]] = {
    "ETag": lambda info, _: element("ETag", info.etag),
    "Checksum": _checksum,
    "ObjectParts": _parts,
    "StorageClass": lambda _info, _headers: element("StorageClass", STORAGE_CLASS),
    "ObjectSize": lambda info, _: element("ObjectSize", info.size_bytes),
}
