"""ListMultipartUploads: what has begun and is neither complete nor aborted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pachlite.gateway.buckets import Bucket, parse_bucket
from pachlite.gateway.dates import xml_date
from pachlite.gateway.errors import invalid_argument
from pachlite.gateway.listing import INITIATOR, OWNER, Encoder, common_prefixes, optional
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_headers import STORAGE_CLASS
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.parameters import encoder, page_size
from pachlite.gateway.xml import XML_HEADERS, document, element, group
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import UploadInfo

_UPLOAD_ID: Final = re.compile(r"[0-9a-f]{32}")
_BEHIND_ALL: Final = "\U0010ffff" * 4  # behind what S3 lists below a prefix


@dataclass(slots=True)
class _Page:
    """A page that is being filled; the markers are those of its last entry."""

    uploads: list[UploadInfo] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    key_marker: str = ""
    upload_marker: str = ""
    is_truncated: bool = False

    def take(self, upload: UploadInfo, prefix: str) -> None:
        """Add an upload, or the common prefix that stands for it."""
        if prefix:
            self.prefixes.append(prefix)
        else:
            self.uploads.append(upload)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.uploads) + len(self.prefixes)


def list_multipart_uploads(pfs: PFS, request: S3Request) -> S3Response:
    """Answer a page of uploads by key, then by age. A commit bucket has none."""
    query = request.query
    encode = encoder(query)
    limit = page_size(query, "max-uploads")
    check_bucket(pfs, request.bucket)
    page = _fill(pfs, request, limit)
    body = document(
        "ListMultipartUploadsResult",
        element("Bucket", request.bucket),
        element("KeyMarker", encode(query.get("key-marker", ""))),
        element("UploadIdMarker", query.get("upload-id-marker", "")),
        optional("NextKeyMarker", encode(page.key_marker) if page.is_truncated else ""),
        optional("NextUploadIdMarker", page.upload_marker if page.is_truncated else ""),
        element("Prefix", encode(query.get("prefix", ""))),
        optional("Delimiter", encode(query.get("delimiter", ""))),
        optional("EncodingType", query.get("encoding-type", "")),
        element("MaxUploads", limit),
        element("IsTruncated", page.is_truncated),
        *(_render(upload, encode) for upload in page.uploads),
        common_prefixes(page.prefixes, encode),
    )
    return S3Response(headers=XML_HEADERS, body=body)


def _fill(pfs: PFS, request: S3Request, limit: int) -> _Page:
    page = _Page()
    bucket = parse_bucket(request.bucket)
    if not limit or bucket.commit_id:
        return page
    for upload in _walk(pfs, bucket, request):
        key = upload.file.path
        prefix = _common_prefix(key, request)
        if prefix and prefix in page.prefixes[-1:]:
            continue
        if page.size == limit:
            page.is_truncated = True
            break
        page.take(upload, prefix)
        page.key_marker, page.upload_marker = prefix or key, "" if prefix else upload.id
    return page


def _walk(pfs: PFS, bucket: Bucket, request: S3Request) -> Iterator[UploadInfo]:
    path = request.query.get("key-marker", "")
    upload_id = _upload_marker(request) if path else ""
    if path and _common_prefix(path, request) == path:
        path += _BEHIND_ALL  # a whole prefix has been listed
    while True:
        page = pfs.list_upload(
            bucket.commit,
            prefix=request.query.get("prefix", ""),
            after_path=path,
            after_upload=upload_id,
        )
        yield from page.uploads
        if not page.is_truncated:
            return
        path, upload_id = page.uploads[-1].file.path, page.uploads[-1].id


def _upload_marker(request: S3Request) -> str:
    marker = request.query.get("upload-id-marker", "")
    if marker and not _UPLOAD_ID.fullmatch(marker):
        raise invalid_argument("upload-id-marker", marker, "Invalid uploadId marker")
    return marker


def _common_prefix(key: str, request: S3Request) -> str:
    """Return the text up to and with the delimiter behind the prefix; empty when there is none."""
    prefix, delimiter = request.query.get("prefix", ""), request.query.get("delimiter", "")
    position = key.find(delimiter, len(prefix)) if delimiter else -1
    return key[: position + len(delimiter)] if position >= 0 else ""


def _render(upload: UploadInfo, encode: Encoder) -> str:
    return group(
        "Upload",
        element("Key", encode(upload.file.path)),
        element("UploadId", upload.id),
        INITIATOR,
        OWNER,
        element("StorageClass", STORAGE_CLASS),
        element("Initiated", xml_date(upload.started_at)),
        optional("ChecksumAlgorithm", upload.sum_algorithm),
        optional("ChecksumType", upload.sum_type.value if upload.sum_algorithm else ""),
    )
