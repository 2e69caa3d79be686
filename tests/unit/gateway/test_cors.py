"""What CORS rules say of a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.gateway.cors import (
    Asked,
    CorsRule,
    answer_headers,
    load_rules,
    parse_rules,
    preflight_headers,
    render_rules,
)

_NAMES = st.text("abcXYZ019-_", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("pattern", "origin", "fits"),
    [
        ("*", "", True),
        ("http://a", "http://a", True),
        ("http://a", "http://A", False),
        ("*suffix", "foo.suffix", True),
        ("start*end", "startend", True),
        ("start*end", "start1end", True),
        ("start*end", "starten", False),
        ("ab*ba", "aba", False),
        ("prefix*", "prefix.suffix", True),
        ("prefix*", "bla.prefix", False),
    ],
)
def test_one_star_stands_for_anything(pattern, origin, fits):
    rule = CorsRule((pattern,), ("GET",))
    assert rule.allows(Asked(origin, "GET")) is fits
    assert not rule.allows(Asked(origin, "PUT"))


def test_headers_are_compared_without_case_and_all_must_fit():
    rule = CorsRule(("*",), ("GET",), ("X-Amz-*", "content-type"))
    assert rule.allows(Asked("o", "GET", ("x-AMZ-date", "Content-Type")))
    assert not rule.allows(Asked("o", "GET", ("x-amz-date", "x-am")))


def test_first_rule_that_fits_is_told():
    rules = (CorsRule(("a",), ("PUT",), max_age_s="1"), CorsRule(("a",), ("GET",), max_age_s="2"))
    assert dict(preflight_headers(rules, Asked("a", "GET")))["access-control-max-age"] == "2"
    assert preflight_headers(rules, Asked("b", "GET")) is None
    assert answer_headers(rules, Asked("b", "GET")) == ()
    assert "access-control-expose-headers" not in dict(answer_headers(rules, Asked("a", "PUT")))


@given(
    st.builds(
        CorsRule,
        st.lists(st.text("ab&<:/.", min_size=1), min_size=1).map(tuple),
        st.lists(st.sampled_from(["GET", "PUT"]), min_size=1).map(tuple),
        st.lists(_NAMES).map(tuple),
        st.lists(_NAMES).map(tuple),
        st.sampled_from(["", "0", "-1", "600"]),
        st.text("a&< ", max_size=5),
    )
)
def test_rules_survive_being_kept(rule):
    kept = render_rules((rule, rule))
    assert parse_rules(kept) == load_rules(kept.decode()) == (rule, rule)


def test_nothing_kept_is_no_rules():
    assert load_rules("") == ()
