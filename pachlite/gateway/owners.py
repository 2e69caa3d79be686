"""Whose buckets these are: everybody who may see one has the same owner. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pachlite.gateway.errors import ACCESS_DENIED, S3Refusal
from pachlite.gateway.listing import OWNER_ID, OWNER_NAME
from pachlite.gateway.signature import find_signature

_HEADERS: Final = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")


def check_expected_owner(headers: Mapping[str, str], query: Mapping[str, str]) -> None:
    """Raise AccessDenied when a request expects a bucket to be somebody else's.

    The owner may be named as in listings, or as who signed the request.
    """
    for name in _HEADERS:
        expected = headers.get(name)
        if expected is None or expected in {OWNER_ID, OWNER_NAME}:
            continue
        signature = find_signature(headers, query)
        if signature is None or signature.access_key != expected:
            raise S3Refusal(
                ACCESS_DENIED,
                "Access Denied.",
                details=(("Detail", f"the owner of every bucket is {OWNER_ID}"),),
            )
