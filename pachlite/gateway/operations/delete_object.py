"""DeleteObject: a delete marker, or with a version id the end of that version."""

from __future__ import annotations

from pachlite.errors import VersionNotFound
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.conditions import parse_deletion_precondition
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.parameters import version_of
from pachlite.gateway.write_headers import check_supported
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import Deletion, DeletionResult


def delete_object(pfs: PFS, request: S3Request) -> S3Response:
    """Delete one object. What is not there is no error, and makes no commit."""
    bucket = parse_bucket(request.bucket)
    bucket.check_writable()
    check_supported(request.headers)
    try:
        version = version_of(request)
    except VersionNotFound:
        check_bucket(pfs, request.bucket)
        return S3Response(status=204)
    deletion = Deletion(
        request.key, version, precondition=parse_deletion_precondition(request.headers)
    )
    result = pfs.delete_file(bucket.commit, [deletion]).results[0]
    if result.error:
        raise result.error
    return _answer(result)


def _answer(result: DeletionResult) -> S3Response:
    headers = []
    if result.version_id:
        headers.append(("x-amz-version-id", result.version_id))
    if result.is_marker:
        headers.append(("x-amz-delete-marker", "true"))
    return S3Response(status=204, headers=headers)
