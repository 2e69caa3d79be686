"""Conditional requests, in the order of RFC 9110."""

from datetime import UTC, datetime

import pytest

from pachlite.errors import PreconditionFailed
from pachlite.gateway.conditions import (
    COPY_SOURCE_PREFIX,
    UNCONDITIONAL,
    check_copy_source,
    is_modified,
    parse_conditions,
    parse_etags,
    parse_precondition,
    range_applies,
)
from pachlite.pfs.infos import NO_PRECONDITION, FileInfo, FileType

MOMENT = datetime(2026, 11, 22, 10, 0, 0, 999_000, tzinfo=UTC)
INFO = FileInfo("key", FileType.FILE, 3, MOMENT, etag="abc")
BEFORE = "Sun, 22 Nov 2026 09:59:59 GMT"
SAME = "Sun, 22 Nov 2026 10:00:00 GMT"
AFTER = "Sun, 22 Nov 2026 10:00:01 GMT"


def modified(**headers):
    return is_modified(
        parse_conditions({name.replace("_", "-"): value for name, value in headers.items()}), INFO
    )


def test_request_without_conditions_needs_the_object():
    assert parse_conditions({"range": "bytes=0-1"}) is UNCONDITIONAL
    assert is_modified(UNCONDITIONAL, INFO)


@pytest.mark.parametrize("etags", ['"abc"', "abc", "*", '"x", "abc"', 'W/"abc"'])
def test_if_match_holds(etags):
    assert modified(if_match=etags)
    assert not modified(if_none_match=etags)


@pytest.mark.parametrize("etags", ['"x"', '"x", "y"', '"ABC"'])
def test_if_match_does_not_hold(etags):
    with pytest.raises(PreconditionFailed):
        modified(if_match=etags)
    assert modified(if_none_match=etags)


def test_times_are_compared_in_whole_seconds():
    assert modified(if_unmodified_since=SAME)
    assert not modified(if_modified_since=SAME)


def test_if_unmodified_since_does_not_hold_for_a_newer_object():
    with pytest.raises(PreconditionFailed):
        modified(if_unmodified_since=BEFORE)


def test_if_modified_since_holds_for_a_newer_object():
    assert modified(if_modified_since=BEFORE)
    assert not modified(if_modified_since=AFTER)


def test_if_match_goes_before_if_unmodified_since():
    assert modified(if_match='"abc"', if_unmodified_since=BEFORE)


def test_if_none_match_goes_before_if_modified_since():
    assert not modified(if_none_match='"abc"', if_modified_since=BEFORE)
    assert modified(if_none_match='"x"', if_modified_since=AFTER)


def test_failed_precondition_goes_before_not_modified():
    with pytest.raises(PreconditionFailed):
        modified(if_match='"x"', if_none_match='"abc"')


def test_date_that_is_none_is_ignored():
    assert modified(if_modified_since="yesterday", if_unmodified_since="soon")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("if-match", '"x"'),
        ("if-none-match", '"abc"'),
        ("if-modified-since", SAME),
        ("if-unmodified-since", BEFORE),
    ],
)
def test_source_of_a_copy_must_meet_its_conditions(header, value):
    conditions = parse_conditions({COPY_SOURCE_PREFIX + header: value}, prefix=COPY_SOURCE_PREFIX)
    with pytest.raises(PreconditionFailed):
        check_copy_source(conditions, INFO)


def test_source_of_a_copy_that_meets_its_conditions_is_taken():
    headers = {COPY_SOURCE_PREFIX + "if-match": '"abc"'}
    check_copy_source(parse_conditions(headers, prefix=COPY_SOURCE_PREFIX), INFO)


def test_precondition_of_a_write_has_the_etags_without_quotes():
    precondition = parse_precondition({"if-none-match": "*", "if-match": '"a", b'})
    assert precondition.if_none_match == ("*",)
    assert precondition.if_match == ("a", "b")
    assert parse_precondition({}) is NO_PRECONDITION


def test_no_etags_are_found_in_nothing():
    assert parse_etags("") == ()


@pytest.mark.parametrize(
    ("if_range", "applies"),
    [
        ("", True),
        ('"abc"', True),
        ('"x"', False),
        ('W/"abc"', False),
        (SAME, True),
        (BEFORE, False),
        (AFTER, False),
    ],
)
def test_range_applies_to_exactly_the_object_that_if_range_names(if_range, applies):
    assert range_applies(if_range, INFO) is applies
