"""ListBuckets: every branch, under the name it was created as or its canonical one."""

from __future__ import annotations

from pachlite.gateway.buckets import bucket_name
from pachlite.gateway.dates import xml_date
from pachlite.gateway.listing import OWNER, optional
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.parameters import decode_token, encode_token, integer
from pachlite.gateway.xml import XML_HEADERS, document, element, group
from pachlite.pfs.api import PFS

_MAX_BUCKETS = 10_000


def list_buckets(pfs: PFS, request: S3Request) -> S3Response:
    """Answer all buckets by name, or a page of them."""
    prefix = request.query.get("prefix", "")
    after = decode_token(request.query.get("continuation-token", ""))
    limit = integer(request.query, "max-buckets", _MAX_BUCKETS) or _MAX_BUCKETS
    created = {
        info.alias or bucket_name(info.branch): info.created_at for info in pfs.list_branch()
    }
    names = sorted(name for name in created if name.startswith(prefix) and name > after)
    page = names[:limit]
    token = encode_token(page[-1]) if len(names) > limit else ""
    buckets = "".join(
        group("Bucket", element("Name", name), element("CreationDate", xml_date(created[name])))
        for name in page
    )
    body = document(
        "ListAllMyBucketsResult",
        OWNER,
        group("Buckets", buckets),
        optional("Prefix", prefix),
        optional("ContinuationToken", token),
    )
    return S3Response(headers=XML_HEADERS, body=body)
