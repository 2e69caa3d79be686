"""ListObjectVersions: a version per commit that changed a key, newest first."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.dates import xml_date
from pachlite.gateway.errors import invalid_argument
from pachlite.gateway.listing import OWNER, Encoder, common_prefixes, is_prefix, optional, sum_kind
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.parameters import encoder, page_size
from pachlite.gateway.xml import XML_HEADERS, document, element, group
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import FileInfo, VersionPage


def list_object_versions(pfs: PFS, request: S3Request) -> S3Response:
    """Answer a page of versions and delete markers, by key."""
    query = request.query
    encode = encoder(query)
    if query.get("max-keys", "").startswith("-"):
        raise invalid_argument("maxKeys", query["max-keys"], "max-keys cannot be negative")
    limit = page_size(query, "max-keys")
    page = _list_page(pfs, request, limit)
    body = document(
        "ListVersionsResult",
        element("Name", request.bucket),
        element("Prefix", encode(query.get("prefix", ""))),
        element("KeyMarker", encode(query.get("key-marker", ""))),
        element("VersionIdMarker", query.get("version-id-marker", "")),
        optional("NextKeyMarker", encode(page.next_path)),
        optional("NextVersionIdMarker", page.next_version),
        element("MaxKeys", limit),
        optional("Delimiter", encode(query.get("delimiter", ""))),
        optional("EncodingType", query.get("encoding-type", "")),
        element("IsTruncated", bool(page.next_path)),
        *(_render(info, encode) for info in page.versions if not is_prefix(info)),
        common_prefixes((info.path for info in page.versions if is_prefix(info)), encode),
    )
    return S3Response(headers=XML_HEADERS, body=body)


def _list_page(pfs: PFS, request: S3Request, limit: int) -> VersionPage:
    query = request.query
    if query.get("version-id-marker") and not query.get("key-marker"):
        raise invalid_argument(
            "version-id-marker",
            query["version-id-marker"],
            "A version-id marker cannot be specified without a key marker.",
        )
    if not limit:
        check_bucket(pfs, request.bucket)
        return VersionPage(())
    return pfs.list_version(
        parse_bucket(request.bucket).commit,
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        after_path=query.get("key-marker", ""),
        after_version=query.get("version-id-marker", ""),
        limit=limit,
    )


def _render(info: FileInfo, encode: Encoder) -> str:
    shared = (
        element("Key", encode(info.path)),
        element("VersionId", info.version_id),
        element("IsLatest", info.is_latest),
        element("LastModified", xml_date(info.modified_at)),
    )
    if info.is_deleted:
        return group("DeleteMarker", *shared, OWNER)
    return group(
        "Version",
        *shared,
        element("ETag", f'"{info.etag}"'),
        sum_kind(info.checksums),
        element("Size", info.size_bytes),
        element("StorageClass", "STANDARD"),
        OWNER,
    )
