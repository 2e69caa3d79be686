"""Get and put the ACL of a bucket or an object: full control for the owner, nothing for others."""

from __future__ import annotations

from pachlite.gateway.access import ENFORCED, OWNER_ONLY, check_access
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.bucket_settings import read_setting
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.parameters import version_of
from pachlite.gateway.setting_names import OWNERSHIP
from pachlite.gateway.xml import XML_HEADERS
from pachlite.pfs.api import PFS


def get_bucket_acl(pfs: PFS, request: S3Request) -> S3Response:
    """Answer the one list there is."""
    check_bucket(pfs, request.bucket)
    return S3Response(headers=XML_HEADERS, body=OWNER_ONLY)


def put_bucket_acl(pfs: PFS, request: S3Request) -> S3Response:
    """Accept the list that is there already; refuse any other."""
    _check(pfs, request)
    parse_bucket(request.bucket).check_writable()
    return S3Response()


def get_object_acl(pfs: PFS, request: S3Request) -> S3Response:
    """Answer the one list there is."""
    _check_object(pfs, request)
    return S3Response(headers=XML_HEADERS, body=OWNER_ONLY)


def put_object_acl(pfs: PFS, request: S3Request) -> S3Response:
    """Accept the list that is there already; refuse any other."""
    _check_object(pfs, request)
    _check(pfs, request)
    parse_bucket(request.bucket).check_writable()
    return S3Response()


def _check(pfs: PFS, request: S3Request) -> None:
    ownership = read_setting(pfs, request.bucket, OWNERSHIP)
    check_access(request.headers, request.document, is_enforced=(ownership or ENFORCED) == ENFORCED)


def _check_object(pfs: PFS, request: S3Request) -> None:
    file = parse_bucket(request.bucket).file(request.key)
    pfs.inspect_file(file, version=version_of(request))
