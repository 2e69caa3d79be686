import os
import threading
from pathlib import Path

import pytest

DATA = b"0123456789" * 1000


def _paths(root="out"):
    return {
        str(path.relative_to(root)): path.read_text()
        for path in Path(root).rglob("*")
        if path.is_file()
    }


def test_a_file_is_written_to_standard_output(images):
    assert images.ok("get", "file", "images@master:/cats/tom.txt") == "tom\n"
    assert images.ok("get", "file", "images@master:cats//tom.txt") == "tom\n"


def test_a_file_is_written_to_a_local_one_with_its_directories(images):
    assert images.ok("get", "file", "images@master:/cats/tom.txt", "-o", "new/dir/tom") == ""

    assert Path("new/dir/tom").read_text() == "tom\n"
    assert list(Path("new/dir").iterdir()) == [Path("new/dir/tom")]
    umask = os.umask(0)
    os.umask(umask)
    assert Path("new/dir/tom").stat().st_mode & 0o777 == 0o666 & ~umask


def test_an_earlier_commit_is_read_as_it_was(images):
    images.ok("put", "file", "images@master:/cats/tom.txt", stdin="other\n")

    assert images.ok("get", "file", "images@master^:/cats/tom.txt") == "tom\n"
    assert images.ok("get", "file", "images@master:/cats/tom.txt") == "other\n"


def test_a_local_file_is_replaced_and_a_link_is_followed(images):
    Path("real").write_text("before")
    Path("link").symlink_to("real")

    images.ok("get", "file", "images@master:/cats/tom.txt", "-o", "link")

    assert Path("link").is_symlink()
    assert Path("real").read_text() == "tom\n"


def test_a_pipe_is_written_to(images):
    os.mkfifo("pipe")
    received = []
    reader = threading.Thread(target=lambda: received.append(Path("pipe").read_text()))
    reader.start()

    images.ok("get", "file", "images@master:/cats/tom.txt", "-o", "pipe")

    reader.join()
    assert received == ["tom\n"]
    assert Path("pipe").is_fifo()


def test_a_pattern_may_stand_for_one_file(images):
    assert images.ok("get", "file", "images@master:/cats/t*.txt") == "tom\n"
    assert "matches several files" in images.fails("get", "file", "images@master:/cats/*")
    assert "not found" in images.fails("get", "file", "images@master:/cats/x*")


def test_an_exact_name_wins_over_a_pattern(images):
    images.ok("put", "file", "images@master:/cats/*", stdin="star\n")

    assert images.ok("get", "file", "images@master:/cats/*") == "star\n"
    assert images.ok("get", "file", "images@master:/cats/\\*") == "star\n"
    assert "not found" in images.fails("get", "file", "images@master:/cats/t*", "--key")


@pytest.mark.parametrize("path", ["/cats", "/cats/", "/", "/ca*"])
def test_a_directory_needs_the_flag(images, path):
    error = images.fails("get", "file", f"images@master:{path}", "-o", "out")

    assert "Try again with the -r flag" in error
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("images@master",), "a path is missing"),
        (("images@master:/nope",), "file /nope not found in repo default/images at commit"),
        (("images@nope:/readme",), '"nope" not found'),
        (("images@master:/cats", "-r"), "output path needs to be specified"),
        (("images@master:/nope", "-r", "-o", "out"), "/nope not found"),
        (("images@master:/n*", "-r", "-o", "out"), "not found"),
        (("images@master:/readme", "--retry"), "--retry needs an output"),
        (("images@master:/readme", "-o", "x", "--retry", "--offset", "1"), "not with --retry"),
        (("images@master:/cats", "-r", "-o", "out", "--offset", "1"), "with a single file"),
        (("images@master:/readme", "--offset", "-1"), "'--offset'"),
        (("images@master:/readme", "--offset", "99"), "beyond the end"),
        (("images@master:/readme", "--offset", "99", "-o", "x"), "beyond the end"),
        (("images@master:/readme", "-o", "s3://bucket/key"), "this machine only"),
        (("images@master:/readme", "-o", "."), "is a directory"),
        (
            ("images@master:/readme", "-o", "file/x"),
            "file: it is a file, and a directory is needed",
        ),
        (("images@master:/cats", "-r", "-o", "file"), "not a directory"),
    ],
)
def test_what_cannot_be_read_is_refused(images, words, reason):
    Path("file").touch()

    assert reason in images.fails("get", "file", *words)
    assert list(Path().iterdir()) == [Path("file")]


def test_an_offset_skips_bytes(images):
    assert images.ok("get", "file", "images@master:/readme", "--offset", "5") == "me\n"
    assert images.ok("get", "file", "images@master:/readme", "--offset", "8") == ""
    images.ok("get", "file", "images@master:/readme", "--offset", "5", "-o", "x")
    assert Path("x").read_text() == "me\n"


def test_a_directory_is_written_below_the_output(images):
    images.ok("get", "file", "images@master:/cats", "-r", "-o", "out")
    assert _paths() == {"tom.txt": "tom\n", "kit.txt": "kit\n"}

    images.ok("get", "file", "images@master:/", "-r", "-o", "out/all", "-p", "3")
    assert set(_paths("out/all")) == {"cats/tom.txt", "cats/kit.txt", "readme"}
    images.ok("get", "file", "images@master", "-r", "-o", "whole")
    assert _paths("whole") == _paths("out/all")


def test_one_file_is_written_below_the_output_too(images):
    images.ok("get", "file", "images@master:/cats/tom.txt", "-r", "-o", "out")

    assert _paths() == {"tom.txt": "tom\n"}


def test_what_matches_a_pattern_is_written_below_the_output(images):
    images.ok("put", "file", "images@master:/cows/may/x", stdin="x")

    images.ok("get", "file", "images@master:/c*", "-r", "-o", "out")
    images.ok("get", "file", "images@master:/cats/*.txt", "-r", "-o", "two")
    images.ok("get", "file", "images@master:**", "-r", "-o", "three")

    assert set(_paths()) == {"cats/tom.txt", "cats/kit.txt", "cows/may/x"}
    assert set(_paths("two")) == {"tom.txt", "kit.txt"}
    assert set(_paths("three")) == {"cats/tom.txt", "cats/kit.txt", "cows/may/x", "readme"}


def test_other_local_files_stay(images):
    Path("out").mkdir()
    Path("out/mine").write_text("mine")

    images.ok("get", "file", "images@master:/cats", "-r", "-o", "out")

    assert _paths()["mine"] == "mine"


@pytest.mark.parametrize("key", ["/../../evil", "../evil", "a/../../evil", "/etc/x", "a//b", ".."])
def test_a_key_that_would_leave_the_directory_is_named_and_nothing_is_written(images, key):
    images.ok("put", "file", f"images@master:{key}", "--key", stdin="evil")

    error = images.fails("get", "file", "images@master:/", "-r", "-o", "out/dir")

    assert f"/{key}" in error
    assert not Path("out").exists()
    assert not Path("evil").exists()


def test_a_disk_that_cannot_hold_both_is_told_which_and_why(images):
    images.ok("put", "file", "images@master:/cats", stdin="a file")

    error = images.fails("get", "file", "images@master:/", "-r", "-o", "out")

    assert "/cats" in error
    assert "/cats/kit.txt" in error
    assert "a file and a directory of the same name" in error
    assert not Path("out").exists()


def test_a_marker_becomes_an_empty_directory(images):
    images.ok("put", "file", "images@master:cows/", "--key", stdin="")

    images.ok("get", "file", "images@master:/", "-r", "-o", "out")

    assert Path("out/cows").is_dir()


def test_an_empty_commit_makes_an_empty_directory(cli):
    cli.ok("create", "repo", "r")
    cli.ok("create", "branch", "r@b")

    cli.ok("get", "file", "r@b:/", "-r", "-o", "out")

    assert not list(Path("out").iterdir())


@pytest.fixture
def big(images):
    """A command line on a store with a file of 10 000 bytes in `images@master:/big`."""
    images.ok("put", "file", "images@master:/big", stdin=DATA)
    return images


@pytest.mark.parametrize("present", [0, 1, 9_999, 10_000])
def test_a_partial_download_is_continued(big, present):
    Path("x").write_bytes(DATA[:present])

    big.ok("get", "file", "images@master:/big", "-o", "x", "--retry")

    assert Path("x").read_bytes() == DATA


def test_a_download_without_a_part_begins_at_the_beginning(big):
    big.ok("get", "file", "images@master:/big", "-o", "d/x", "--retry")

    assert Path("d/x").read_bytes() == DATA


def test_a_local_file_that_is_too_long_is_not_continued(big):
    Path("x").write_bytes(DATA + b"more")

    error = big.fails("get", "file", "images@master:/big", "-o", "x", "--retry")

    assert "x: it is longer than the stored file" in error
    assert Path("x").read_bytes() == DATA + b"more"


def test_a_file_that_cannot_be_made_is_called_as_it_was_asked_for(images):
    error = images.fails("get", "file", "images@master:/readme", "-o", "/proc/nope")

    assert error.startswith("error: /proc/nope: ")


def test_a_local_file_that_begins_differently_is_left_as_it_was(big):
    Path("x").write_bytes(b"something else")

    error = big.fails("get", "file", "images@master:/big", "-o", "x", "--retry")

    assert "does not begin like the stored file" in error
    assert Path("x").read_bytes() == b"something else"


def test_a_directory_is_continued_too(big):
    Path("out").mkdir()
    Path("out/big").write_bytes(DATA[:7])

    big.ok("get", "file", "images@master:/", "-r", "-o", "out", "--retry")

    assert Path("out/big").read_bytes() == DATA
    assert Path("out/cats/tom.txt").read_text() == "tom\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_full_disk_is_an_error_of_its_own(images):
    error = images.fails("get", "file", "images@master:/readme", "-o", "/dev/full")

    assert error == "error: no space left on /dev\nhint: free some space and try again\n"


def test_a_summary_is_printed_when_progress_is_wanted(images):
    result = images.run("get", "file", "images@master:/cats", "-r", "-o", "out", "--progress")

    assert result.stderr == "get 2 files, 8B\n"
