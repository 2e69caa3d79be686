import pytest

from pachlite.cli.completion import Line, propose
from pachlite.cli.completion import _read_bash as read_bash  # the format is the shell's, not ours
from pachlite.cli.completion import _read_typer as read_typer


def _values(*words):
    return [each.value for each in propose(Line(words[:-1], words[-1]))]


def test_verbs_nouns_and_options_are_proposed():
    assert _values("cr") == ["create"]
    assert {"list", "version", "serve"} <= set(_values(""))
    assert _values("create", "") == ["project", "repo", "branch"]
    assert _values("create", "repo", "--d") == ["--description"]
    assert "--no-color" in _values("--")


def test_plurals_and_the_other_order_are_understood():
    assert "--all-projects" in _values("list", "repos", "--")
    assert "--all-projects" in _values("repo", "list", "--")
    assert "--all-projects" in _values("--no-color", "list", "repo", "--")


def test_the_values_of_an_option_are_proposed():
    assert _values("list", "repo", "-o", "") == ["table", "json", "yaml"]
    assert _values("list", "commit", "x", "--origin", "U") == ["USER"]
    assert _values("list", "repo", "-o", "json", "--pr") == ["--project"]


def test_nothing_is_proposed_for_what_is_free_text_or_a_local_file():
    assert _values("create", "repo", "r", "-d", "") == []
    assert _values("put", "file", "r@b", "-f", "") == []
    assert _values("xyzzy", "") == []


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (["list"], ("list",)),
        (["list", ""], ("list", "")),
        (["list", "file", "r", "@", "ma"], ("list", "file", "r@ma")),
        (["list", "file", "r", "@"], ("list", "file", "r@")),
        (["list", "file", "r", "@", "b", ":", "/x"], ("list", "file", "r@b:/x")),
        (["list", "file", "r", "@", "b", ":"], ("list", "file", "r@b:")),
        (["put", "file", "r", "@", "b", "-f", ""], ("put", "file", "r@b", "-f", "")),
        (["list", "repo", "--output", "=", "j"], ("list", "repo", "--output", "=j")),
    ],
)
def test_words_that_bash_cuts_are_put_together(cut, words):
    environment = {"COMP_WORDS": "\n".join(["pachlite", *cut]), "COMP_CWORD": str(len(cut))}

    line = read_bash(environment)

    assert (*line.words, line.incomplete) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pachlite ", ("",)),
        ("pachlite li", ("li",)),
        ("pachlite list ", ("list", "")),
        ("pachlite get file 'r@b:/a b", ("get", "file", "'r@b:/a", "b")),
        ("pachlite get file 'r@b:/a b'", ("get", "file", "r@b:/a b")),
    ],
)
def test_lines_of_zsh_and_fish_are_read(text, words):
    line = read_typer({"_TYPER_COMPLETE_ARGS": text})

    assert (*line.words, line.incomplete) == words
