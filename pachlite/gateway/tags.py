"""Sets of tags as documents: parsed by S3's rules, rendered. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from pachlite.gateway.errors import BAD_REQUEST, INVALID_TAG, S3Refusal
from pachlite.gateway.xml import MalformedDocument, element, group

MAX_BUCKET_TAGS: Final = 50
MAX_KEY_LENGTH: Final = 128
MAX_VALUE_LENGTH: Final = 256

_RESERVED: Final = "aws:"
_ALLOWED: Final = re.compile(r"[\w .:/=+@-]*")  # letters and digits of any script


def parse_tags(nodes: list[Element]) -> Mapping[str, str]:
    """Return the tags of `Tag` elements.

    Raises:
        MalformedDocument: One has no key, or no value.
        S3Refusal: One is not what a tag can be, or a key comes twice.
    """
    tags: dict[str, str] = {}
    for node in nodes:
        key, value = node.findtext("Key"), node.findtext("Value")
        if key is None or value is None:
            raise MalformedDocument("a Tag has a Key and a Value")
        check_tag(key, value)
        if key in tags:
            raise _invalid("Cannot provide multiple Tags with the same key", key)
        tags[key] = value
    return tags


def check_bucket_tags(tags: Mapping[str, str]) -> Mapping[str, str]:
    """Return the tags if a bucket may have so many."""
    if len(tags) > MAX_BUCKET_TAGS:
        raise S3Refusal(BAD_REQUEST, f"Bucket tag count cannot be greater than {MAX_BUCKET_TAGS}")
    return tags


def render_tag_set(tags: Mapping[str, str]) -> str:
    """Return the `TagSet` of a document."""
    return group(
        "TagSet",
        *(
            group("Tag", element("Key", key), element("Value", value))
            for key, value in tags.items()
        ),
    )


def check_tag(key: str, value: str) -> None:
    """Raise InvalidTag for what cannot be a tag."""
    if not 0 < len(key) <= MAX_KEY_LENGTH or not _ALLOWED.fullmatch(key):
        raise _invalid("The TagKey you have provided is invalid", key)
    if len(value) > MAX_VALUE_LENGTH or not _ALLOWED.fullmatch(value):
        raise _invalid("The TagValue you have provided is invalid", key, value)
    if key.lower().startswith(_RESERVED):
        raise _invalid("System tags cannot be added/updated by requester", key)


def _invalid(message: str, key: str, value: str = "") -> S3Refusal:
    details = [("TagKey", key)] + ([("TagValue", value)] if value else [])
    return S3Refusal(INVALID_TAG, message, details=details)
