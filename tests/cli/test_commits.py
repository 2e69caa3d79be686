import json

import pytest


def test_a_commit_is_started_filled_and_finished(images):
    started = images.ok("start", "commit", "images@master", "-m", "may")

    commit_id = started.strip()
    assert started == f"{commit_id}\n"
    assert len(commit_id) == 32
    images.ok("put", "file", "images@master:/new", stdin="1")
    images.ok("put", "file", f"images@{commit_id}:/new2", stdin="22")
    assert images.json("inspect", "commit", "images@master")["finished_at"] is None
    assert images.ok("finish", "commit", "images@master") == ""
    info = images.json("inspect", "commit", f"images@{commit_id[:20]}")
    assert info["description"] == "may"
    assert info["finished_at"]
    assert info["file_count"] == 5


def test_finishing_can_change_the_description(images):
    images.ok("start", "commit", "images@master", "-m", "may")
    images.ok("finish", "commit", "images@master", "-m", "june")

    assert images.json("inspect", "commit", "images@master")["description"] == "june"


def test_a_commit_can_build_on_another_parent(images):
    parent = images.json("inspect", "commit", "images@master^")["id"]

    images.ok("start", "commit", "images@fix", "--parent", "master^")

    assert images.json("inspect", "commit", "images@fix")["parent"] == parent


def test_a_finished_commit_is_not_finished_again(images):
    assert "has already finished" in images.fails("finish", "commit", "images@master")


def test_an_open_commit_takes_no_second_one(images):
    images.ok("start", "commit", "images@master")

    assert "has not been finished" in images.fails("start", "commit", "images@master")


def test_a_commit_alone_is_pointed_to_the_list(images):
    commit_id = images.json("inspect", "commit", "images@master")["id"]

    assert f"list commit {commit_id}" in images.fails("inspect", "commit", commit_id)


@pytest.mark.parametrize(
    "name", ["images@master^9", "images@master.9", "images@01234567", "images@nope"]
)
def test_a_commit_that_is_not_there_is_an_error(images, name):
    assert "not found" in images.fails("inspect", "commit", name)


@pytest.mark.parametrize("name", ["images", "images@master^~", "images@master.0", "images@a=", "@"])
@pytest.mark.parametrize("verb", ["inspect", "finish"])
def test_what_is_no_commit_is_refused(images, verb, name):
    assert "invalid" in images.fails(verb, "commit", name)


def test_commits_are_listed_newest_first(images):
    listed = images.json("list", "commit", "images@master")

    assert [each["file_count"] for each in listed] == [3, 2, 1]
    assert images.json("list", "commit", "images") == listed
    header = images.ok("list", "commit", "images@master").splitlines()[0]
    assert header.split() == [
        "PROJECT", "REPO", "COMMIT", "FINISHED", "SIZE", "ORIGIN", "CREATOR", "DESCRIPTION",
    ]  # fmt: skip


def test_a_list_of_commits_can_be_cut(images):
    listed = [each["id"] for each in images.json("list", "commit", "images@master")]

    def ids(*words):
        return [each["id"] for each in images.json("list", "commit", *words)]

    assert ids("images@master", "-n", "2") == listed[:2]
    assert ids("images@master", "--from", listed[2][:20]) == listed[:2]
    assert ids("images@master", "--from", "images@master^") == listed[:1]
    assert ids("images@master^") == listed[1:]
    assert ids("images", "--origin", "user") == listed
    assert ids("images", "--origin", "AUTO") == []


def test_commits_of_an_id_are_listed_in_all_repos(images):
    commit_id = images.json("inspect", "commit", "images@master")["id"]

    assert [each["id"] for each in images.json("list", "commit", commit_id[:20])] == [commit_id]
    assert "not found" in images.fails("list", "commit", "0123456789")
    assert "need a repo" in images.fails("list", "commit", commit_id, "--from", "x")


def test_a_repo_that_looks_like_a_commit_id_is_a_repo(images):
    images.ok("create", "repo", "deadbeef")
    images.ok("put", "file", "deadbeef@master:/x", stdin="x")

    assert [each["repo"] for each in images.json("list", "commit", "deadbeef")] == ["deadbeef"]


def test_without_a_repo_sets_of_commits_are_listed(images):
    images.ok("start", "commit", "images@master")

    lines = images.ok("list", "commit").splitlines()

    assert lines[0].split() == ["ID", "SUBCOMMITS", "PROGRESS", "CREATED", "MODIFIED"]
    assert len(lines) == 5
    assert "--------" in lines[1]
    assert "▇▇▇▇▇▇▇▇" in lines[2]
    assert len(images.ok("list", "commit", "-x").splitlines()) == 5
    assert [len(each["commits"]) for each in images.json("list", "commit")] == [1] * 4
    assert "need a repo" in images.fails("list", "commit", "--origin", "USER")
    assert "needs a commit to start at" in images.fails("list", "commit", "images", "-f", "x")


def test_raw_commits_have_the_fields_of_pachctl(images):
    raw = json.loads(images.ok("inspect", "commit", "images@master", "--raw"))

    assert raw["origin"] == {"kind": "USER"}
    assert raw["details"] == {"size_bytes": "16"}
    assert raw["commit"]["branch"]["name"] == "master"
    assert raw["finished"] == raw["finishing"]
    images.ok("start", "commit", "images@master")
    opened = json.loads(images.ok("inspect", "commit", "images@master", "--raw"))
    assert "finished" not in opened
    assert "details" not in opened


def test_a_head_is_deleted_and_the_branch_falls_back(images):
    before = images.json("inspect", "commit", "images@master^")["id"]

    assert images.ok("delete", "commit", "images@master") == ""

    assert images.json("inspect", "branch", "images@master")["head"] == before
    assert "children" in images.fails("delete", "commit", "images@master^")


def test_a_commit_is_squashed_into_its_child(images):
    squashed = images.json("inspect", "commit", "images@master^")["id"]

    assert images.ok("squash", "commit", squashed[:20]) == ""

    assert squashed not in [each["id"] for each in images.json("list", "commit", "images")]
    assert len(images.json("list", "file", "images@master:/cats")) == 2
    assert "squash" in images.fails("squash", "commit", "images@master")


@pytest.mark.parametrize("verb", ["delete", "squash"])
def test_an_unknown_commit_is_not_removed_silently(images, verb):
    assert "not found" in images.fails(verb, "commit", "0123456789abcdef")
    assert "not found" in images.fails(verb, "commit", "images@nope")
