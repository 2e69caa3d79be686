import pytest

from pachlite.cli.arguments import typed_file
from pachlite.cli.put_plan import PutRules, split_names, target_of
from pachlite.errors import InvalidOption


def _target(destination, name, *, several=False, directory=False, full_path=False):
    rules = PutRules(typed_file(destination), is_full_path=full_path)
    return target_of(name, rules, is_only=not several, is_directory=directory)


@pytest.mark.parametrize(
    ("destination", "name", "key"),
    [
        ("r@b", "x/a.csv", "a.csv"),
        ("r@b", "/tmp/x/a.csv", "a.csv"),
        ("r@b:", "x/a.csv", "a.csv"),
        ("r@b:/p", "x/a.csv", "p"),
        ("r@b:/p/", "x/a.csv", "p/a.csv"),
        ("r@b:/", "x/a.csv", "a.csv"),
        ("r@b:/p//q", "a.csv", "p/q"),
        ("r@b", "http://example.com/d/a.csv?x=/y", "a.csv"),
        ("r@b:/p/", "https://example.com/d/a%20b.csv", "p/a b.csv"),
    ],
)
def test_a_single_file_gets_the_path_or_its_own_name(destination, name, key):
    assert _target(destination, name) == key


@pytest.mark.parametrize(
    ("destination", "name", "key"),
    [
        ("r@b", "x/./a.csv", "x/a.csv"),
        ("r@b", "/tmp/a.csv", "tmp/a.csv"),
        ("r@b:/p", "x/a.csv", "p"),
        ("r@b:/p/", "x/a.csv", "p/x/a.csv"),
        ("r@b", "http://example.com/d/a.csv", "d/a.csv"),
    ],
)
def test_the_full_path_is_kept_when_asked_for(destination, name, key):
    assert _target(destination, name, full_path=True) == key


@pytest.mark.parametrize(
    ("destination", "name", "key"),
    [
        ("r@b", "x/dir/", "dir"),
        ("r@b", ".", ""),
        ("r@b:/p", "x/dir", "p"),
        ("r@b:/p/", "x/dir", "p/"),
        ("r@b:/", "x/dir", ""),
    ],
)
def test_a_single_directory_is_put_below_the_path(destination, name, key):
    assert _target(destination, name, directory=True) == key


def test_a_directory_keeps_its_full_path_when_asked_for():
    assert _target("r@b:/p", "x/dir", directory=True, full_path=True) == "p/x/dir"
    assert _target("r@b", "x/dir", directory=True, full_path=True) == "x/dir"


@pytest.mark.parametrize("directory", [False, True])
@pytest.mark.parametrize("destination", ["r@b:/p", "r@b:/p/"])
def test_several_sources_are_put_below_the_path_by_name(destination, directory):
    assert _target(destination, "x/a", several=True, directory=directory) == "p/a"


@pytest.mark.parametrize("name", ["..", "../..", "http://example.com", "http://example.com/"])
def test_a_source_without_a_name_needs_a_path(name):
    with pytest.raises(InvalidOption, match="no name of its own"):
        _target("r@b", name)

    assert _target("r@b:/p", name, directory=True) == "p"


def test_a_full_path_that_leaves_the_directory_is_refused():
    with pytest.raises(InvalidOption, match="no name of its own"):
        _target("r@b", "../x/a.csv", full_path=True)


def test_values_are_split_at_commas_but_not_inside_a_url():
    assert split_names(["a,b", "c", "d,,e"]) == ["a", "b", "c", "d", "e"]
    assert split_names(["http://h/x?a=1,2,https://h/y"]) == ["http://h/x?a=1,2", "https://h/y"]


def test_a_file_of_that_name_wins_over_the_comma(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a,b").touch()

    assert split_names(["a,b"]) == ["a,b"]
