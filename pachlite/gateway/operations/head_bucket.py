"""HeadBucket: whether a branch, or a commit of its history, exists."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.outgoing import REGION
from pachlite.gateway.setting_names import LOCATION
from pachlite.pfs.api import PFS


def head_bucket(pfs: PFS, request: S3Request) -> S3Response:
    """Answer without a body."""
    check_bucket(pfs, request.bucket)
    location = pfs.get_setting(parse_bucket(request.bucket).branch, LOCATION)
    return S3Response(headers=(("x-amz-bucket-region", location or REGION),), length=0)


def check_bucket(pfs: PFS, name: str) -> None:
    """Raise one of the errors that become NoSuchBucket unless the bucket exists."""
    bucket = parse_bucket(name)
    if bucket.commit_id:
        pfs.inspect_commit(bucket.commit)
    else:
        pfs.inspect_branch(bucket.branch)
