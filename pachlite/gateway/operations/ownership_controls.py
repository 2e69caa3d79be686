"""GetBucketOwnershipControls and its kin: a choice that is kept, and changes nothing.

There is one owner of a bucket and all that is in it, whatever is chosen.
"""

from __future__ import annotations

from pachlite.gateway.access import ENFORCED, OWNERSHIPS
from pachlite.gateway.errors import S3Code, S3Refusal
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.bucket_settings import read_setting, write_setting
from pachlite.gateway.setting_names import DELETED, OWNERSHIP
from pachlite.gateway.xml import XML_HEADERS, MalformedDocument, document, element, group, parse
from pachlite.pfs.api import PFS


def get_ownership_controls(pfs: PFS, request: S3Request) -> S3Response:
    """Answer the choice; the owner's, when none was made."""
    chosen = read_setting(pfs, request.bucket, OWNERSHIP) or ENFORCED
    if chosen == DELETED:
        raise S3Refusal(
            S3Code("OwnershipControlsNotFoundError", 404),
            "The bucket ownership controls were not found.",
        )
    body = document("OwnershipControls", group("Rule", element("ObjectOwnership", chosen)))
    return S3Response(headers=XML_HEADERS, body=body)


def put_ownership_controls(pfs: PFS, request: S3Request) -> S3Response:
    """Keep a choice."""
    read_setting(pfs, request.bucket, OWNERSHIP)
    rules = parse(request.document, "OwnershipControls").findall("Rule")
    chosen = rules[0].findtext("ObjectOwnership") or "" if len(rules) == 1 else ""
    if chosen not in OWNERSHIPS:
        raise MalformedDocument(f"there is one rule, with one of {', '.join(OWNERSHIPS)}")
    write_setting(pfs, request.bucket, OWNERSHIP, chosen)
    return S3Response()


def delete_ownership_controls(pfs: PFS, request: S3Request) -> S3Response:
    """Forget the choice, and the default with it."""
    write_setting(pfs, request.bucket, OWNERSHIP, DELETED)
    return S3Response(status=204)
