"""Render and parse S3's XML. Rendering is string work, parsing refuses everything but elements."""

from __future__ import annotations

import re
from typing import Final
from xml.etree.ElementTree import Element, ParseError, fromstring

from pachlite.errors import InvalidArgument

NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
XML_HEADERS: Final = (("content-type", "application/xml"),)

_PROLOGUE: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Markup, and what a parser would drop, change or choke on: control characters (tab and line feed
# are safe), and the two code points that XML excludes. S3 sends those as references, too. No key
# has a NUL, but what a client says in vain may.
_SPECIAL: Final = re.compile('[&<>"\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]')
# Keys may hold characters that XML cannot carry, and clients send them all the same, raw or as a
# reference. A parser refuses both, so they pass it as five hex digits behind a code point that
# nobody uses; should somebody use it, it passes that way, too.
_SHIELD: Final = "\U000f0000"
_UNPARSABLE: Final = re.compile(f"[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff{_SHIELD}]")
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
        tree = fromstring(_shield(decoded))  # noqa: S314 - entities have been refused above
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


def _shield(text: str) -> str:
    text = _REFERENCE.sub(_resolve_unparsable, text)
    return _UNPARSABLE.sub(lambda match: f"{_SHIELD}{ord(match.group()):05x}", text)


def _resolve_unparsable(match: re.Match[str]) -> str:
    digits = match[1]
    number = int(digits[1:], 16) if digits.startswith("x") else int(digits)
    character = chr(number) if 0 < number <= ord(_SHIELD) else ""
    return character if _UNPARSABLE.fullmatch(character) else match.group()


def _unshield(text: str) -> str:
    return _SHIELDED.sub(lambda match: chr(int(match[1], 16)), text)
