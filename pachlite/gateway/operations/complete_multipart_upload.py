"""CompleteMultipartUpload: the parts become one object and one commit, by reference."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from pachlite.gateway.body import header_checksums, header_length
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.checksums import ALGORITHMS
from pachlite.gateway.conditions import parse_precondition
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_headers import checksum_elements
from pachlite.gateway.parameters import MAX_PART_NUMBER
from pachlite.gateway.xml import XML_HEADERS, MalformedDocument, document, element, parse, text_of
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import Checksum, CompletedPart, Expected, FileInfo


def complete_multipart_upload(pfs: PFS, request: S3Request) -> S3Response:
    """Assemble the parts; the same request again answers the same."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    declared = header_checksums(request.headers)
    info = pfs.complete_upload(
        file,
        request.query["uploadId"],
        parse_parts(request.document),
        expected=Expected(
            size_bytes=header_length(request.headers, "x-amz-mp-object-size"),
            checksums=tuple(Checksum(name, value) for name, value in declared.items()),
        ),
        precondition=parse_precondition(request.headers),
    )
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
    if not (number.isascii() and number.isdigit() and len(number) <= len(str(MAX_PART_NUMBER))):
        raise MalformedDocument("a part needs a PartNumber")
    if not etag:
        raise MalformedDocument(f"part {number} needs an ETag")
    checksums = tuple(
        Checksum(name, value)
        for name in ALGORITHMS
        if (value := text_of(node, f"Checksum{name}").strip())
    )
    return CompletedPart(int(number), etag, checksums)


def _render(info: FileInfo, request: S3Request) -> bytes:
    host = request.headers.get("host", "")
    return document(
        "CompleteMultipartUploadResult",
        element("Location", f"http://{host}{request.resource}"),
        element("Bucket", request.bucket),
        element("Key", request.key),
        element("ETag", f'"{info.etag}"'),
        *checksum_elements(info),
    )
