"""AbortMultipartUpload: the parts are forgotten."""

from __future__ import annotations

from typing import Final

from pachlite.errors import PreconditionFailed
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.dates import parse_moment
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.pfs.api import PFS

INITIATED_HEADER: Final = "x-amz-if-match-initiated-time"


def abort_multipart_upload(pfs: PFS, request: S3Request) -> S3Response:
    """Forget an upload, if it was begun when the client thinks it was."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    upload_id = request.query["uploadId"]
    wanted = parse_moment(request.headers.get(INITIATED_HEADER, ""))
    if wanted is not None:
        started_at = pfs.inspect_upload(file, upload_id).started_at.replace(microsecond=0)
        if wanted < started_at:
            raise PreconditionFailed(INITIATED_HEADER)
    pfs.abort_upload(file, upload_id)
    return S3Response(status=204)
