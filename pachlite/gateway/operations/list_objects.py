"""ListObjects, the first version: pages are continued behind a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.errors import INVALID_ARGUMENT, S3Refusal
from pachlite.gateway.listing import OWNER, common_prefixes, contents, is_prefix, optional
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.parameters import encoder, page_size
from pachlite.gateway.xml import XML_HEADERS, document, element
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import FilePage

_UNSAFE: Final = re.compile("[%+\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")


def list_objects(pfs: PFS, request: S3Request) -> S3Response:
    """Answer a page of keys in byte order."""
    query = request.query
    encode = encoder(query)
    limit = page_size(query, "max-keys")
    marker = query.get("marker", "")
    page = list_page(pfs, request, after=marker, limit=limit)
    body = document(
        "ListBucketResult",
        element("Name", request.bucket),
        element("Prefix", _shown_prefix(query)),
        element("Marker", encode(marker)),
        optional("NextMarker", encode(page.next_after) if query.get("delimiter") else ""),
        element("MaxKeys", limit),
        optional("Delimiter", encode(query.get("delimiter", ""))),
        optional("EncodingType", query.get("encoding-type", "")),
        element("IsTruncated", bool(page.next_after)),
        contents(page.files, encode, owner=OWNER),
        common_prefixes((info.path for info in page.files if is_prefix(info)), encode),
    )
    return S3Response(headers=XML_HEADERS, body=body)


def _shown_prefix(query: Mapping[str, str]) -> str:
    """Return the prefix so that clients which decode it get the same as those which do not.

    Boto decodes everything but this, others decode this as well. Only what would change in
    decoding, or what XML cannot carry, is encoded.
    """
    prefix = query.get("prefix", "")
    if not query.get("encoding-type"):
        return prefix
    return _UNSAFE.sub(lambda match: quote(match.group()), prefix)


def list_page(pfs: PFS, request: S3Request, *, after: str, limit: int) -> FilePage:
    """Return the files of a page; of nothing when nothing is wanted of a bucket that exists.

    Any order will do for some clients, who then cannot ask for prefixes; they get the usual one.
    """
    if request.query.get("allow-unordered", "").lower() == "true" and request.query.get(
        "delimiter"
    ):
        raise S3Refusal(INVALID_ARGUMENT, "a listing without order has no delimiter")
    if not limit:
        check_bucket(pfs, request.bucket)
        return FilePage(())
    return pfs.list_file(
        parse_bucket(request.bucket).commit,
        prefix=request.query.get("prefix", ""),
        delimiter=request.query.get("delimiter", ""),
        after=after,
        limit=limit,
    )
