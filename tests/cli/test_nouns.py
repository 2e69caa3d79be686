"""Projects, repos and branches."""

import json

import pytest
import yaml


def test_a_project_is_created_shown_changed_and_deleted(cli):
    assert cli.ok("create", "project", "vision", "-d", "pictures") == ""

    assert cli.json("inspect", "project", "vision")["description"] == "pictures"
    assert cli.ok("update", "project", "vision", "-d", "films") == ""
    assert "Description: films" in cli.ok("inspect", "project", "vision")
    assert cli.run("delete", "project", "vision").stderr == "Project deleted.\n"
    assert [each["name"] for each in cli.json("list", "project")] == ["default"]


def test_projects_are_listed_with_the_one_in_use(cli):
    cli.ok("create", "project", "vision")

    lines = cli.ok("list", "project").splitlines()

    assert lines[0].split() == ["ACTIVE", "PROJECT", "CREATED", "DESCRIPTION"]
    assert lines[1].split()[:2] == ["*", "default"]
    assert lines[2].split()[0] == "vision"


def test_a_project_with_repos_goes_only_by_force(cli):
    cli.ok("create", "project", "vision")
    cli.ok("create", "repo", "images", "--project", "vision")

    assert "repo vision/images still exists" in cli.fails("delete", "project", "vision")
    cli.ok("delete", "project", "vision", "--force")
    assert cli.json("list", "repo", "-A") == []


@pytest.mark.parametrize("name", ["-x", "a/b", "x" * 52, "ü", "."])
def test_a_project_name_that_breaks_the_rules_is_refused(cli, name):
    assert "project name" in cli.fails("create", "project", "--", name)


def test_a_repo_is_created_shown_changed_and_deleted(cli):
    assert cli.ok("create", "repo", "images", "-d", "photos") == ""

    shown = cli.ok("inspect", "repo", "images")
    assert shown.startswith("Name: images\n")
    assert "Description: photos\n" in shown
    assert "Size of HEAD on master: 0B\n" in shown
    cli.ok("update", "repo", "images", "-d", "")
    assert cli.json("inspect", "repo", "images")["description"] == ""
    assert cli.run("delete", "repo", "images").stderr == "Repo deleted.\n"
    assert cli.json("list", "repo") == []


def test_an_update_without_anything_to_change_is_refused(cli):
    cli.ok("create", "repo", "images", "-d", "photos")

    assert "nothing to change" in cli.fails("update", "repo", "images")
    assert "nothing to change" in cli.fails("update", "project", "default")


def test_an_update_does_not_create(cli):
    assert "repo default/images not found" in cli.fails("update", "repo", "images", "-d", "x")
    assert 'project "vision" not found' in cli.fails("update", "project", "vision", "-d", "x")


def test_a_repo_is_not_created_twice(cli):
    cli.ok("create", "repo", "images")

    assert "repo default/images already exists" in cli.fails("create", "repo", "images")


def test_repos_are_listed_as_pachctl_lists_them(cli):
    cli.ok("create", "repo", "images", "-d", "photos")
    cli.ok("put", "file", "images@master:/a", stdin="x" * 1536)

    header, row = cli.ok("list", "repo").splitlines()

    assert header.split("  ")[0].startswith("PROJECT NAME")
    assert "SIZE (MASTER)" in header
    assert row.split()[:2] == ["default", "images"]
    assert " 1.5KiB " in row
    assert header.index("SIZE") == row.index("1.5KiB")


def test_an_empty_list_is_a_header(cli):
    assert cli.ok("list", "repo") == "PROJECT NAME CREATED SIZE (MASTER) DESCRIPTION\n"
    assert cli.json("list", "repo") == []


def test_times_can_be_shown_in_full(cli):
    cli.ok("create", "repo", "images")

    assert " ago" in cli.ok("list", "repo")
    assert "T" in cli.ok("list", "repo", "--full-timestamps").splitlines()[1].split()[2]


def test_raw_repos_have_the_fields_of_pachctl(images):
    raw = json.loads(images.ok("list", "repo", "--raw"))

    assert raw["repo"] == {"name": "images", "type": "user", "project": {"name": "default"}}
    assert raw["details"] == {"size_bytes": "16"}
    assert raw["branches"][0]["name"] == "master"
    assert "description" not in raw
    assert yaml.safe_load(images.ok("inspect", "repo", "images", "--raw", "-o", "yaml")) == raw


def test_the_repos_of_all_projects_are_listed_on_demand(cli):
    cli.ok("create", "project", "vision")
    cli.ok("create", "repo", "images", "--project", "vision")
    cli.ok("create", "repo", "words")

    assert [each["name"] for each in cli.json("list", "repo")] == ["words"]
    assert {each["name"] for each in cli.json("list", "repo", "-A")} == {"words", "images"}
    assert 'project "visoin" not found' in cli.fails("list", "repo", "--project", "visoin")


def test_all_repos_of_a_project_are_deleted_together(cli):
    cli.ok("create", "repo", "a")
    cli.ok("create", "repo", "b")

    assert "either a repo or --all" in cli.fails("delete", "repo")
    assert "either a repo or --all" in cli.fails("delete", "repo", "a", "--all")
    assert "--all only" in cli.fails("delete", "repo", "a", "-A")
    assert cli.run("delete", "repo", "--all").stderr == "Repo deleted.\n" * 2
    assert cli.json("list", "repo") == []


@pytest.mark.parametrize(
    "words",
    [
        ("inspect", "repo", "nope"),
        ("delete", "repo", "nope"),
        ("list", "branch", "nope"),
        ("create", "branch", "nope@b"),
        ("start", "commit", "nope@b"),
        ("list", "file", "nope@b"),
        ("list", "commit", "nope"),
        ("get", "file", "nope@b:/x"),
        ("delete", "file", "nope@b:/x"),
        ("glob", "file", "nope@b:*"),
        ("diff", "file", "nope@b"),
    ],
)
def test_a_repo_that_is_not_there_is_an_error_everywhere(cli, words):
    assert "repo default/nope not found" in cli.fails(*words)


@pytest.mark.parametrize("name", ["a b", "a@b", "a/b", "ü", ""])
def test_a_repo_name_that_breaks_the_rules_is_refused(cli, name):
    error = cli.fails("create", "repo", name)

    assert "invalid" in error or "repo name" in error


def test_a_branch_is_created_moved_shown_and_deleted(images):
    head = images.json("inspect", "branch", "images@master")["head"]

    assert images.ok("create", "branch", "images@dev", "--head", "master") == ""
    assert images.json("inspect", "branch", "images@dev")["head"] == head
    images.ok("create", "branch", "images@dev", "--head", "images@master^")
    assert images.json("inspect", "branch", "images@dev")["head"] != head
    images.ok("create", "branch", "images@dev", "--head", head[:20])
    assert f"Head Commit: images@{head}" in images.ok("inspect", "branch", "images@dev")
    assert images.ok("delete", "branch", "images@dev") == ""
    assert [each["name"] for each in images.json("list", "branch", "images")] == ["master"]


def test_a_new_branch_has_an_empty_commit(cli):
    cli.ok("create", "repo", "images")
    cli.ok("create", "branch", "images@dev")

    head = cli.json("inspect", "commit", "images@dev")
    assert (head["file_count"], head["origin"]) == (0, "AUTO")
    assert head["finished_at"]


def test_branches_are_listed_as_pachctl_lists_them(images):
    header, row = images.ok("list", "branch", "images").splitlines()

    assert header.split() == ["BRANCH", "HEAD", "TRIGGER", "CREATOR", "CREATED"]
    assert row.split()[0] == "master"
    raw = json.loads(images.ok("list", "branch", "images", "--raw"))
    assert raw["head"]["id"] == row.split()[1]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("images", "a branch or commit is missing"),
        ("images@master^", "only a branch"),
        ("images@0123456789abcdef", "only a branch"),
        ("images@a=b", "only a branch"),
        ("images@master:/x", "a path is not expected"),
        ("@master", "repo cannot be empty"),
        ("images@", "a branch or commit is missing"),
    ],
)
@pytest.mark.parametrize("verb", ["create", "inspect", "delete"])
def test_what_is_no_branch_is_refused(images, verb, name, reason):
    assert reason in images.fails(verb, "branch", name)


def test_a_head_of_another_repo_is_refused(images):
    images.ok("create", "repo", "other")
    images.ok("create", "branch", "other@master")

    error = images.fails("create", "branch", "images@dev", "--head", "other@master")
    assert "must belong to the same repo" in error
    assert "not found" in images.fails("create", "branch", "images@dev", "--head", "nope")


def test_names_that_resemble_are_proposed(images):
    images.ok("create", "project", "vision")

    assert "did you mean images?" in images.fails("inspect", "repo", "imags")
    assert "did you mean master?" in images.fails("inspect", "branch", "images@mster")
    assert "did you mean vision?" in images.fails("inspect", "project", "vison")
    assert "did you mean /cats/tom.txt?" in images.fails(
        "inspect", "file", "images@master:/cats/tim.txt"
    )
    assert "did you mean" not in images.fails("inspect", "repo", "zzzzz")
