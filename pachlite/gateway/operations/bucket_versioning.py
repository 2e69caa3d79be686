"""GetBucketVersioning and PutBucketVersioning: always enabled, since that is what commits are."""

from __future__ import annotations

from pachlite.gateway.errors import not_implemented
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.xml import XML_HEADERS, MalformedDocument, document, element, parse, text_of
from pachlite.pfs.api import PFS

_ENABLED = document("VersioningConfiguration", element("Status", "Enabled"))


def get_bucket_versioning(pfs: PFS, request: S3Request) -> S3Response:
    """Answer Enabled."""
    check_bucket(pfs, request.bucket)
    return S3Response(headers=XML_HEADERS, body=_ENABLED)


def put_bucket_versioning(pfs: PFS, request: S3Request) -> S3Response:
    """Accept Enabled; refuse Suspended, which would lose history."""
    check_bucket(pfs, request.bucket)
    configuration = parse(request.document, "VersioningConfiguration")
    status = text_of(configuration, "Status")
    if status == "Suspended" or text_of(configuration, "MfaDelete") == "Enabled":
        raise not_implemented("suspending versioning, or MFA delete,")
    if status != "Enabled":
        raise MalformedDocument("the status of versioning is Enabled or Suspended")
    return S3Response()
