"""CreateBucket: makes the branch, and the repo when it is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pachlite.gateway.access import (
    ENFORCED,
    OWNERSHIPS,
    asked_access,
    check_canned,
)
from pachlite.gateway.buckets import parse_new_bucket
from pachlite.gateway.errors import S3Code, S3Refusal, invalid_argument, not_implemented
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.bucket_tagging import dump_tags
from pachlite.gateway.outgoing import REGION
from pachlite.gateway.setting_names import LOCATION, OWNERSHIP, TAGGING
from pachlite.gateway.tags import check_bucket_tags, parse_tags
from pachlite.gateway.xml import MalformedDocument, parse
from pachlite.pfs.api import PFS

_REGION: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_KNOWN: Final = frozenset({"LocationConstraint", "Tags"})


@dataclass(frozen=True, slots=True)
class _Configuration:
    """What the body of a request asks for."""

    location: str = ""
    tags: str = ""


def create_bucket(pfs: PFS, request: S3Request) -> S3Response:
    """Create a branch. Any location will do; it is remembered and means nothing here."""
    bucket = parse_new_bucket(request.bucket)
    ownership = _ownership(request.headers)
    configuration = _parse_configuration(request.document)
    pfs.create_branch(
        bucket.branch,
        exclusive=True,
        create_repo=True,
        alias=bucket.name,
        settings={
            LOCATION: configuration.location,
            OWNERSHIP: ownership,
            TAGGING: configuration.tags,
        },
    )
    headers = (
        ("location", f"/{bucket.name}"),
        ("x-amz-bucket-arn", f"arn:aws:s3:::{bucket.name}"),
    )
    return S3Response(headers=headers)


def _ownership(headers: Mapping[str, str]) -> str:
    """Return who is to own objects, after a look at what the headers ask for besides."""
    if headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        raise not_implemented("object lock")
    ownership = headers.get("x-amz-object-ownership", "")
    if ownership and ownership not in OWNERSHIPS:
        raise invalid_argument(
            "x-amz-object-ownership",
            ownership,
            f"Invalid x-amz-object-ownership header: {ownership[:80]}",
        )
    asked = asked_access(headers)
    check_canned(asked.canned)
    if not asked.grants_owner_only:
        raise S3Refusal(
            S3Code("InvalidBucketAclWithObjectOwnership", 400),
            f"Bucket cannot have ACLs set with ObjectOwnership's {ENFORCED} setting",
        )
    return ownership


def _parse_configuration(body: bytes) -> _Configuration:
    if not body.strip():
        return _Configuration()
    root = parse(body, "CreateBucketConfiguration")
    for node in root:
        if node.tag not in _KNOWN:
            raise not_implemented(f"{node.tag[:80]} of a new bucket")
    location = (root.findtext("LocationConstraint") or "").strip()
    if location and not _REGION.fullmatch(location):
        raise S3Refusal(
            S3Code("InvalidLocationConstraint", 400),
            "The specified location-constraint is not valid",
            details=(("LocationConstraint", location),),
        )
    tags = root.find("Tags")
    if tags is not None and any(node.tag != "Tag" for node in tags):
        raise MalformedDocument("Tags have only Tag elements")
    parsed = check_bucket_tags(parse_tags(tags.findall("Tag"))) if tags is not None else {}
    return _Configuration("" if location == REGION else location, dump_tags(parsed))
