"""GetObjectTagging: the tags that an object was stored with."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.parameters import version_of
from pachlite.gateway.xml import XML_HEADERS, document, element, group
from pachlite.pfs.api import PFS


def get_object_tagging(pfs: PFS, request: S3Request) -> S3Response:
    """Answer the tags of an object, which may be none."""
    file = parse_bucket(request.bucket).file(request.key)
    info = pfs.inspect_file(file, version=version_of(request))
    tags = (
        group("Tag", element("Key", key), element("Value", value))
        for key, value in info.tags.items()
    )
    body = document("Tagging", group("TagSet", *tags))
    return S3Response(headers=[*XML_HEADERS, ("x-amz-version-id", info.version_id)], body=body)
