"""AbortMultipartUpload: the parts are forgotten."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.pfs.api import PFS


def abort_multipart_upload(pfs: PFS, request: S3Request) -> S3Response:
    """Forget an upload."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    pfs.abort_upload(file, request.query["uploadId"])
    return S3Response(status=204)
