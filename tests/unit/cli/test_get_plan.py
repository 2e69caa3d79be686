from datetime import UTC, datetime

import pytest

from pachlite.cli.get_plan import plan_get
from pachlite.errors import InvalidPath, OutputExists
from pachlite.pfs.infos import FileInfo, FileType

EPOCH = datetime.fromtimestamp(0, UTC)


def _infos(*paths):
    sized = [path if isinstance(path, tuple) else (path, 1) for path in paths]
    return [FileInfo(path, FileType.FILE, size, EPOCH) for path, size in sized]


def _plan(output, *paths, prefix=""):
    return [each.relative for each in plan_get(_infos(*paths), prefix, output)]


def test_keys_lose_the_prefix(tmp_path):
    assert _plan(tmp_path, "d/a", "d/e/b", prefix="d/") == ["a", "e/b"]


def test_a_single_file_keeps_its_base_name(tmp_path):
    assert _plan(tmp_path, "d/a", prefix="d/a/") == ["a"]


@pytest.mark.parametrize("key", ["../x", "a/../../x", "..", "a/./b", "/etc/passwd", "a//b"])
def test_keys_that_are_no_names_below_the_directory_are_refused(tmp_path, key):
    with pytest.raises(InvalidPath) as caught:
        _plan(tmp_path, "fine", key)

    assert key in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_too_long_for_a_disk_is_refused(tmp_path):
    with pytest.raises(InvalidPath, match="255 bytes"):
        _plan(tmp_path, "é" * 128)


@pytest.mark.parametrize("keys", [("a", "a/b"), ("a", "a-x", "a/b/c"), ("d/a", "d/a/b")])
def test_a_file_that_would_also_be_a_directory_is_refused_with_both_names(tmp_path, keys):
    with pytest.raises(InvalidPath) as caught:
        _plan(tmp_path, *keys)

    assert f"/{keys[0]} " in str(caught.value)
    assert keys[-1] in str(caught.value)


def test_two_keys_for_one_local_file_are_refused(tmp_path):
    with pytest.raises(InvalidPath, match="one name for two files"):
        _plan(tmp_path, "a", "a/a", prefix="a/")


def test_an_empty_file_that_marks_a_directory_becomes_one(tmp_path):
    assert _plan(tmp_path, ("d/", 0), "d/a", ("e/", 0)) == ["d/", "d/a", "e/"]


def test_a_file_with_content_whose_key_ends_in_a_slash_is_refused(tmp_path):
    with pytest.raises(InvalidPath):
        _plan(tmp_path, ("d/", 5))


def test_names_that_differ_in_case_are_fine_where_the_disk_tells_them_apart(tmp_path):
    (tmp_path / "probe").touch()
    if (tmp_path / "PROBE").exists():
        pytest.skip("this disk does not tell case apart")

    assert _plan(tmp_path, "A", "a") == ["A", "a"]


def test_a_local_file_in_the_place_of_a_directory_is_in_the_way(tmp_path):
    (tmp_path / "d").touch()

    with pytest.raises(OutputExists, match="a directory is needed"):
        _plan(tmp_path, "d/a")


def test_a_local_directory_in_the_place_of_a_file_is_in_the_way(tmp_path):
    (tmp_path / "a").mkdir()

    with pytest.raises(OutputExists, match="a file is to be written"):
        _plan(tmp_path, "a")


def test_a_link_that_leaves_the_directory_is_not_followed(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (inside / "link").symlink_to(outside)

    with pytest.raises(OutputExists, match="leaves the output directory"):
        _plan(inside, "link/passwd")
