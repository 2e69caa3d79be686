"""ListObjectsV2: pages are continued by an opaque token, which outlives the server."""

from __future__ import annotations

from pachlite.gateway.errors import invalid_argument
from pachlite.gateway.listing import OWNER, common_prefixes, contents, is_prefix, optional
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.list_objects import list_page
from pachlite.gateway.parameters import decode_token, encode_token, encoder, page_size
from pachlite.gateway.xml import XML_HEADERS, document, element
from pachlite.pfs.api import PFS


def list_objects_v2(pfs: PFS, request: S3Request) -> S3Response:
    """Answer a page of keys in byte order. `start-after` counts on the first page only."""
    query = request.query
    if query["list-type"] != "2":
        raise invalid_argument("list-type", query["list-type"], "list-type can only be 2")
    encode = encoder(query)
    limit = page_size(query, "max-keys")
    token, start_after = query.get("continuation-token", ""), query.get("start-after", "")
    page = list_page(pfs, request, after=decode_token(token) or start_after, limit=limit)
    owner = OWNER if query.get("fetch-owner", "").lower() == "true" else ""
    body = document(
        "ListBucketResult",
        element("Name", request.bucket),
        element("Prefix", encode(query.get("prefix", ""))),
        element("ContinuationToken", token) if "continuation-token" in query else "",
        optional("NextContinuationToken", encode_token(page.next_after)),
        optional("StartAfter", encode(start_after)),
        element("KeyCount", len(page.files)),
        element("MaxKeys", limit),
        optional("Delimiter", encode(query.get("delimiter", ""))),
        optional("EncodingType", query.get("encoding-type", "")),
        element("IsTruncated", bool(page.next_after)),
        contents(page.files, encode, owner=owner),
        common_prefixes((info.path for info in page.files if is_prefix(info)), encode),
    )
    return S3Response(headers=XML_HEADERS, body=body)
