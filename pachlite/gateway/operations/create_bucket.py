"""CreateBucket: makes the branch, and the repo when it is missing."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_new_bucket
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.xml import parse
from pachlite.pfs.api import PFS


def create_bucket(pfs: PFS, request: S3Request) -> S3Response:
    """Create a branch; a location in the body is accepted and means nothing here."""
    bucket = parse_new_bucket(request.bucket)
    if request.document.strip():
        parse(request.document, "CreateBucketConfiguration")
    pfs.create_branch(bucket.branch, exclusive=True, create_repo=True, alias=bucket.name)
    return S3Response(headers=(("location", f"/{bucket.name}"),))
