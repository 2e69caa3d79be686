"""DeleteBucket: deletes a branch whose head is empty."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.pfs.api import PFS


def delete_bucket(pfs: PFS, request: S3Request) -> S3Response:
    """Delete the branch; its commits, and a repo with any history, stay."""
    bucket = parse_bucket(request.bucket)
    bucket.check_writable()
    pfs.delete_branch(bucket.branch, only_if_empty=True)
    return S3Response(status=204)
