"""CopyObject: by reference, no byte moves."""

from __future__ import annotations

from collections.abc import Mapping

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.conditions import parse_precondition
from pachlite.gateway.copy_source import check_source, parse_copy_source
from pachlite.gateway.dates import xml_date
from pachlite.gateway.errors import INVALID_ARGUMENT, INVALID_REQUEST, S3Refusal
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_headers import (
    check_supported,
    checksum_elements,
    read_meta,
    read_tags,
)
from pachlite.gateway.xml import XML_HEADERS, document, element
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import CopyOptions, FileInfo

_DIRECTIVES = frozenset({"COPY", "REPLACE"})


def copy_object(pfs: PFS, request: S3Request) -> S3Response:
    """Copy an object, keeping or replacing its metadata and tags."""
    target = parse_bucket(request.bucket).writable_file(request.key)
    check_supported(request.headers)
    source = parse_copy_source(request.headers["x-amz-copy-source"])
    replaces_meta = _replaces(request.headers, "x-amz-metadata-directive")
    replaces_tags = _replaces(request.headers, "x-amz-tagging-directive")
    if source.file == target and not (source.version or replaces_meta or replaces_tags):
        raise S3Refusal(
            INVALID_REQUEST,
            "an object cannot be copied onto itself without a change",
            hint="set x-amz-metadata-directive: REPLACE to change its metadata",
        )
    options = CopyOptions(
        meta=read_meta(request.headers) if replaces_meta else None,
        tags=read_tags(request.headers) if replaces_tags else None,
        version=source.version,
    )
    info = pfs.copy_file(
        check_source(pfs, request, source),
        target,
        options,
        precondition=parse_precondition(request.headers),
    )
    return _answer(info, source.version)


def _answer(info: FileInfo, source_version: str) -> S3Response:
    headers = [*XML_HEADERS, ("x-amz-version-id", info.version_id)]
    if source_version:
        headers.append(("x-amz-copy-source-version-id", source_version))
    body = document(
        "CopyObjectResult",
        element("LastModified", xml_date(info.modified_at)),
        element("ETag", f'"{info.etag}"'),
        *checksum_elements(info),
    )
    return S3Response(headers=headers, body=body)


def _replaces(headers: Mapping[str, str], name: str) -> bool:
    directive = headers.get(name, "COPY").upper()
    if directive not in _DIRECTIVES:
        raise S3Refusal(INVALID_ARGUMENT, f"{name} is COPY or REPLACE")
    return directive == "REPLACE"
