"""Patterns of wildcards against regular expressions that try everything."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.errors import InvalidPattern
from pachlite.pfs.globs import compile_glob

PLAIN = {"*": "[^/]*", "**": ".*", "?": "[^/]", "[ab]": "[ab]", "a": "a", "b": "b", "/": "/"}


@given(
    st.lists(st.sampled_from(list(PLAIN)), min_size=1, max_size=9),
    st.lists(st.text("ab/", min_size=1, max_size=9), min_size=20, max_size=20),
)
def test_wildcards_match_what_they_match_when_everything_is_tried(words, paths):
    pattern = "".join(words).removeprefix("/")
    tried = "".join(PLAIN.get(word, ".*") for word in re.findall(r"\*+|\[ab\]|.", pattern))
    for path in paths:
        expected = re.fullmatch(tried, path.rstrip("/") or path) is not None
        assert compile_glob("/" + pattern).matches(path) is expected


@pytest.mark.parametrize("word", ["*a", "**a", "**/", "**/*a*", "*?a"])
def test_many_wildcards_end_on_long_paths(word):
    glob = compile_glob(word * 50 + "x")
    assert not any(glob.matches(path) for path in ("a" * 1000, "a/" * 500 + "z"))


def test_groups_that_are_too_deep_are_an_invalid_pattern():
    with pytest.raises(InvalidPattern, match="groups within groups"):
        compile_glob("@(" * 5000 + ")" * 5000)
