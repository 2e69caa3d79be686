"""What any file system does with files: put, read, list, glob, copy, delete, compare."""

import hashlib
import random

import pytest

from pachlite import errors
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import (
    CopyOptions,
    Deletion,
    EtagKind,
    Expected,
    FileMeta,
    FileType,
    Precondition,
    PutOptions,
)
from pachlite.pfs.refs import parse_branch, parse_commit, parse_file, parse_repo
from tests.contract.drive import commit_files, paths, put, read, tree

MiB = 1024 * 1024


def _bytes(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("size", [0, 1, 16 * 1024, 16 * 1024 + 1, MiB, 4 * MiB + 1, 9 * MiB])
def test_what_is_put_is_read_in_whole_and_in_part(pfs: PFS, size: int) -> None:
    data = _bytes(size)
    info = put(pfs, "images@master:/a", data)
    assert (info.size_bytes, info.etag) == (size, hashlib.md5(data).hexdigest())
    assert read(pfs, "images@master:/a") == data
    with pfs.get_file(parse_file("images@master:/a")) as reader:
        for offset, length in [(0, 1), (size // 2, size), (size, 1), (max(0, size - 3), None)]:
            end = None if length is None else offset + length
            assert b"".join(reader.blocks(offset, length)) == data[offset:end]
        with pytest.raises(errors.RangeNotSatisfiable):
            list(reader.blocks(size + 1))


def test_a_file_knows_its_version_its_time_and_its_metadata(pfs: PFS) -> None:
    meta = FileMeta(content_type="text/csv", user={"origin": "café"})
    written = put(
        pfs, "images@master:/a", b"1", options=PutOptions(meta=meta, tags={"team": "blue"})
    )
    put(pfs, "images@master:/b", b"2")
    info = pfs.inspect_file(parse_file("images@master:/a"))
    assert info.version_id == written.version_id
    assert (info.meta, dict(info.tags)) == (meta, {"team": "blue"})
    assert info.modified_at == written.modified_at
    put(pfs, "images@master:/a", b"1")
    assert not pfs.inspect_file(parse_file("images@master:/a")).tags


def test_a_wrong_digest_or_size_stores_nothing(pfs: PFS) -> None:
    head = put(pfs, "images@master:/a", b"1").version_id
    for expected, error in [
        (Expected(md5="0" * 32), errors.DigestMismatch),
        (Expected(size_bytes=2), errors.IncompleteBody),
    ]:
        writer = pfs.put_file(parse_file("images@master:/b"))
        writer.write(b"x")
        with pytest.raises(error):
            writer.complete(expected)
    assert pfs.inspect_branch(parse_branch("images@master")).head_id == head


def test_an_aborted_file_leaves_nothing(pfs: PFS) -> None:
    head = put(pfs, "images@master:/a", b"1").version_id
    with pytest.raises(ZeroDivisionError), pfs.put_file(parse_file("images@master:/b")) as writer:
        writer.write(b"x" * MiB)
        raise ZeroDivisionError
    assert pfs.inspect_branch(parse_branch("images@master")).head_id == head


def test_appending_adds_to_what_is_there(pfs: PFS) -> None:
    append = PutOptions(is_append=True)
    put(pfs, "logs@master:/a", b"one\n", options=append)
    put(pfs, "logs@master:/a", b"two\n", options=append)
    info = put(pfs, "logs@master:/a", b"", options=append)
    assert read(pfs, "logs@master:/a") == b"one\ntwo\n"
    assert (info.size_bytes, info.etag.partition("-")[2]) == (8, "3")
    assert read(pfs, "logs@master^^:/a") == b"one\n"
    with pfs.open_file_set(parse_commit("logs@master")) as changes:
        for _ in range(3):
            with changes.put_file("a", append) as writer:
                writer.write(b"x")
    assert read(pfs, "logs@master:/a") == b"one\ntwo\nxxx"


def test_a_large_etag_may_be_made_of_parts(pfs: PFS) -> None:
    data = _bytes(33 * MiB)
    info = put(pfs, "images@master:/a", data, options=PutOptions(etag_kind=EtagKind.PARTS))
    part = 16 * MiB
    digests = b"".join(
        hashlib.md5(data[at : at + part]).digest() for at in range(0, len(data), part)
    )
    assert info.etag == f"{hashlib.md5(digests).hexdigest()}-3"


@pytest.mark.parametrize("path", ["", "a\0b", "x" * 1025, "é" * 513, "\udc80"])
def test_an_impossible_path_is_refused(pfs: PFS, path: str) -> None:
    put(pfs, "images@master:/a", b"1")
    from pachlite.pfs.refs import FileRef

    with pytest.raises(errors.InvalidPath):
        pfs.put_file(FileRef(parse_commit("images@master"), path))
    assert paths(pfs, "images@master") == ["a"]


def test_a_put_needs_its_repo_before_any_data(pfs: PFS) -> None:
    with pytest.raises(errors.RepoNotFound):
        pfs.put_file(parse_file("nothing@master:/a"))
    pfs.create_repo(parse_repo("images"))
    with pytest.raises(errors.BranchNotFound):
        pfs.put_file(parse_file("images@master:/a"), create_branch=False)


def test_conditions_are_decided_with_the_write(pfs: PFS) -> None:
    none = Precondition(if_none_match=("*",))
    etag = put(pfs, "images@master:/a", b"1", precondition=none).etag
    with pytest.raises(errors.PreconditionFailed):
        put(pfs, "images@master:/a", b"2", precondition=none)
    with pytest.raises(errors.PreconditionFailed):
        put(pfs, "images@master:/a", b"2", precondition=Precondition(if_match=("0" * 32,)))
    with pytest.raises(errors.FileToMatchNotFound):
        put(pfs, "images@master:/new", b"2", precondition=Precondition(if_match=("*",)))
    put(pfs, "images@master:/a", b"2", precondition=Precondition(if_match=(etag,)))
    assert tree(pfs, "images@master") == {"a": b"2"}


KEYS = ["a", "a/", "a/b", "a/b/c", "a0", "a-b", "a.b", "b//c", "é", "z/y", "~", "日本/語", "😀"]


def test_listings_are_in_byte_order_whatever_the_page_size(pfs: PFS) -> None:
    commit_files(pfs, "images@master", dict.fromkeys(KEYS, b"x"))
    expected = sorted(KEYS, key=str.encode)
    for limit in (1, 2, 3, 1000):
        found, after = [], ""
        while True:
            page = pfs.list_file(parse_commit("images@master"), after=after, limit=limit)
            found += [info.path for info in page.files]
            after = page.next_after
            if not after:
                break
        assert found == expected
    assert paths(pfs, "images@master", limit=0) == []


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "日", "nothing", "b/"])
@pytest.mark.parametrize("delimiter", ["/", "b", "//", "日"])
def test_common_prefixes_are_entries_of_their_own(pfs: PFS, prefix: str, delimiter: str) -> None:
    commit_files(pfs, "images@master", dict.fromkeys(KEYS, b"x"))
    expected = []
    for key in sorted(KEYS, key=str.encode):
        if key.startswith(prefix):
            at = key.find(delimiter, len(prefix))
            entry = key if at < 0 else key[: at + len(delimiter)]
            if (entry, at >= 0) not in expected:
                expected.append((entry, at >= 0))
    for limit in (1, 2, 1000):
        found, after = [], ""
        while True:
            page = pfs.list_file(
                parse_commit("images@master"),
                prefix=prefix,
                delimiter=delimiter,
                after=after,
                limit=limit,
            )
            found += [(info.path, info.type is FileType.DIR) for info in page.files]
            after = page.next_after
            if not after:
                break
        assert found == expected


def test_a_listing_may_start_anywhere(pfs: PFS) -> None:
    commit_files(pfs, "images@master", dict.fromkeys(["a", "b/1", "b/2", "c"], b"x"))
    for after, expected in [
        ("a", ["b/", "c"]),
        ("b", ["b/", "c"]),
        ("b/", ["c"]),
        ("b/1", ["c"]),
        ("bb", ["c"]),
        ("zzz", []),
    ]:
        assert paths(pfs, "images@master", delimiter="/", after=after) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", ["a.csv", "b (1).csv", "dir/"]),
        ("/", ["/"]),
        ("/dir", ["dir/"]),
        ("dir/*", ["dir/c.csv", "dir/d.txt", "dir/sub/"]),
        ("dir/*.csv", ["dir/c.csv"]),
        ("**.csv", ["a.csv", "b (1).csv", "dir/c.csv", "dir/sub/e.csv"]),
        ("**/e.csv", ["dir/sub/e.csv"]),
        ("?.csv", ["a.csv"]),
        ("[ab]*", ["a.csv", "b (1).csv"]),
        ("[!a]*", ["b (1).csv", "dir/"]),
        ("{a,dir/c}.csv", ["a.csv", "dir/c.csv"]),
        ("dir/!(c).*", ["dir/d.txt"]),
        ("dir/@(c|d).*", ["dir/c.csv", "dir/d.txt"]),
        (r"b \(1\).csv", ["b (1).csv"]),
        ("d*/s*/*", ["dir/sub/e.csv"]),
        ("nothing*", []),
    ],
)
def test_globs_match_files_and_directories(pfs: PFS, pattern: str, expected: list[str]) -> None:
    names = ["a.csv", "b (1).csv", "dir/c.csv", "dir/d.txt", "dir/sub/e.csv"]
    commit_files(pfs, "images@master", dict.fromkeys(names, b"x"))
    found = [info.path for info in pfs.glob_file(parse_commit("images@master"), pattern)]
    assert found == expected


def test_a_pattern_that_is_not_closed_is_refused(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    for pattern in ("[a", "{a,b", "@(a"):
        with pytest.raises(errors.InvalidPattern):
            list(pfs.glob_file(parse_commit("images@master"), pattern))


def test_a_file_set_is_one_commit_and_invisible_until_complete(pfs: PFS) -> None:
    base = put(pfs, "images@master:/old", b"0").version_id
    changes = pfs.open_file_set(parse_commit("images@master"), description="all at once")
    with changes:
        for name in "abc":
            with changes.put_file(name) as writer:
                writer.write(name.encode())
        changes.delete_file("old")
        assert tree(pfs, "images@master") == {"old": b"0"}
    info = pfs.inspect_commit(parse_commit("images@master"))
    assert (info.parent_id, info.description, info.file_count) == (base, "all at once", 3)
    assert tree(pfs, "images@master") == {"a": b"a", "b": b"b", "c": b"c"}


def test_a_failed_file_set_leaves_nothing(pfs: PFS) -> None:
    head = put(pfs, "images@master:/a", b"1").version_id
    with (
        pytest.raises(ZeroDivisionError),
        pfs.open_file_set(parse_commit("images@master")) as changes,
    ):
        for number in range(1500):
            with changes.put_file(f"f{number}") as writer:
                writer.write(b"x")
        raise ZeroDivisionError
    assert pfs.inspect_branch(parse_branch("images@master")).head_id == head
    assert tree(pfs, "images@master") == {"a": b"1"}


def test_many_changes_are_staged_and_published_on_what_the_head_is_by_then(pfs: PFS) -> None:
    commit_files(pfs, "images@master", {"keep": b"k", "f7": b"old", "gone": b"g"})
    with pfs.open_file_set(parse_commit("images@master")) as changes:
        for number in range(2500):
            with changes.put_file(f"f{number}") as writer:
                writer.write(str(number).encode())
        changes.delete_file("gone")
        with changes.put_file("f8") as writer:
            writer.write(b"again")
        between = put(pfs, "images@master:/meanwhile", b"m").version_id
        info = changes.complete()
    assert (info.parent_id, info.file_count) == (between, 2502)
    assert info.size_bytes == sum(len(data) for data in tree(pfs, "images@master").values())
    files = tree(pfs, "images@master")
    assert (files["f7"], files["f8"], files["keep"], files["meanwhile"]) == (
        b"7",
        b"again",
        b"k",
        b"m",
    )
    assert "gone" not in files
    put(pfs, "images@master:/f7", b"newer")
    assert read(pfs, "images@master:/f7") == b"newer"
    assert read(pfs, "images@master^:/f7") == b"7"
    assert read(pfs, "images@master^^^:/f7") == b"old"


def test_many_changes_join_an_open_commit(pfs: PFS) -> None:
    commit_files(pfs, "images@master", {"keep": b"k", "f1": b"old"})
    opened = pfs.start_commit(parse_branch("images@master"))
    put(pfs, "images@master:/f2", b"early")
    put(pfs, "images@master:/early", b"e")
    with pfs.open_file_set(parse_commit("images@master")) as changes:
        for number in range(1200):
            with changes.put_file(f"f{number}") as writer:
                writer.write(b"new")
    assert pfs.inspect_branch(parse_branch("images@master")).head_id == opened.id
    put(pfs, "images@master:/late", b"l")
    done = pfs.finish_commit(parse_commit("images@master"))
    assert (done.id, done.file_count) == (opened.id, 1203)
    assert read(pfs, "images@master:/f2") == b"new"
    assert pfs.inspect_file(parse_file("images@master:/early")).version_id == opened.id
    assert tree(pfs, "images@master^") == {"keep": b"k", "f1": b"old"}


def test_an_operation_id_makes_a_retry_answer_the_same(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    ids = set()
    for _ in range(2):
        with pfs.open_file_set(parse_commit("images@master"), operation_id="op-1") as changes:
            with changes.put_file("b") as writer:
                writer.write(b"2")
            ids.add(changes.complete().id)
    assert len(ids) == 1
    assert len(list(pfs.list_commit(parse_repo("images")))) == 2


def test_a_file_set_without_changes_makes_no_commit(pfs: PFS) -> None:
    head = put(pfs, "images@master:/a", b"1").version_id
    with pfs.open_file_set(parse_commit("images@master")) as changes:
        assert changes.complete().id == head


def test_copies_share_content_and_keep_etag_metadata_and_tags(pfs: PFS) -> None:
    meta = FileMeta(content_type="text/plain")
    source = put(pfs, "a@master:/x", b"1" * 20_000, options=PutOptions(meta=meta, tags={"k": "v"}))
    put(pfs, "b@master:/other", b"1")
    pfs.copy_file(parse_file("a@master:/x"), parse_file("b@master:/y"))
    info = pfs.inspect_file(parse_file("b@master:/y"))
    assert (info.etag, info.meta, dict(info.tags)) == (source.etag, meta, {"k": "v"})
    assert read(pfs, "b@master:/y") == b"1" * 20_000
    replaced = CopyOptions(meta=FileMeta(content_type="x/y"), tags={})
    pfs.copy_file(parse_file("b@master:/y"), parse_file("b@master:/y"), replaced)
    info = pfs.inspect_file(parse_file("b@master:/y"))
    assert (info.meta.content_type, dict(info.tags)) == ("x/y", {})
    assert list(pfs.diff_file(parse_file("b@master:"))) == []


def test_a_tree_is_copied_below_another_path(pfs: PFS) -> None:
    commit_files(pfs, "a@master", {"d/x": b"1", "d/e/y": b"2", "dd": b"3"})
    put(pfs, "b@master:/keep", b"k")
    pfs.copy_file(
        parse_file("a@master:/d"), parse_file("b@master:/t"), CopyOptions(is_recursive=True)
    )
    assert tree(pfs, "b@master") == {"keep": b"k", "t/x": b"1", "t/e/y": b"2"}
    with pytest.raises(errors.FileNotFound):
        pfs.copy_file(
            parse_file("a@master:/n"), parse_file("b@master:/t"), CopyOptions(is_recursive=True)
        )
    with pytest.raises(errors.FileNotFound):
        pfs.copy_file(parse_file("a@master:/n"), parse_file("b@master:/t"))


def test_deleting_says_what_was_there(pfs: PFS) -> None:
    commit_files(pfs, "images@master", {"a": b"1", "b": b"2", "d/x": b"3", "d/y": b"4"})
    done = pfs.delete_file(parse_commit("images@master"), [Deletion("a"), Deletion("nothing")])
    assert [bool(result.version_id) for result in done.results] == [True, False]
    assert done.results[0].version_id == done.commit_id
    assert tree(pfs, "images@master") == {"b": b"2", "d/x": b"3", "d/y": b"4"}
    assert not pfs.delete_file(parse_commit("images@master"), [Deletion("nothing")]).commit_id
    pfs.delete_file(parse_commit("images@master"), [Deletion("d", is_recursive=True)])
    info = pfs.inspect_commit(parse_commit("images@master"))
    assert (tree(pfs, "images@master"), info.file_count, info.size_bytes) == ({"b": b"2"}, 1, 1)


def test_deleting_thousands_is_one_commit(pfs: PFS) -> None:
    base = commit_files(pfs, "images@master", {f"d/{n}": b"x" for n in range(1500)} | {"k": b"1"})
    pfs.delete_file(parse_commit("images@master"), [Deletion("d", is_recursive=True)])
    info = pfs.inspect_commit(parse_commit("images@master"))
    assert (info.parent_id, info.file_count, tree(pfs, "images@master")) == (base, 1, {"k": b"1"})
    put(pfs, "images@master:/d/7", b"back")
    assert paths(pfs, "images@master") == ["d/7", "k"]


def test_diff_names_what_was_added_removed_and_changed(pfs: PFS) -> None:
    commit_files(pfs, "images@master", {"same": b"1", "new": b"1", "gone": b"1", "touched": b"1"})
    commit_files(pfs, "images@master", {"new": b"2", "gone": None, "added": b"3", "touched": b"1"})
    changes = list(pfs.diff_file(parse_file("images@master:")))
    assert [(c.path, c.old is None, c.new is None) for c in changes] == [
        ("added", True, False),
        ("gone", False, True),
        ("new", False, False),
    ]
    back = list(pfs.diff_file(parse_file("images@master^:"), parse_file("images@master:")))
    assert [(c.path, c.old is None, c.new is None) for c in back] == [
        ("added", False, True),
        ("gone", True, False),
        ("new", False, False),
    ]


def test_diff_works_across_branches_repos_and_directories(pfs: PFS) -> None:
    commit_files(pfs, "a@master", {"d/x": b"1", "d/y": b"2", "z": b"9"})
    pfs.create_branch(parse_branch("a@dev"), head=parse_commit("a@master"))
    commit_files(pfs, "a@dev", {"d/x": b"5"})
    commit_files(pfs, "a@master", {"z": b"8", "d/n": b"1"})
    found = pfs.diff_file(parse_file("a@dev:"), parse_file("a@master:"))
    assert [change.path for change in found] == ["d/n", "d/x", "z"]
    found = pfs.diff_file(parse_file("a@dev:/d"), parse_file("a@master:/d"))
    assert [change.path for change in found] == ["d/n", "d/x"]
    commit_files(pfs, "b@master", {"e/x": b"1", "e/y": b"0"})
    found = pfs.diff_file(parse_file("b@master:/e"), parse_file("a@master:/d"))
    assert [change.path for change in found] == ["d/n", "e/y"]
