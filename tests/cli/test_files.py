"""Listing, finding, inspecting, copying and deleting files."""

import base64
import json

import pytest


def _names(cli, *words):
    return [each["path"] for each in cli.json("list", "file", *words)]


def test_a_directory_is_listed_level_by_level(images):
    assert images.ok("list", "file", "images@master") == ("SIZE NAME\n-    /cats/\n8B   /readme\n")
    assert _names(images, "images@master:/") == ["/cats/", "/readme"]
    assert _names(images, "images@master:/cats") == ["/cats/kit.txt", "/cats/tom.txt"]
    assert _names(images, "images@master:cats/") == ["/cats/kit.txt", "/cats/tom.txt"]


def test_a_file_lists_itself(images):
    assert _names(images, "images@master:/cats/tom.txt") == ["/cats/tom.txt"]


@pytest.mark.parametrize("path", ["/nope", "/cat", "/cats/tom.txt/x", "/readme/"])
@pytest.mark.parametrize("chosen", ["table", "yaml"])
def test_a_path_that_is_not_there_is_an_error(images, path, chosen):
    error = images.fails("list", "file", f"images@master:{path}", "-o", chosen)

    assert f"file {path} not found in repo default/images at commit" in error


def test_an_empty_root_is_a_header(cli):
    cli.ok("create", "repo", "r")
    cli.ok("create", "branch", "r@b")

    assert cli.ok("list", "file", "r@b") == "SIZE NAME\n"
    assert cli.json("list", "file", "r@b:/") == []
    assert cli.ok("list", "file", "r@b", "-o", "yaml") == "[]\n"


def test_more_files_than_a_page_are_all_listed(cli):
    cli.ok("create", "repo", "r")
    with cli.store() as pfs:
        from pachlite.pfs.refs import parse_commit

        with pfs.open_file_set(parse_commit("r@b")) as files:
            for number in range(2100):
                files.put_file(f"d/{number:04}").complete()

    assert _names(cli, "r@b:/d") == [f"/d/{number:04}" for number in range(2100)]


def test_raw_files_have_the_fields_of_pachctl(images):
    commit = images.json("inspect", "commit", "images@master")["id"]

    raw = json.loads(images.ok("inspect", "file", "images@master:/readme", "--raw"))

    assert raw["file"]["path"] == "/readme"
    assert raw["file"]["commit"]["id"] == commit
    assert raw["file"]["datum"] == "default"
    assert raw["file_type"] == "FILE"
    assert raw["size_bytes"] == "8"
    digest = images.json("inspect", "file", "images@master:/readme")["digest"]
    assert base64.b64decode(raw["hash"]).hex() == digest
    assert json.loads(images.ok("list", "file", "images@master:/readme", "--raw")) == raw


def test_a_file_is_inspected_with_the_commit_that_wrote_it(images):
    written = images.json("list", "commit", "images@master")[2]["id"]

    shown = images.ok("inspect", "file", "images@master:/cats/tom.txt")

    assert shown.startswith("Path: /cats/tom.txt\nType: file\nSize: 4B\n")
    assert f"Commit: {written}\n" in shown


def test_a_directory_is_inspected_with_the_size_of_what_is_in_it(images):
    assert images.ok("inspect", "file", "images@master:/cats") == (
        "Path: /cats/\nType: dir\nSize: 8B\n"
    )
    assert images.json("inspect", "file", "images@master:/")["size_bytes"] == 16
    assert "a path is missing" in images.fails("inspect", "file", "images@master")
    assert "/nope not found" in images.fails("inspect", "file", "images@master:/nope")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", ["/cats/", "/readme"]),
        ("/*", ["/cats/", "/readme"]),
        ("/", ["/"]),
        ("/cats/*", ["/cats/kit.txt", "/cats/tom.txt"]),
        ("**.txt", ["/cats/kit.txt", "/cats/tom.txt"]),
        ("/{readme,cats}", ["/cats/", "/readme"]),
        ("/cats/[!k]*", ["/cats/tom.txt"]),
        ("/nope*", []),
    ],
)
def test_files_are_found_by_patterns(images, pattern, found):
    globbed = images.json("glob", "file", f"images@master:{pattern}")

    assert [each["path"] for each in globbed] == found


def test_a_pattern_without_matches_is_a_header(images):
    assert images.ok("glob", "file", "images@master:/x*") == "SIZE NAME\n"
    assert "not closed" in images.fails("glob", "file", "images@master:/[x")


def test_a_file_is_copied_to_a_path_a_directory_or_another_branch(images):
    images.ok("create", "repo", "other")

    images.ok("copy", "file", "images@master:/cats/tom.txt", "images@master:/dog")
    images.ok("copy", "file", "images@master:/cats/tom.txt", "images@master:/dogs/")
    images.ok("copy", "file", "images@master:/cats/tom.txt", "other@b")

    assert images.ok("get", "file", "images@master:/dog") == "tom\n"
    assert images.ok("get", "file", "images@master:/dogs/tom.txt") == "tom\n"
    assert images.ok("get", "file", "other@b:/cats/tom.txt") == "tom\n"


def test_a_directory_is_copied_with_everything_in_it(images):
    images.ok("copy", "file", "images@master:/cats", "images@dev:/animals")
    images.ok("copy", "file", "images@master:/", "images@all:/")

    assert _names(images, "images@dev:/animals") == ["/animals/kit.txt", "/animals/tom.txt"]
    assert _names(images, "images@all") == ["/cats/", "/readme"]


def test_a_copy_replaces_or_appends(images):
    images.ok("copy", "file", "images@master:/cats/tom.txt", "images@master:/readme", "-a")
    assert images.ok("get", "file", "images@master:/readme") == "read me\ntom\n"

    images.ok("copy", "file", "images@master:/cats/tom.txt", "images@master:/readme")
    assert images.ok("get", "file", "images@master:/readme") == "tom\n"


def test_files_are_copied_between_projects(images):
    images.ok("create", "project", "vision")
    images.ok("create", "repo", "images", "--project", "vision")

    images.ok(
        "copy", "file", "images@master:/readme", "images@b:/x", "--dest-project", "vision"
    )  # fmt: skip

    assert images.ok("get", "file", "images@b:/x", "--project", "vision") == "read me\n"


def test_a_source_that_is_not_there_is_not_copied(images):
    assert "/nope not found" in images.fails("copy", "file", "images@master:/nope", "images@b:/x")
    assert "not found" in images.fails("copy", "file", "images@master:/readme", "nope@b:/x")


def test_nothing_is_copied_into_a_finished_commit(images):
    commit = images.json("inspect", "commit", "images@master")["id"]

    assert "has already finished" in images.fails(
        "copy", "file", "images@master:/readme", f"images@{commit}:/x"
    )


def test_a_file_is_deleted_and_stays_in_earlier_commits(images):
    assert images.ok("delete", "file", "images@master:/cats/tom.txt") == ""

    assert _names(images, "images@master:/cats") == ["/cats/kit.txt"]
    assert images.ok("get", "file", "images@master^:/cats/tom.txt") == "tom\n"


def test_a_directory_is_deleted_with_the_flag_only(images):
    for path in ("/cats", "/cats/", "/"):
        error = images.fails("delete", "file", f"images@master:{path}")
        assert "Try again with the -r flag" in error

    images.ok("delete", "file", "-r", "images@master:/cats")
    assert _names(images, "images@master") == ["/readme"]
    images.ok("delete", "file", "-r", "images@master:/")
    assert _names(images, "images@master") == []


@pytest.mark.parametrize("flags", [(), ("-r",)])
def test_nothing_is_deleted_where_nothing_is(images, flags):
    assert "/nope not found" in images.fails("delete", "file", "images@master:/nope", *flags)


def test_nothing_is_deleted_from_a_finished_commit(images):
    commit = images.json("inspect", "commit", "images@master")["id"]

    assert "has already finished" in images.fails("delete", "file", f"images@{commit}:/readme")


def test_keys_are_taken_as_they_are(images):
    images.ok("put", "file", "images@master:/a//b/", "--key", stdin="1")

    assert _names(images, "images@master:/a//b/", "--key") == ["//a//b/"]
    images.ok("copy", "file", "--key", "images@master:/a//b/", "images@master:x//y")
    assert images.ok("get", "file", "--key", "images@master:x//y") == "1"
    images.ok("delete", "file", "--key", "images@master:/a//b/")
    assert "not found" in images.fails("inspect", "file", "--key", "images@master:/a//b/")
