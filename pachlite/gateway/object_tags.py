"""The tags of objects: parsed from a header or a document by S3's rules. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

from pachlite.gateway.errors import INVALID_TAG, S3Refusal, invalid_argument
from pachlite.gateway.parameters import is_well_escaped
from pachlite.gateway.tags import check_tag, parse_tags
from pachlite.gateway.xml import MalformedDocument, parse
from pachlite.pfs.infos import NO_PAIRS

TAGGING_HEADER: Final = "x-amz-tagging"
MAX_OBJECT_TAGS: Final = 10


def read_tags(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Parse `x-amz-tagging`, which has the form of a query."""
    text = headers.get(TAGGING_HEADER, "")
    if not text:
        return NO_PAIRS
    tags: dict[str, str] = {}
    for pair in filter(None, text.split("&")):
        raw_key, _, raw_value = pair.partition("=")
        key, value = _decode(raw_key), _decode(raw_value)
        if not key or key in tags:
            raise _malformed(text)
        check_tag(key, value)
        tags[key] = value
    return _check_count(tags)


def parse_tagging(text: bytes) -> Mapping[str, str]:
    """Parse the document that replaces the tags of an object."""
    tag_set = parse(text, "Tagging").find("TagSet")
    if tag_set is None:
        raise MalformedDocument("a Tagging has a TagSet")
    return _check_count(parse_tags(tag_set.findall("Tag")))


def _decode(text: str) -> str:
    try:
        decoded = unquote_plus(text, errors="strict")
    except UnicodeDecodeError as error:
        raise _malformed(text) from error
    if not is_well_escaped(text):
        raise _malformed(text)
    return decoded


def _check_count(tags: Mapping[str, str]) -> Mapping[str, str]:
    if len(tags) > MAX_OBJECT_TAGS:
        raise S3Refusal(INVALID_TAG, f"Object tags cannot be greater than {MAX_OBJECT_TAGS}")
    return tags


def _malformed(text: str) -> S3Refusal:
    return invalid_argument(
        TAGGING_HEADER,
        text,
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
        "parameters without tag name duplicates.",
    )
