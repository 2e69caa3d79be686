import shutil

import pytest

CHANGED = """--- a/cats/tom.txt
+++ b/cats/tom.txt
@@ -1 +1,2 @@
 tom
+jerry
"""


@pytest.fixture
def changed(images):
    """A command line on a store where `master` has one change of each kind on top of `old`."""
    images.ok("create", "branch", "images@old", "--head", "master")
    images.ok("start", "commit", "images@master")
    images.ok("put", "file", "images@master:/cats/tom.txt", stdin="tom\njerry\n")
    images.ok("put", "file", "images@master:/cats/new/deep.txt", stdin="deep\n")
    images.ok("delete", "file", "images@master:/readme")
    images.ok("finish", "commit", "images@master")
    return images


def test_a_commit_is_compared_with_its_parent(changed):
    shown = changed.ok("diff", "file", "images@master")

    assert CHANGED in shown
    assert "--- /dev/null\n+++ b/cats/new/deep.txt\n@@ -0,0 +1 @@\n+deep\n" in shown
    assert "--- a/readme\n+++ /dev/null\n@@ -1 +0,0 @@\n-read me\n" in shown


def test_two_commits_are_compared(changed):
    assert changed.ok("diff", "file", "images@master", "images@old") == changed.ok(
        "diff", "file", "images@master"
    )
    assert changed.ok("diff", "file", "images@old", "images@old") == ""
    assert changed.ok("diff", "file", "images@master:/cats/tom.txt") == CHANGED


def test_two_paths_are_compared(images):
    shown = images.ok("diff", "file", "images@master:/cats/tom.txt", "images@master:/cats/kit.txt")

    assert shown == "--- a/cats/kit.txt\n+++ b/cats/tom.txt\n@@ -1 +1 @@\n-kit\n+tom\n"


def test_the_first_commit_is_compared_with_nothing(cli):
    cli.ok("create", "repo", "r")
    cli.ok("put", "file", "r@b:/x", stdin="1\n")

    assert cli.ok("diff", "file", "r@b") == "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+1\n"


def test_names_are_shown_with_a_row_for_each_side(changed):
    assert changed.ok("diff", "file", "images@master", "--name-only") == (
        "OP SIZE      NAME\n"
        "+  5B        /cats/new/deep.txt\n"
        "-  4B        /cats/tom.txt\n"
        "+  10B       /cats/tom.txt\n"
        "-  8B        /readme\n"
    )


def test_a_shallow_comparison_names_directories(changed):
    assert changed.ok("diff", "file", "images@master", "--name-only", "-s") == (
        "OP SIZE      NAME\n-  -         /cats/\n+  -         /cats/\n-  8B        /readme\n"
    )
    shown = changed.ok("diff", "file", "images@master:/cats", "-s")
    assert shown.startswith("directory /cats/new/ differs\n")
    assert CHANGED in shown


def test_differences_are_told_in_json(changed):
    told = changed.json("diff", "file", "images@master")

    assert [(each["change"], each["path"]) for each in told] == [
        ("added", "/cats/new/deep.txt"),
        ("changed", "/cats/tom.txt"),
        ("removed", "/readme"),
    ]
    assert told[1]["old"]["size_bytes"] == 4
    assert told[2]["new"] is None


def test_binary_files_are_not_printed(images):
    images.ok("put", "file", "images@master:/readme", stdin=b"\0\x01")

    assert images.ok("diff", "file", "images@master") == (
        "binary file /readme differs (8B before, 2B now)\n"
    )


def test_a_missing_newline_is_said(images):
    images.ok("put", "file", "images@master:/readme", stdin="read me")

    assert images.ok("diff", "file", "images@master").endswith(
        "-read me\n+read me\n\\ No newline at end of file\n"
    )


def test_a_command_is_run_on_both_sides(changed):
    shown = changed.ok(
        "diff", "file", "images@master:/cats/tom.txt", "--diff-command", "diff --brief"
    )

    assert shown == "Files a/tom.txt and b/tom.txt differ\n"
    assert "no such program" in changed.fails(
        "diff", "file", "images@master", "--diff-command", "no-such-program-here"
    )
    assert "no such program" in changed.fails(
        "diff", "file", "images@master", "--diff-command", " "
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_long_texts_are_left_to_git(images):
    lines = [f"line {number}\n" for number in range(150_000)]
    images.ok("put", "file", "images@master:/long", stdin="".join(lines))
    lines[70_000] = "changed\n"
    images.ok("put", "file", "images@master:/long", stdin="".join(lines))

    shown = images.ok("diff", "file", "images@master:/long")

    assert "-line 70000\n+changed\n" in shown


def test_a_path_that_is_in_neither_is_an_error(changed):
    assert "/nope not found" in changed.fails("diff", "file", "images@master:/nope")
    assert "/nope not found" in changed.fails(
        "diff", "file", "images@master:/nope", "images@old:/nope"
    )
    assert "not found" in changed.fails("diff", "file", "images@master", "images@nope")
    assert changed.ok("diff", "file", "images@master:/cats/kit.txt") == ""
