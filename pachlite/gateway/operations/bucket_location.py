"""GetBucketLocation: the location that was asked for; empty for the default."""

from __future__ import annotations

from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.bucket_settings import read_setting
from pachlite.gateway.setting_names import LOCATION
from pachlite.gateway.xml import XML_HEADERS, document, escape
from pachlite.pfs.api import PFS


def get_bucket_location(pfs: PFS, request: S3Request) -> S3Response:
    """Answer where the bucket was asked to be."""
    location = read_setting(pfs, request.bucket, LOCATION)
    return S3Response(headers=XML_HEADERS, body=document("LocationConstraint", escape(location)))
