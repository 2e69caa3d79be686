"""What any file system does with projects, repos, branches and commits."""

import itertools

import pytest

from pachlite import errors
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import Origin
from pachlite.pfs.refs import RepoRef, parse_branch, parse_commit, parse_file, parse_repo
from tests.contract.drive import commit_files, put, read, tree


def test_the_default_project_is_there(pfs: PFS) -> None:
    assert [project.name for project in pfs.list_project()] == ["default"]
    assert pfs.list_repo("default") == []


def test_a_project_is_created_described_and_deleted(pfs: PFS) -> None:
    pfs.create_project("vision", description="pictures")
    assert pfs.inspect_project("vision").description == "pictures"
    assert pfs.update_project("vision", description="").description == ""
    with pytest.raises(errors.ProjectExists):
        pfs.create_project("vision")
    pfs.create_repo(RepoRef("vision", "raw"))
    with pytest.raises(errors.ProjectNotEmpty):
        pfs.delete_project("vision")
    pfs.delete_project("vision", force=True)
    with pytest.raises(errors.ProjectNotFound):
        pfs.inspect_project("vision")
    with pytest.raises(errors.ProjectNotFound):
        pfs.inspect_repo(RepoRef("vision", "raw"))


def test_a_repo_of_a_deleted_name_starts_empty(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    pfs.delete_repo(parse_repo("images"))
    with pytest.raises(errors.RepoNotFound):
        pfs.inspect_repo(parse_repo("images"))
    pfs.create_repo(parse_repo("images"))
    assert pfs.list_branch(parse_repo("images")) == []
    assert list(pfs.list_commit(parse_repo("images"))) == []


def test_two_projects_may_have_a_repo_of_one_name(pfs: PFS) -> None:
    pfs.create_project("other")
    pfs.create_repo(parse_repo("images"))
    pfs.create_repo(parse_repo("images", "other"))
    assert {str(info.repo) for info in pfs.list_repo()} == {"default/images", "other/images"}
    with pytest.raises(errors.RepoExists):
        pfs.create_repo(parse_repo("images"))


def test_updating_a_repo_changes_only_what_is_given(pfs: PFS) -> None:
    pfs.create_repo(parse_repo("images"), description="old")
    assert pfs.update_repo(parse_repo("images")).description == "old"
    assert pfs.update_repo(parse_repo("images"), description="new").description == "new"
    with pytest.raises(errors.RepoNotFound):
        pfs.update_repo(parse_repo("nothing"), description="x")


def test_the_size_of_a_repo_is_that_of_the_newest_finished_commit_of_master(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"12345")
    put(pfs, "images@other:/b", b"123456789")
    assert pfs.inspect_repo(parse_repo("images")).size_bytes == 5
    pfs.start_commit(parse_branch("images@master"))
    put(pfs, "images@master:/b", b"1")
    assert pfs.inspect_repo(parse_repo("images")).size_bytes == 5
    pfs.finish_commit(parse_commit("images@master"))
    assert pfs.inspect_repo(parse_repo("images")).size_bytes == 6


def test_a_new_branch_has_an_empty_commit(pfs: PFS) -> None:
    pfs.create_repo(parse_repo("images"))
    info = pfs.create_branch(parse_branch("images@master"))
    commit = pfs.inspect_commit(parse_commit("images@master"))
    assert (commit.id, commit.origin, commit.is_open) == (info.head_id, Origin.AUTO, False)
    assert (commit.size_bytes, commit.file_count, commit.parent_id) == (0, 0, "")


def test_a_branch_from_another_shares_its_files_and_goes_its_own_way(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    pfs.create_branch(parse_branch("images@dev"), head=parse_commit("images@master"))
    put(pfs, "images@dev:/b", b"2")
    put(pfs, "images@master:/a", b"3")
    assert tree(pfs, "images@dev") == {"a": b"1", "b": b"2"}
    assert tree(pfs, "images@master") == {"a": b"3"}


def test_moving_a_branch_back_and_writing_leaves_the_other_commits_readable(pfs: PFS) -> None:
    ids = [put(pfs, "images@master:/a", text).version_id for text in (b"1", b"2", b"3")]
    pfs.create_branch(parse_branch("images@master"), head=parse_commit("images@master^2"))
    assert tree(pfs, "images@master") == {"a": b"1"}
    put(pfs, "images@master:/b", b"4")
    assert tree(pfs, "images@master") == {"a": b"1", "b": b"4"}
    assert tree(pfs, f"images@{ids[2]}") == {"a": b"3"}
    parents = [
        info.id
        for info in pfs.list_commit(parse_repo("images"), start=parse_commit("images@master"))
    ]
    assert parents[1:] == [ids[0]]


def test_creating_a_branch_again_keeps_its_head_unless_one_is_given(pfs: PFS) -> None:
    head = put(pfs, "images@master:/a", b"1").version_id
    assert pfs.create_branch(parse_branch("images@master")).head_id == head
    with pytest.raises(errors.BranchExists):
        pfs.create_branch(parse_branch("images@master"), exclusive=True)


@pytest.mark.parametrize("name", ["a b", "a/b", "", "ä", "deadbeef", "0" * 32, "a.b"])
def test_a_bad_branch_name_is_refused(pfs: PFS, name: str) -> None:
    pfs.create_repo(parse_repo("images"))
    from pachlite.pfs.refs import BranchRef

    with pytest.raises(errors.InvalidName):
        pfs.create_branch(BranchRef(parse_repo("images"), name))
    assert pfs.list_branch(parse_repo("images")) == []


def test_a_branch_head_must_be_a_finished_commit_of_the_same_repo(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    put(pfs, "other@master:/a", b"1")
    with pytest.raises(errors.InvalidReference, match="same repo"):
        pfs.create_branch(parse_branch("images@dev"), head=parse_commit("other@master"))
    pfs.start_commit(parse_branch("images@master"))
    with pytest.raises(errors.CommitNotFinished):
        pfs.create_branch(parse_branch("images@dev"), head=parse_commit("images@master"))
    with pytest.raises(errors.CommitNotFinished):
        pfs.create_branch(parse_branch("images@master"), head=parse_commit("images@master^"))


def test_deleting_a_branch_keeps_its_commits(pfs: PFS) -> None:
    commit = put(pfs, "images@master:/a", b"1").version_id
    pfs.delete_branch(parse_branch("images@master"))
    assert tree(pfs, f"images@{commit}") == {"a": b"1"}
    with pytest.raises(errors.BranchNotFound):
        pfs.inspect_branch(parse_branch("images@master"))


def test_deleting_only_an_empty_branch_takes_a_repo_that_never_held_a_file(pfs: PFS) -> None:
    pfs.create_branch(parse_branch("images@master"), create_repo=True)
    pfs.delete_branch(parse_branch("images@master"), only_if_empty=True)
    with pytest.raises(errors.RepoNotFound):
        pfs.inspect_repo(parse_repo("images"))
    put(pfs, "images@master:/a", b"1")
    with pytest.raises(errors.BranchNotEmpty):
        pfs.delete_branch(parse_branch("images@master"), only_if_empty=True)
    with pfs.open_file_set(parse_commit("images@master")) as changes:
        changes.delete_file("a")
    pfs.delete_branch(parse_branch("images@master"), only_if_empty=True)
    assert len(list(pfs.list_commit(parse_repo("images")))) == 2


def test_an_open_commit_takes_writes_and_is_the_head(pfs: PFS) -> None:
    first = put(pfs, "images@master:/a", b"1").version_id
    opened = pfs.start_commit(parse_branch("images@master"), description="a batch")
    assert put(pfs, "images@master:/b", b"2").version_id == opened.id
    assert put(pfs, f"images@{opened.id}:/c", b"3").version_id == opened.id
    assert tree(pfs, "images@master") == {"a": b"1", "b": b"2", "c": b"3"}
    assert tree(pfs, "images@master^") == {"a": b"1"}
    done = pfs.finish_commit(parse_commit("images@master"))
    assert (done.id, done.parent_id, done.description) == (opened.id, first, "a batch")
    assert (done.file_count, done.size_bytes) == (3, 3)
    with pytest.raises(errors.CommitFinished):
        pfs.finish_commit(parse_commit("images@master"))
    with pytest.raises(errors.CommitFinished):
        put(pfs, f"images@{opened.id}:/d", b"4")


def test_a_commit_is_not_started_on_an_open_one(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    pfs.start_commit(parse_branch("images@master"))
    with pytest.raises(errors.CommitNotFinished):
        pfs.start_commit(parse_branch("images@master"))


def test_a_commit_may_be_started_on_another_parent(pfs: PFS) -> None:
    for text in (b"1", b"2"):
        put(pfs, "images@master:/a", text)
    pfs.start_commit(parse_branch("images@master"), parent=parse_commit("images@master^"))
    pfs.finish_commit(parse_commit("images@master"))
    assert tree(pfs, "images@master") == {"a": b"1"}
    pfs.start_commit(parse_branch("images@new"), parent=parse_commit("images@master"))
    assert tree(pfs, "images@new") == {"a": b"1"}


def test_ancestry_walks_back_and_forth(pfs: PFS) -> None:
    ids = [put(pfs, "images@master:/a", str(n).encode()).version_id for n in range(5)]
    for back in range(5):
        for form in (f"images@master^{back}", f"images@master~{back}", f"images@master.{5 - back}"):
            assert pfs.inspect_commit(parse_commit(form)).id == ids[4 - back]
    assert pfs.inspect_commit(parse_commit("images@master^^")).id == ids[2]
    assert pfs.inspect_commit(parse_commit("images@master.4^2")).id == ids[1]
    assert pfs.inspect_commit(parse_commit(f"images@{ids[3][:20]}~")).id == ids[2]
    for form in ("images@master^5", "images@master.6"):
        with pytest.raises(errors.CommitNotFound):
            pfs.inspect_commit(parse_commit(form))


def test_commits_are_listed_newest_first(pfs: PFS) -> None:
    ids = [put(pfs, "images@master:/a", str(n).encode()).version_id for n in range(6)]
    repo = parse_repo("images")
    assert [info.id for info in pfs.list_commit(repo)] == ids[::-1]
    walk = pfs.list_commit(
        repo, start=parse_commit("images@master^"), stop=parse_commit(f"images@{ids[1]}")
    )
    assert [info.id for info in walk] == [ids[4], ids[3], ids[2]]
    assert len(list(pfs.list_commit(repo, limit=2))) == 2
    assert list(pfs.list_commit(repo, origin=Origin.AUTO)) == []
    sets = pfs.list_commit_set("default", limit=3)
    assert [info.id for info in sets] == ids[:2:-1]


def test_squash_removes_a_commit_and_keeps_its_data(pfs: PFS) -> None:
    ids = [commit_files(pfs, "images@master", {f"f{n}": b"x"}) for n in range(3)]
    pfs.squash_commit(ids[1])
    assert tree(pfs, "images@master") == {"f0": b"x", "f1": b"x", "f2": b"x"}
    assert pfs.inspect_commit(parse_commit("images@master")).parent_id == ids[0]
    with pytest.raises(errors.CommitNotFound):
        pfs.inspect_commit(parse_commit(f"images@{ids[1]}"))
    with pytest.raises(errors.CommitHasNoChildren):
        pfs.squash_commit(ids[2])
    with pytest.raises(errors.CommitNotFound):
        pfs.squash_commit(ids[1])


def test_squashing_the_head_of_another_branch_is_refused(pfs: PFS) -> None:
    ids = [commit_files(pfs, "images@master", {f"f{n}": b"x"}) for n in range(2)]
    pfs.create_branch(parse_branch("images@dev"), head=parse_commit(f"images@{ids[0]}"))
    with pytest.raises(errors.CommitIsHead):
        pfs.squash_commit(ids[0])


def test_delete_commit_takes_its_data_and_the_head_falls_back(pfs: PFS) -> None:
    ids = [commit_files(pfs, "images@master", {f"f{n}": b"x"}) for n in range(3)]
    with pytest.raises(errors.CommitHasChildren):
        pfs.delete_commit(ids[1])
    pfs.delete_commit(ids[2])
    assert tree(pfs, "images@master") == {"f0": b"x", "f1": b"x"}
    commit_files(pfs, "images@master", {"g": b"y"})
    assert tree(pfs, "images@master") == {"f0": b"x", "f1": b"x", "g": b"y"}
    info = pfs.inspect_commit(parse_commit("images@master"))
    assert (info.parent_id, info.file_count) == (ids[1], 3)


def test_deleting_the_only_commit_leaves_an_empty_branch(pfs: PFS) -> None:
    only = commit_files(pfs, "images@master", {"a": b"x"})
    pfs.delete_commit(only)
    assert tree(pfs, "images@master") == {}
    assert pfs.inspect_commit(parse_commit("images@master")).origin is Origin.AUTO


def test_deleting_an_open_commit_forgets_its_writes(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    opened = pfs.start_commit(parse_branch("images@master"))
    put(pfs, "images@master:/a", b"2")
    put(pfs, "images@master:/b", b"2")
    pfs.delete_commit(opened.id)
    assert tree(pfs, "images@master") == {"a": b"1"}
    put(pfs, "images@master:/c", b"3")
    assert tree(pfs, "images@master") == {"a": b"1", "c": b"3"}


def test_children_are_named_across_branches(pfs: PFS) -> None:
    base = commit_files(pfs, "images@master", {"a": b"x"})
    pfs.create_branch(parse_branch("images@dev"), head=parse_commit("images@master"))
    children = {commit_files(pfs, f"images@{name}", {name: b"y"}) for name in ("master", "dev")}
    assert set(pfs.inspect_commit(parse_commit(f"images@{base}")).child_ids) == children


def test_an_ambiguous_prefix_is_refused(pfs: PFS) -> None:
    ids = [put(pfs, "images@master:/a", str(n).encode()).version_id for n in range(40)]
    shared = [a[:8] for a, b in itertools.pairwise(ids) if a[:8] == b[:8]]
    with pytest.raises(errors.AmbiguousReference):
        pfs.inspect_commit(parse_commit(f"images@{shared[0]}"))


def test_what_does_not_exist_is_named(pfs: PFS) -> None:
    with pytest.raises(errors.RepoNotFound, match="repo default/images not found"):
        pfs.inspect_commit(parse_commit("images@master"))
    pfs.create_repo(parse_repo("images"))
    with pytest.raises(
        errors.BranchNotFound, match='branch "master" not found in repo default/images'
    ):
        pfs.inspect_commit(parse_commit("images@master"))
    with pytest.raises(errors.CommitNotFound):
        pfs.inspect_commit(parse_commit("images@" + "0" * 12 + "4" + "0" * 19))
    with pytest.raises(errors.ProjectNotFound):
        pfs.create_repo(parse_repo("images", "nowhere"))
    with pytest.raises(errors.BranchNotFound):
        read(pfs, parse_file("images@dev:/a"))


def test_waiting_for_a_commit_ends_when_it_is_finished(pfs: PFS) -> None:
    put(pfs, "images@master:/a", b"1")
    pfs.start_commit(parse_branch("images@master"))
    with pytest.raises(errors.CommitNotFinished):
        pfs.wait_commit(parse_commit("images@master"), timeout_s=0.01)
    done = pfs.finish_commit(parse_commit("images@master"))
    assert pfs.wait_commit(parse_commit("images@master")).id == done.id
