"""Answers: their heads, and the framing of their bodies."""

import pytest

from pachlite.http1.answer import Answer, AnswerInvalid

DATE = b"Sun, 06 Nov 1994 08:49:37 GMT"


def begin(status=200, headers=(), *, method="GET", minor_version=1, keeps_alive=True):
    answer = Answer(method, minor_version, keeps_alive=keeps_alive)
    return answer, answer.head(status, headers, DATE)


def lines(head):
    assert head.endswith(b"\r\n\r\n")
    return set(head.split(b"\r\n")[:-2])


LENGTH = (b"content-length", b"4")


@pytest.mark.parametrize(
    ("options", "expected", "blocks"),
    [
        ({"headers": [LENGTH]}, {b"content-length: 4"}, (b"body",)),
        ({}, {b"transfer-encoding: chunked"}, (b"4\r\n", b"body", b"\r\n", b"0\r\n\r\n")),
        ({"minor_version": 0}, {b"connection: close"}, (b"body",)),
        (
            {"minor_version": 0, "headers": [LENGTH]},
            {b"connection: keep-alive", b"content-length: 4"},
            (b"body",),
        ),
        ({"method": "HEAD", "headers": [LENGTH]}, {b"content-length: 4"}, ()),
        ({"method": "HEAD"}, set(), ()),
        ({"status": 204, "headers": [LENGTH]}, set(), ()),
        ({"status": 304, "headers": [LENGTH]}, {b"content-length: 4"}, ()),
        ({"headers": [LENGTH, (b"connection", b"Close")]}, {b"connection: close"}, (b"body",)),
        ({"headers": [LENGTH], "keeps_alive": False}, {b"connection: close"}, (b"body",)),
    ],
)
def test_body_is_delimited_as_the_client_can_understand(options, expected, blocks):
    answer, head = begin(**options)
    assert expected <= lines(head)
    assert answer.block(b"body", is_last=True) == blocks
    assert answer.is_complete


def test_date_is_there_once():
    assert b"date: " + DATE in lines(begin()[1])
    assert begin(headers=[(b"date", b"mine")])[1].count(b"date") == 1


def test_coding_is_not_the_applications_to_choose():
    _, head = begin(headers=[(b"transfer-encoding", b"gzip"), LENGTH])
    assert b"transfer-encoding" not in head


@pytest.mark.parametrize("value", [b"a\r\nb: c", b"a\nb", b"a\rb", b"a\0"])
def test_header_cannot_hold_another(value):
    with pytest.raises(AnswerInvalid):
        begin(headers=[(b"x", value)])


@pytest.mark.parametrize("blocks", [[b"12345"], [b"123", b"45"], [b"123"], [b"1", b"2"]])
def test_body_of_another_length_is_a_defect(blocks):
    answer, _ = begin(headers=[LENGTH])
    with pytest.raises(AnswerInvalid):
        for number, block in enumerate(blocks, 1):
            answer.block(block, is_last=number == len(blocks))


def test_nothing_follows_the_end():
    answer, _ = begin()
    answer.block(b"", is_last=True)
    with pytest.raises(AnswerInvalid):
        answer.block(b"more", is_last=True)
