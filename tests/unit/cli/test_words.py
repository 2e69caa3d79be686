import pytest

from pachlite.cli.words import arrange, command_name, wants_json


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("list repo", "list repo"),
        ("repo list", "list repo"),
        ("repos list -A", "list repos -A"),
        ("help put file", "put file --help"),
        ("help", "--help"),
        ("list repo --no-color", "--no-color list repo"),
        ("list -v repo", "-v list repo"),
        ("put file -- -v", "put file -- -v"),
        ("repo", "repo"),
        ("version", "version"),
    ],
)
def test_words_are_put_in_order(typed, meant):
    assert arrange(typed.split()) == meant.split()


def test_the_command_is_known_whatever_the_spelling():
    assert command_name(["--no-color", "repos", "list"]) == "list repo"
    assert command_name([]) == ""


@pytest.mark.parametrize(
    "typed",
    ["list repo -o json", "list repo -o JSON", "-ojson", "x --output=json", "x --output json"],
)
def test_json_is_recognised_in_every_spelling(typed):
    assert wants_json(typed.split())


@pytest.mark.parametrize("typed", ["get file a@b:/c -o json", "list repo -o yaml", "x -- -o json"])
def test_json_is_not_seen_where_it_is_something_else(typed):
    assert not wants_json(typed.split())
