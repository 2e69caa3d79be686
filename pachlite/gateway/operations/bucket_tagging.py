"""GetBucketTagging, PutBucketTagging, DeleteBucketTagging."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pachlite.gateway.errors import S3Code, S3Refusal
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.bucket_settings import read_setting, write_setting
from pachlite.gateway.setting_names import TAGGING
from pachlite.gateway.tags import check_bucket_tags, parse_tags, render_tag_set
from pachlite.gateway.xml import XML_HEADERS, MalformedDocument, document, parse
from pachlite.pfs.api import PFS


def get_bucket_tagging(pfs: PFS, request: S3Request) -> S3Response:
    """Answer the tags."""
    stored = read_setting(pfs, request.bucket, TAGGING)
    if not stored:
        raise S3Refusal(S3Code("NoSuchTagSet", 404), "The TagSet does not exist.")
    body = document("Tagging", render_tag_set(json.loads(stored)))
    return S3Response(headers=XML_HEADERS, body=body)


def put_bucket_tagging(pfs: PFS, request: S3Request) -> S3Response:
    """Replace all tags; a set without any is no set."""
    read_setting(pfs, request.bucket, TAGGING)
    tag_set = parse(request.document, "Tagging").find("TagSet")
    if tag_set is None:
        raise MalformedDocument("a Tagging has a TagSet")
    tags = check_bucket_tags(parse_tags(tag_set.findall("Tag")))
    write_setting(pfs, request.bucket, TAGGING, dump_tags(tags))
    return S3Response(status=204)


def delete_bucket_tagging(pfs: PFS, request: S3Request) -> S3Response:
    """Forget all tags, if there are any."""
    write_setting(pfs, request.bucket, TAGGING, "")
    return S3Response(status=204)


def dump_tags(tags: Mapping[str, str]) -> str:
    """Return tags as they are kept; empty for none."""
    return json.dumps(dict(tags), ensure_ascii=False) if tags else ""
