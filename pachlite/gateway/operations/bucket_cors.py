"""GetBucketCors, PutBucketCors, DeleteBucketCors: which web pages may use a bucket."""

from __future__ import annotations

from pachlite.gateway.cors import load_rules, parse_rules, render_rules
from pachlite.gateway.errors import S3Code, S3Refusal
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.bucket_settings import read_setting, write_setting
from pachlite.gateway.setting_names import CORS
from pachlite.gateway.xml import XML_HEADERS
from pachlite.pfs.api import PFS


def get_bucket_cors(pfs: PFS, request: S3Request) -> S3Response:
    """Answer the rules as they were put."""
    rules = load_rules(read_setting(pfs, request.bucket, CORS))
    if not rules:
        raise S3Refusal(
            S3Code("NoSuchCORSConfiguration", 404), "The CORS configuration does not exist"
        )
    return S3Response(headers=XML_HEADERS, body=render_rules(rules))


def put_bucket_cors(pfs: PFS, request: S3Request) -> S3Response:
    """Replace the rules."""
    read_setting(pfs, request.bucket, CORS)
    rules = parse_rules(request.document)
    write_setting(pfs, request.bucket, CORS, render_rules(rules).decode())
    return S3Response()


def delete_bucket_cors(pfs: PFS, request: S3Request) -> S3Response:
    """Forget the rules, if there are any."""
    write_setting(pfs, request.bucket, CORS, "")
    return S3Response(status=204)
