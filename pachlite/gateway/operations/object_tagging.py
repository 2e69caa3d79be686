"""GetObjectTagging, PutObjectTagging, DeleteObjectTagging: the tags of one version of an object."""

from __future__ import annotations

from collections.abc import Mapping

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_tags import parse_tagging
from pachlite.gateway.parameters import version_of
from pachlite.gateway.tags import render_tag_set
from pachlite.gateway.xml import XML_HEADERS, document
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import NO_PAIRS


def get_object_tagging(pfs: PFS, request: S3Request) -> S3Response:
    """Answer the tags of an object, which may be none."""
    file = parse_bucket(request.bucket).file(request.key)
    info = pfs.inspect_file(file, version=version_of(request))
    body = document("Tagging", render_tag_set(info.tags))
    return S3Response(headers=[*XML_HEADERS, ("x-amz-version-id", info.version_id)], body=body)


def put_object_tagging(pfs: PFS, request: S3Request) -> S3Response:
    """Replace the tags of an object. No commit is made."""
    return _set(pfs, request, parse_tagging(request.document), status=200)


def delete_object_tagging(pfs: PFS, request: S3Request) -> S3Response:
    """Remove the tags of an object. No commit is made."""
    return _set(pfs, request, NO_PAIRS, status=204)


def _set(pfs: PFS, request: S3Request, tags: Mapping[str, str], *, status: int) -> S3Response:
    file = parse_bucket(request.bucket).writable_file(request.key)
    info = pfs.tag_file(file, tags, version=version_of(request))
    return S3Response(status=status, headers=[("x-amz-version-id", info.version_id)])
