"""Tags of objects, from a header and from a document."""

import pytest

from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.object_tags import MAX_OBJECT_TAGS, parse_tagging, read_tags
from pachlite.gateway.tags import render_tag_set
from pachlite.gateway.xml import MalformedDocument, document, group


def tagging(tags):
    return document("Tagging", render_tag_set(tags))


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", {}),
        ("&&", {}),
        ("a=1&b=x%20y&c", {"a": "1", "b": "x y", "c": ""}),
        ("a++b=%2B&", {"a  b": "+"}),
        ("k\u00e4se=\u00fc", {"k\u00e4se": "\u00fc"}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_header_with_tags_is_parsed(text, tags):
    assert read_tags({"x-amz-tagging": text}) == tags


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("&".join(f"k{number}=v" for number in range(MAX_OBJECT_TAGS + 1)), "InvalidTag"),
        (f"{'k' * 129}=v", "InvalidTag"),
        (f"k={'v' * 257}", "InvalidTag"),
        ("a*=1", "InvalidTag"),
        ("aws:a=1", "InvalidTag"),
        ("a=1&a=2", "InvalidArgument"),
        ("=v", "InvalidArgument"),
        ("a=%FF", "InvalidArgument"),
        ("a%", "InvalidArgument"),
        ("a=%zz", "InvalidArgument"),
    ],
)
def test_header_with_tags_that_break_a_rule_is_refused(text, code):
    with pytest.raises(S3Refusal) as refusal:
        read_tags({"x-amz-tagging": text})
    assert refusal.value.s3.name == code


def test_document_with_tags_is_parsed():
    tags = {f"key {number}": "v" * 256 for number in range(MAX_OBJECT_TAGS)}
    assert parse_tagging(tagging(tags)) == tags
    assert parse_tagging(tagging({})) == {}


def test_document_with_too_many_tags_is_refused():
    with pytest.raises(S3Refusal) as refusal:
        parse_tagging(tagging({str(number): "" for number in range(MAX_OBJECT_TAGS + 1)}))
    assert refusal.value.s3.name == "InvalidTag"


def test_document_without_a_set_of_tags_is_malformed():
    for text in (document("Tagging"), document("Other", group("TagSet")), b""):
        with pytest.raises(MalformedDocument):
            parse_tagging(text)
