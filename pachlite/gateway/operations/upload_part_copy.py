"""UploadPartCopy: a part from a range of a stored object, by reference where that will do."""

from __future__ import annotations

from dataclasses import dataclass

from pachlite.gateway.body import BodyDecoder, DeclaredBody
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.copy_source import COPY_SOURCE, CopySource, find_source, parse_copy_source
from pachlite.gateway.dates import xml_date
from pachlite.gateway.errors import invalid_argument
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.parameters import part_number
from pachlite.gateway.ranges import parse_copy_range
from pachlite.gateway.xml import XML_HEADERS, document, element
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import PartInfo
from pachlite.pfs.refs import FileRef


@dataclass(frozen=True, slots=True)
class _Source:
    """Bytes of a stored object: all from `offset` on when `length` is None."""

    file: FileRef
    version: str
    version_id: str
    offset: int
    length: int | None


@dataclass(frozen=True, slots=True)
class _Target:
    """A part of an upload."""

    file: FileRef
    upload_id: str
    number: int


def upload_part_copy(pfs: PFS, request: S3Request) -> S3Response:
    """Fill a part. An upload with checksums needs one of the part: then its bytes are read."""
    check_bucket(pfs, request.bucket)
    target = _Target(
        parse_bucket(request.bucket).writable_file(request.key),
        request.query["uploadId"],
        part_number(request.query),
    )
    parsed = parse_copy_source(request.headers[COPY_SOURCE])
    algorithm = pfs.inspect_upload(target.file, target.upload_id).sum_algorithm
    source = _read_source(pfs, request, parsed)
    if algorithm:
        part = _copy_bytes(pfs, source, target, algorithm)
    else:
        part = _copy_reference(pfs, source, target)
    headers = [*XML_HEADERS, ("x-amz-copy-source-version-id", source.version_id)]
    return S3Response(headers=headers, body=_render(part))


def _read_source(pfs: PFS, request: S3Request, source: CopySource) -> _Source:
    header = request.headers.get("x-amz-copy-source-range", "")
    wanted = parse_copy_range(header) if header else None
    found = find_source(pfs, request, source)
    version_id = found.info.version_id
    if wanted is None:
        return _Source(found.file, found.version, version_id, 0, None)
    offset, length = wanted
    if offset + length > found.info.size_bytes:
        raise invalid_argument(
            "x-amz-copy-source-range",
            header,
            f"Range specified is not valid for source object of size: {found.info.size_bytes}",
        )
    return _Source(found.file, found.version, version_id, offset, length)


def _copy_reference(pfs: PFS, source: _Source, target: _Target) -> PartInfo:
    return pfs.copy_part(
        target.file,
        target.upload_id,
        target.number,
        source.file,
        version=source.version,
        offset=source.offset,
        length=source.length,
    )


def _copy_bytes(pfs: PFS, source: _Source, target: _Target, algorithm: str) -> PartInfo:
    decoder = BodyDecoder(DeclaredBody(), sum_algorithm=algorithm)
    with (
        pfs.get_file(source.file, version=source.version) as reader,
        pfs.put_part(target.file, target.upload_id, target.number) as writer,
    ):
        for block in reader.blocks(source.offset, source.length):
            writer.write(decoder.feed([block]))
        return writer.complete(decoder.finish())


def _render(part: PartInfo) -> bytes:
    return document(
        "CopyPartResult",
        element("LastModified", xml_date(part.modified_at)),
        element("ETag", f'"{part.etag}"'),
        *(element(f"Checksum{each.algorithm}", each.value) for each in part.checksums),
    )
