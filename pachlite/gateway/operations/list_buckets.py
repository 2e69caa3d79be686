"""ListBuckets: every branch, under the name it was created as or its canonical one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pachlite.gateway.buckets import bucket_name
from pachlite.gateway.dates import xml_date
from pachlite.gateway.errors import invalid_argument
from pachlite.gateway.listing import OWNER, optional
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.outgoing import REGION
from pachlite.gateway.parameters import decode_token, encode_token
from pachlite.gateway.setting_names import LOCATION
from pachlite.gateway.xml import XML_HEADERS, document, element, group
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import BranchInfo

MAX_BUCKETS: Final = 10_000
_DIGITS: Final = 9  # more than enough to tell that a number is too large


def list_buckets(pfs: PFS, request: S3Request) -> S3Response:
    """Answer all buckets by name, or a page of them."""
    prefix, token = request.query.get("prefix", ""), request.query.get("continuation-token", "")
    after, limit = decode_token(token), _limit(request.query)
    found = {info.alias or bucket_name(info.branch): info for info in pfs.list_branch()}
    names = sorted(name for name in found if name.startswith(prefix) and name > after)
    if region := request.query.get("bucket-region", ""):
        names = [name for name in names if _region(pfs, found[name]) == region]
    page = names[:limit]
    body = document(
        "ListAllMyBucketsResult",
        OWNER,
        group("Buckets", *(_render(name, found[name], region) for name in page)),
        optional("Prefix", prefix),
        optional("ContinuationToken", encode_token(page[-1]) if len(names) > limit else ""),
    )
    return S3Response(headers=XML_HEADERS, body=body)


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("max-buckets", "")
    if not text:
        return MAX_BUCKETS
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:_DIGITS]) <= MAX_BUCKETS):
        raise invalid_argument(
            "max-buckets",
            text,
            f"Argument max-buckets must be an integer between 1 and {MAX_BUCKETS}.",
        )
    return int(text)


def _region(pfs: PFS, info: BranchInfo) -> str:
    return pfs.get_setting(info.branch, LOCATION) or REGION


def _render(name: str, info: BranchInfo, region: str) -> str:
    return group(
        "Bucket",
        element("Name", name),
        element("CreationDate", xml_date(info.created_at)),
        optional("BucketRegion", region),
    )
