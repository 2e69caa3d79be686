"""ListParts: what has arrived of an upload."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.dates import xml_date
from pachlite.gateway.listing import INITIATOR, OWNER
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_headers import STORAGE_CLASS
from pachlite.gateway.parameters import encoder, integer, page_size
from pachlite.gateway.xml import XML_HEADERS, document, element, group
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import PartInfo, PartPage


def list_parts(pfs: PFS, request: S3Request) -> S3Response:
    """Answer a page of parts by number."""
    query = request.query
    file = parse_bucket(request.bucket).writable_file(request.key)
    upload = pfs.inspect_upload(file, query["uploadId"])
    limit = page_size(query, "max-parts")
    marker = integer(query, "part-number-marker", 0)
    page = pfs.list_part(file, upload.id, after=marker, limit=limit) if limit else PartPage(())
    body = document(
        "ListPartsResult",
        element("Bucket", request.bucket),
        element("Key", encoder(query)(request.key)),
        element("UploadId", upload.id),
        INITIATOR,
        OWNER,
        element("StorageClass", STORAGE_CLASS),
        element("PartNumberMarker", marker),
        element("NextPartNumberMarker", page.parts[-1].number if page.parts else marker),
        element("MaxParts", limit),
        element("IsTruncated", page.is_truncated),
        element("ChecksumAlgorithm", upload.sum_algorithm or "null"),
        element("ChecksumType", upload.sum_type.value if upload.sum_algorithm else "null"),
        *(_render(part, upload.sum_algorithm) for part in page.parts),
    )
    return S3Response(headers=XML_HEADERS, body=body)


def _render(part: PartInfo, algorithm: str) -> str:
    """Show no checksum that nobody asked for."""
    return group(
        "Part",
        element("PartNumber", part.number),
        element("LastModified", xml_date(part.modified_at)),
        element("ETag", f'"{part.etag}"'),
        element("Size", part.size_bytes),
        *(
            element(f"Checksum{each.algorithm}", each.value)
            for each in part.checksums
            if each.algorithm == algorithm
        ),
    )
