"""Render and parse S3's XML. Rendering is string work, parsing refuses everything but elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from pachlite.errors import InvalidArgument

NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
XML_HEADERS: Final = (("content-type", "application/xml"),)

MAX_DEPTH: Final = 16
MAX_ELEMENTS: Final = 120_000
MAX_REFERENCES: Final = 200_000
MAX_TAG_CHARACTERS: Final = 4096
"""No document of S3 comes near: 10 000 parts with a checksum each are 40 000 elements."""

_PIECE_CHARACTERS: Final = 512 * 1024
_PROLOGUE: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Markup, and what a parser would drop, change or choke on: control characters (tab and line feed
# are safe), and the two code points that XML excludes. S3 sends those as references, too. No key
# has a NUL, but what a client says in vain may.
_SPECIAL: Final = re.compile('[&<>"\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]')
# Keys may hold characters that XML cannot carry, and clients send them all the same, raw or as a
# reference. A parser refuses both, so they pass it as five hex digits behind a code point that
# nobody uses; should somebody use it, it passes that way, too.
_SHIELD: Final = "\U000f0000"
_UNPARSABLE: Final = frozenset(
    [*map(chr, (*range(1, 9), 11, 12, *range(14, 32))), "\ufffe", "\uffff", _SHIELD]
)
_SHIELDING: Final = str.maketrans({each: f"{_SHIELD}{ord(each):05x}" for each in _UNPARSABLE})
_LONG_TAG: Final = re.compile(f"<[^<>]{{{MAX_TAG_CHARACTERS}}}")  # no tag has a "<": this is linear
_REFERENCE: Final = re.compile("&#(x[0-9a-fA-F]{1,8}|[0-9]{1,8});")
_SHIELDED: Final = re.compile(f"{_SHIELD}([0-9a-f]{{5}})")
_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\0": "\ufffd"}


def escape(text: str) -> str:
    """Return `text` so that it can stand between two tags."""
    if not _SPECIAL.search(text):
        return text
    return _SPECIAL.sub(lambda match: _escape_one(match.group()), text)


def element(name: str, text: object) -> str:
    """Render one element around escaped text. Booleans are `true` and `false`."""
    shown = str(text).lower() if isinstance(text, bool) else str(text)
    return f"<{name}>{escape(shown)}</{name}>"


def group(name: str, *children: str) -> str:
    """Render one element around rendered children."""
    return f"<{name}>{''.join(children)}</{name}>"


def document(name: str, *children: str, namespace: str = NAMESPACE) -> bytes:
    """Render a whole document from rendered children."""
    attribute = f' xmlns="{namespace}"' if namespace else ""
    return f"{_PROLOGUE}<{name}{attribute}>{''.join(children)}</{name}>".encode()


class MalformedDocument(InvalidArgument):
    """An XML document that is broken, or is not the one expected."""


class _BoundedBuilder(TreeBuilder):
    """Builds the tree, and gives up as soon as it becomes one that costs more than it can mean."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise MalformedDocument(f"the XML is nested deeper than {MAX_DEPTH} levels")
        if self._elements > MAX_ELEMENTS:
            raise MalformedDocument(f"the XML has more than {MAX_ELEMENTS} elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse(text: bytes, root: str) -> Element:
    """Parse a document whose root element is `root`; namespaces are dropped.

    Document types, and with them entities, are refused before a parser sees them. The text is
    decoded first, so that no other encoding can hide one.
    """
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedDocument("the XML is not valid UTF-8") from error
    if "<!DOCTYPE" in decoded or "<!ENTITY" in decoded:
        raise MalformedDocument("document types are not allowed in the XML")
    try:
        parser = XMLParser(target=_BoundedBuilder())  # noqa: S314 - entities have been refused
        for piece in _pieces(_shield(decoded)):
            parser.feed(piece)
        tree: Element = parser.close()
    except (ParseError, ValueError) as error:
        raise MalformedDocument(f"the XML cannot be parsed: {error}") from error
    for node in tree.iter():
        node.tag = node.tag.rpartition("}")[2]
        node.text = _unshield(node.text or "")
    if tree.tag != root:
        raise MalformedDocument(f"the XML is a {tree.tag[:80]}, a {root} was expected")
    return tree


def text_of(node: Element, name: str, default: str = "") -> str:
    """Return the text of a child, or `default` when there is no such child."""
    return node.findtext(name, default)


def _escape_one(character: str) -> str:
    return _NAMED.get(character) or f"&#x{ord(character):X};"


def _pieces(text: str) -> Iterator[str]:
    """Cut a text up: a parser looks at all that it was given before it says what is wrong."""
    for start in range(0, len(text), _PIECE_CHARACTERS):
        yield text[start : start + _PIECE_CHARACTERS]


def _shield(text: str) -> str:
    """Return the text as a parser accepts it; refuse one that would take it long."""
    if _LONG_TAG.search(text):
        raise MalformedDocument(f"the XML has a tag of more than {MAX_TAG_CHARACTERS} characters")
    if text.count("&#") <= MAX_REFERENCES:
        shielded = _REFERENCE.sub(_resolve_unparsable, text).translate(_SHIELDING)
        if shielded.count(_SHIELD) <= MAX_REFERENCES:
            return shielded
    raise MalformedDocument(f"the XML has more than {MAX_REFERENCES} references or control codes")


def _resolve_unparsable(match: re.Match[str]) -> str:
    digits = match[1]
    number = int(digits[1:], 16) if digits.startswith("x") else int(digits)
    character = chr(number) if 0 < number <= ord(_SHIELD) else ""
    return character if character in _UNPARSABLE else match.group()


def _unshield(text: str) -> str:
    return _SHIELDED.sub(lambda match: chr(int(match[1], 16)), text)
