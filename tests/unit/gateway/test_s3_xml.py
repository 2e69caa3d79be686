"""Rendering and parsing S3's documents."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.gateway.xml import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_REFERENCES,
    NAMESPACE,
    MalformedDocument,
    document,
    element,
    escape,
    group,
    parse,
    text_of,
)

XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs"]).filter(
        lambda character: ord(character) >= 0x20 and ord(character) not in {0xFFFE, 0xFFFF}
    )
    | st.sampled_from("\t\n\r<>&\"'")
)


@given(XML_TEXT)
def test_text_that_xml_can_carry_survives_rendering_and_parsing(text):
    tree = ElementTree.fromstring(document("Root", element("Text", text), namespace=""))
    assert tree.findtext("Text", "") == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_rendered_without_raw_markup_or_control_characters(text):
    shown = escape(text)
    assert not set(shown) & {"<", ">", '"', "\r", "\x01", "\x0b", "\ufffe", "\uffff"}


@given(
    st.text(
        st.characters(exclude_categories=["Cs"]) | st.sampled_from("\x01\uffff\U000f0000")
    ).filter(lambda text: "\0" not in text)
)
def test_any_key_survives_rendering_and_parsing_here(text):
    tree = parse(document("Root", element("Key", text)), "Root")
    assert text_of(tree, "Key") == text


@pytest.mark.parametrize("sent", ["a\x01\uffff", "a&#1;&#xFFFF;", "a&#x01;\uffff"])
def test_character_that_xml_cannot_carry_is_understood_raw_and_as_a_reference(sent):
    tree = parse(f"<A><Key>{sent}</Key></A>".encode(), "A")
    assert text_of(tree, "Key") == "a\x01\uffff"


@pytest.mark.parametrize("key", ["\U000f0000", "\U000f0001", "\U000ffffe", "\U000f000000001"])
def test_code_points_that_nobody_uses_are_understood_raw_and_as_a_reference(key):
    reference = f"&#x{ord(key[0]):X};{key[1:]}"
    for sent in (key, reference):
        assert text_of(parse(f"<A><Key>{sent}</Key></A>".encode(), "A"), "Key") == key


def test_characters_that_xml_cannot_carry_become_references():
    assert escape("a\x01\x1f\uffff") == "a&#x1;&#x1F;&#xFFFF;"


def test_nul_does_not_break_a_document():
    assert text_of(parse(document("Root", element("Message", "a\0b")), "Root"), "Message") == "a�b"


def test_document_has_declaration_and_namespace():
    assert document("Root", group("A", element("B", True), element("C", 1))) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        + f'<Root xmlns="{NAMESPACE}"><A><B>true</B><C>1</C></A></Root>'.encode()
    )


@pytest.mark.parametrize("namespace", ["", f' xmlns="{NAMESPACE}"', ' xmlns="urn:other"'])
def test_document_is_parsed_in_any_namespace(namespace):
    tree = parse(f"<Delete{namespace}><Quiet>true</Quiet></Delete>".encode(), "Delete")
    assert text_of(tree, "Quiet") == "true"
    assert text_of(tree, "Missing", "default") == "default"


def test_byte_order_mark_is_skipped():
    assert parse("\ufeff<A/>".encode(), "A").tag == "A"


BOMB = """<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>"""


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"no xml",
        b"<A>",
        b"<A></B>",
        b"<B/>",
        b"<A/><A/>",
        b"<A>&undefined;</A>",
        b"<A>\xff</A>",
        b"<A>\x00</A>",
        b"<A>&#0;</A>",
        b"<A>&#xD800;</A>",
        b"<A>&#99999999;</A>",
        BOMB.encode(),
        BOMB.encode("utf-16"),
        b'<!DOCTYPE A SYSTEM "file:///etc/passwd"><A/>',
    ],
)
def test_document_that_is_broken_or_not_the_expected_one_is_refused(text):
    with pytest.raises(MalformedDocument):
        parse(text, "A")


@pytest.mark.parametrize(
    "text",
    [
        "<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1),
        f"<a>{'<b/>' * MAX_ELEMENTS}</a>",
        f"<a>{'&#65;' * (MAX_REFERENCES + 1)}</a>",
        f"<a>{chr(1) * (MAX_REFERENCES + 1)}</a>",
        "<a " + " ".join(f"a{number}='1'" for number in range(1000)) + "/>",
        "<a>" * 1_000_000,
        ("<" * 4000 + ">") * 2000,  # a minute, if each of them were looked at alone
    ],
    ids=["deep", "many", "references", "controls", "attributes", "endless", "open"],
)
def test_document_that_would_take_long_is_refused(text):
    with pytest.raises(MalformedDocument, match="the XML"):
        parse(text.encode(), "a")


def test_document_at_the_bounds_is_parsed():
    deep = "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH
    assert parse(deep.encode(), "a").tag == "a"
    wide = f"<a>{'<b>&#1;</b>' * 30_000}</a>"
    assert len(parse(wide.encode(), "a")) == 30_000
