"""CopyObject: by reference, no byte moves. Only a checksum that is not there yet takes reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pachlite.gateway.body import BodyDecoder, DeclaredBody
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.checksums import find_algorithm, find_checksum
from pachlite.gateway.conditions import parse_precondition
from pachlite.gateway.copy_source import COPY_SOURCE, FoundSource, find_source, parse_copy_source
from pachlite.gateway.dates import xml_date
from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal, invalid_argument
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_headers import REDIRECT_HEADER, checksum_elements, read_meta
from pachlite.gateway.object_tags import read_tags
from pachlite.gateway.write_headers import check_supported, encryption_headers
from pachlite.gateway.xml import XML_HEADERS, document, element
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import Checksum, CopyOptions, FileInfo, FileMeta, SumType

ALGORITHM_HEADER: Final = "x-amz-checksum-algorithm"
_DIRECTIVES: Final = {"x-amz-metadata-directive": "metadata", "x-amz-tagging-directive": "tagging"}
_CHANGES: Final = frozenset({ALGORITHM_HEADER, REDIRECT_HEADER})
"""Headers that make a copy onto itself a change."""


def copy_object(pfs: PFS, request: S3Request) -> S3Response:
    """Copy an object, keeping or replacing its metadata and tags."""
    target = parse_bucket(request.bucket).writable_file(request.key)
    headers = request.headers
    check_supported(headers)
    source = parse_copy_source(headers[COPY_SOURCE])
    replaced = {name for name in _DIRECTIVES if _replaces(headers, name)}
    if source.file == target and not (source.version or replaced or _CHANGES & headers.keys()):
        raise S3Refusal(
            INVALID_REQUEST,
            "This copy request is illegal because it is trying to copy an object to itself "
            "without changing the object's metadata, storage class, website redirect location or "
            "encryption attributes.",
        )
    algorithm = headers.get(ALGORITHM_HEADER, "")
    meta = read_meta(headers)  # whatever is kept of it: it must make sense
    tags = read_tags(headers) if "x-amz-tagging-directive" in replaced else None
    algorithm = find_algorithm(algorithm) if algorithm else ""
    found = find_source(pfs, request, source)
    options = CopyOptions(
        meta=meta if "x-amz-metadata-directive" in replaced else _kept_meta(found.info, meta),
        tags=tags,
        version=source.version,
        checksums=_new_sums(pfs, found, algorithm) if algorithm else None,
    )
    precondition = parse_precondition(headers)
    info = pfs.copy_file(found.file, target, options, precondition=precondition)
    return _answer(info, found, request)


def _kept_meta(source: FileInfo, given: FileMeta) -> FileMeta | None:
    """Return the source's metadata, or None to keep all of it.

    Where it redirects is never copied, but may be given; so may an encryption.
    """
    encryption = given.encryption or source.meta.encryption
    kept = replace(source.meta, redirect=given.redirect, encryption=encryption)
    return None if kept == source.meta else kept


def _new_sums(pfs: PFS, source: FoundSource, algorithm: str) -> tuple[Checksum, ...] | None:
    """Return the checksum of the whole by another algorithm; None when the source has it."""
    present = find_checksum(source.info.checksums, algorithm)
    if present is not None and present.type is SumType.FULL_OBJECT:
        return None
    decoder = BodyDecoder(DeclaredBody(), sum_algorithm=algorithm)
    with pfs.get_file(source.file, version=source.version) as reader:
        for block in reader.blocks():
            decoder.feed([block])
    return decoder.finish().checksums


def _answer(info: FileInfo, source: FoundSource, request: S3Request) -> S3Response:
    headers = [
        *XML_HEADERS,
        *encryption_headers(request.headers),
        ("x-amz-version-id", info.version_id),
        ("x-amz-copy-source-version-id", source.info.version_id),
    ]
    body = document(
        "CopyObjectResult",
        element("LastModified", xml_date(info.modified_at)),
        element("ETag", f'"{info.etag}"'),
        *checksum_elements(info),
    )
    return S3Response(headers=headers, body=body)


def _replaces(headers: Mapping[str, str], name: str) -> bool:
    directive = headers.get(name, "COPY")
    if directive not in {"COPY", "REPLACE"}:
        raise invalid_argument(name, directive, f"Unknown {_DIRECTIVES[name]} directive.")
    return directive == "REPLACE"
