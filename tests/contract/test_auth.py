"""Who callers are and what they may do: activation, tokens, keys, roles, ownership, the record."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from pachlite import errors
from pachlite.config import StoreConfig
from pachlite.pfs.api import PFS
from pachlite.pfs.credentials import Binding
from pachlite.pfs.infos import CopyOptions
from pachlite.pfs.permissions import (
    ALL_USERS,
    CLUSTER,
    ROOT,
    Permission,
    project_resource,
    repo_resource,
)
from pachlite.pfs.refs import (
    BranchRef,
    CommitRef,
    parse_branch,
    parse_commit,
    parse_file,
    parse_repo,
)
from pachlite.wiring import open_memory_store, open_store
from tests.contract.drive import commit_files, put, read

ALICE, BOB = "user:alice", "user:bob"
IMAGES = parse_repo("images")
HOUR_S = 3600
HOUR_US = HOUR_S * 1_000_000


@pytest.fixture(params=["memory", "disk"])
def pfs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PFS]:
    """An empty store, opened by its directory."""
    is_on_disk = request.param == "disk"
    with open_store(StoreConfig(tmp_path / "store")) if is_on_disk else open_memory_store() as pfs:
        yield pfs


@pytest.fixture
def root(pfs: PFS) -> PFS:
    """A store with auth active, opened by its directory."""
    pfs.activate_auth(root_token="the-token-of-root")
    return pfs


# On and off


def test_auth_is_off_until_it_is_activated(pfs: PFS) -> None:
    assert not pfs.is_auth_active()
    with pytest.raises(errors.AuthNotActivated, match="the auth service is not activated"):
        pfs.whoami()
    pfs.activate_auth()
    assert pfs.is_auth_active()
    assert pfs.whoami().subject == ROOT
    with pytest.raises(errors.AuthAlreadyActivated):
        pfs.activate_auth()


def test_activation_gives_root_everything_and_everybody_a_place_to_begin(pfs: PFS) -> None:
    put(pfs, "old@master:/a", b"1")
    token = pfs.activate_auth()
    assert pfs.identify(token).subject == ROOT
    assert pfs.get_roles(CLUSTER) == [
        Binding(ALL_USERS, ("projectCreator",)),
        Binding(ROOT, ("clusterAdmin",)),
    ]
    assert pfs.get_roles(project_resource("default")) == [Binding(ALL_USERS, ("projectWriter",))]
    assert pfs.get_roles(repo_resource(parse_repo("old"))) == []
    with pytest.raises(errors.NotAuthorized):
        read(pfs.acting_as(ALICE), "old@master:/a")
    assert read(pfs.acting_as(ROOT), "old@master:/a") == b"1"


def test_deactivation_forgets_tokens_keys_and_roles_but_not_the_record(root: PFS) -> None:
    token = root.create_token(ALICE)
    pair = root.create_s3_key(ALICE)
    root.set_roles(CLUSTER, ALICE, ["clusterAdmin"])
    root.deactivate_auth()
    assert not root.is_auth_active()
    for access_key in (token, pair.access_key, "the-token-of-root"):
        with pytest.raises(errors.UnknownAccessKey):
            root.find_s3_credential(access_key)
    assert root.list_audit()[0].operation == "deactivate"
    root.activate_auth()
    assert [binding.subject for binding in root.get_roles(CLUSTER)] == [ALL_USERS, ROOT]
    assert root.list_token()[0].subject == ROOT
    assert root.list_s3_key() == []


def test_keys_of_an_earlier_activation_do_not_come_back(root: PFS) -> None:
    before = root.create_s3_key(ALICE)
    root.deactivate_auth()
    root.activate_auth()
    with pytest.raises(errors.UnknownAccessKey):
        root.find_s3_credential(before.access_key)


@pytest.mark.parametrize("token", ["short", "has a blank in it, and", "slash/" * 5, "x" * 129])
def test_a_root_token_that_cannot_be_an_access_key_is_refused(pfs: PFS, token: str) -> None:
    with pytest.raises(errors.InvalidToken):
        pfs.activate_auth(root_token=token)
    assert not pfs.is_auth_active()


def test_a_rotated_root_token_takes_the_place_of_the_old_one(root: PFS) -> None:
    token = root.rotate_root_token()
    with pytest.raises(errors.TokenInvalid):
        root.identify("the-token-of-root")
    assert root.identify(token).subject == ROOT
    assert root.rotate_root_token(root_token="another-token-of-root") == "another-token-of-root"


def test_nothing_about_auth_works_while_it_is_off(pfs: PFS) -> None:
    for call in (
        pfs.deactivate_auth,
        pfs.rotate_root_token,
        pfs.list_token,
        pfs.list_s3_key,
        pfs.create_s3_key,
        lambda: pfs.check_access(CLUSTER),
        lambda: pfs.identify("x"),
        lambda: pfs.create_token(ALICE),
        lambda: pfs.revoke_token("x"),
        lambda: pfs.revoke_subject(ALICE),
        lambda: pfs.revoke_s3_key("x"),
        lambda: pfs.get_roles(CLUSTER),
        lambda: pfs.set_roles(CLUSTER, ALICE, ["clusterAdmin"]),
    ):
        with pytest.raises(errors.AuthNotActivated):
            call()
    assert pfs.list_audit() == []


# Tokens and keys


def test_a_token_is_access_key_and_secret_but_must_not_be_shown_in_a_url(root: PFS) -> None:
    token = root.create_token(ALICE)
    credential = root.find_s3_credential(token)
    assert (credential.access_key, credential.secret) == (token, token)
    assert (credential.subject, credential.may_presign) == (ALICE, False)
    assert token not in repr(credential)


def test_an_s3_key_has_a_secret_that_is_found_again(root: PFS) -> None:
    pair = root.create_s3_key(ALICE)
    credential = root.find_s3_credential(pair.access_key)
    assert (credential.secret, credential.subject) == (pair.secret_key, ALICE)
    assert credential.may_presign
    assert len(pair.secret_key) == 40
    assert (pair.access_key + pair.secret_key).isalnum()
    assert pair.secret_key not in repr(pair) + repr(credential)
    assert root.create_s3_key(ALICE).secret_key != pair.secret_key


def test_neither_tokens_nor_secrets_are_stored(tmp_path: Path) -> None:
    with open_store(StoreConfig(tmp_path / "store")) as store:
        root_token = store.activate_auth()
        token = store.create_token("robot:ci")
        secret = store.create_s3_key(ALICE).secret_key
    stored = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*.db*"))
    for hidden_text in (root_token, token, secret):
        assert hidden_text.encode() not in stored


@pytest.mark.parametrize("access_key", ["", "no-such-key", "é" * 20, "PLK" + "A" * 16])
def test_an_unknown_access_key_is_refused_and_not_repeated(root: PFS, access_key: str) -> None:
    with pytest.raises(errors.UnknownAccessKey) as caught:
        root.find_s3_credential(access_key)
    assert not access_key or access_key not in str(caught.value)


def test_tokens_and_keys_end_with_their_time() -> None:
    now = [HOUR_US]
    with open_memory_store(clock=lambda: now[0]) as root:
        root.activate_auth()
        token = root.create_token("robot:ci", ttl_s=HOUR_S)
        pair = root.create_s3_key(ALICE, ttl_s=HOUR_S)
        expires_at = datetime.fromtimestamp(2 * HOUR_S, UTC)
        assert root.identify(token).expires_at == expires_at == pair.expires_at
        now[0] = 2 * HOUR_US - 1
        root.find_s3_credential(token)
        root.find_s3_credential(pair.access_key)
        now[0] = 2 * HOUR_US
        for access_key in (token, pair.access_key):
            with pytest.raises(errors.UnknownAccessKey):
                root.find_s3_credential(access_key)
        with pytest.raises(errors.TokenInvalid):
            root.identify(token)
        assert [info.subject for info in root.list_token()] == [ROOT]
        assert root.list_s3_key() == []


@pytest.mark.parametrize("ttl_s", [0, -1.0])
def test_what_would_be_over_at_once_is_refused(root: PFS, ttl_s: float) -> None:
    with pytest.raises(errors.InvalidOption):
        root.create_token(ALICE, ttl_s=ttl_s)
    with pytest.raises(errors.InvalidOption):
        root.create_s3_key(ALICE, ttl_s=ttl_s)


@pytest.mark.parametrize("subject", [ROOT, ALL_USERS, "alice", "group:ops", "robot:a:b", "user:"])
def test_tokens_are_for_users_and_robots(root: PFS, subject: str) -> None:
    with pytest.raises(errors.InvalidSubject):
        root.create_token(subject)
    assert len(root.list_token()) == 1


def test_one_token_all_of_a_subject_or_one_key_can_be_revoked(root: PFS) -> None:
    tokens = [root.create_token(ALICE) for _ in range(3)]
    pairs = [root.create_s3_key(ALICE) for _ in range(2)]
    robot = root.create_token("robot:ci")
    assert (root.revoke_token(tokens[0]), root.revoke_token(tokens[0])) == (1, 0)
    root.revoke_s3_key(pairs[0].access_key)
    with pytest.raises(errors.AccessKeyNotFound):
        root.revoke_s3_key(pairs[0].access_key)
    assert [info.access_key for info in root.list_s3_key(ALICE)] == [pairs[1].access_key]
    revoked = root.revoke_subject(ALICE)
    assert (revoked.tokens, revoked.s3_keys) == (2, 1)
    for access_key in (*tokens, *(pair.access_key for pair in pairs)):
        with pytest.raises(errors.UnknownAccessKey):
            root.find_s3_credential(access_key)
    assert root.identify(robot).subject == "robot:ci"
    with pytest.raises(errors.InvalidSubject):
        root.revoke_subject(ROOT)


def test_tokens_are_listed_without_what_proves_them(root: PFS) -> None:
    token = root.create_token(ALICE, ttl_s=HOUR_S)
    info = next(info for info in root.list_token() if info.subject == ALICE)
    assert info.expires_at is not None
    assert (info.expires_at - info.created_at).total_seconds() == HOUR_S
    assert token not in repr(info)


def test_everybody_makes_lists_and_revokes_his_own_keys_only(root: PFS) -> None:
    alice, bob = root.acting_as(ALICE), root.acting_as(BOB)
    pair = alice.create_s3_key()
    assert pair.subject == ALICE
    assert [info.access_key for info in alice.list_s3_key()] == [pair.access_key]
    assert bob.list_s3_key() == []
    for call in (
        lambda: bob.revoke_s3_key(pair.access_key),
        lambda: bob.create_s3_key(ALICE),
        lambda: bob.list_s3_key(ALICE),
        lambda: bob.revoke_subject(ALICE),
    ):
        with pytest.raises(errors.NotAuthorized):
            call()
    alice.revoke_s3_key(pair.access_key)
    assert alice.revoke_subject(ALICE).s3_keys == 0


def test_who_may_make_tokens_for_robots_makes_none_for_users_or_root(root: PFS) -> None:
    root.set_roles(CLUSTER, ALICE, ["robotUser"])
    alice = root.acting_as(ALICE)
    assert root.identify(alice.create_token("robot:ci")).subject == "robot:ci"
    alice.create_s3_key("robot:ci")
    with pytest.raises(errors.NotAuthorized):
        alice.create_token(BOB)
    root.set_roles(CLUSTER, ALICE, ["clusterAdmin"])
    alice.create_token(BOB)
    with pytest.raises(errors.InvalidSubject):
        alice.create_s3_key(ROOT)


# Roles


def test_roles_are_replaced_and_taken_away(root: PFS) -> None:
    root.create_repo(IMAGES)
    resource = repo_resource(IMAGES)
    root.set_roles(resource, BOB, ["repoWriter", "repoReader", "repoReader"])
    root.set_roles(resource, ALICE, ["repoOwner"])
    assert root.get_roles(resource) == [
        Binding(ALICE, ("repoOwner",)),
        Binding(BOB, ("repoReader", "repoWriter")),
    ]
    root.set_roles(resource, BOB, ["repoReader"])
    root.set_roles(resource, ALICE, [])
    assert root.get_roles(resource) == [Binding(BOB, ("repoReader",))]


def test_roles_that_make_no_sense_change_nothing(root: PFS) -> None:
    root.create_repo(IMAGES)
    resource = repo_resource(IMAGES)
    with pytest.raises(errors.InvalidRole):
        root.set_roles(resource, ALICE, ["repoReader", "clusterAdmin"])
    with pytest.raises(errors.InvalidSubject):
        root.set_roles(resource, "alice", ["repoReader"])
    with pytest.raises(errors.InvalidSubject):
        root.set_roles(CLUSTER, ROOT, [])
    with pytest.raises(errors.RepoNotFound):
        root.set_roles(repo_resource(parse_repo("nothing")), ALICE, ["repoReader"])
    with pytest.raises(errors.ProjectNotFound):
        root.get_roles(project_resource("nothing"))
    assert root.get_roles(resource) == []


@pytest.mark.parametrize("resource", [CLUSTER, project_resource("default"), repo_resource(IMAGES)])
def test_a_role_reaches_from_where_it_is_given_downwards(root: PFS, resource) -> None:
    put(root, "images@master:/a", b"1")
    root.create_project("other")
    root.create_repo(parse_repo("images", "other"))
    bob = root.acting_as(BOB)
    root.set_roles(resource, BOB, ["repoReader"])
    assert read(bob, "images@master:/a") == b"1"
    if resource == CLUSTER:
        bob.inspect_repo(parse_repo("images", "other"))
        return
    with pytest.raises(errors.NotAuthorized):
        bob.inspect_repo(parse_repo("images", "other"))


def test_a_role_of_everybody_counts_for_each(root: PFS) -> None:
    put(root, "images@master:/a", b"1")
    root.set_roles(repo_resource(IMAGES), ALL_USERS, ["repoReader"])
    assert read(root.acting_as(BOB), "images@master:/a") == b"1"
    assert read(root.acting_as("robot:ci"), "images@master:/a") == b"1"


def test_access_is_explained_with_roles_and_permissions(root: PFS) -> None:
    root.create_repo(IMAGES)
    root.set_roles(project_resource("default"), BOB, ["repoReader"])
    access = root.check_access(repo_resource(IMAGES), BOB)
    assert access.roles == ("projectCreator", "projectWriter", "repoReader")
    assert Permission.REPO_READ in access.permissions
    assert {each.partition("_")[0] for each in access.permissions} == {"REPO"}
    assert root.check_access(CLUSTER).subject == ROOT
    assert root.acting_as(BOB).check_access(CLUSTER).subject == BOB
    with pytest.raises(errors.RepoNotFound):
        root.check_access(repo_resource(parse_repo("nothing")), BOB)


def test_a_change_of_roles_counts_for_the_very_next_call(root: PFS) -> None:
    put(root, "images@master:/a", b"1")
    bob = root.acting_as(BOB)
    for _ in range(3):
        with pytest.raises(errors.NotAuthorized):
            read(bob, "images@master:/a")
        root.set_roles(repo_resource(IMAGES), BOB, ["repoReader"])
        assert read(bob, "images@master:/a") == b"1"
        root.set_roles(repo_resource(IMAGES), BOB, [])


def test_a_change_by_another_process_counts_at_once(tmp_path: Path) -> None:
    config = StoreConfig(tmp_path / "store")
    with open_store(config) as here, open_store(config) as there:
        put(here, "images@master:/a", b"1")
        bob = here.acting_as(BOB)
        assert read(bob, "images@master:/a") == b"1"
        there.activate_auth()
        assert here.is_auth_active()
        with pytest.raises(errors.NotAuthorized):
            read(bob, "images@master:/a")
        there.set_roles(repo_resource(IMAGES), BOB, ["repoReader"])
        assert read(bob, "images@master:/a") == b"1"
        there.set_roles(repo_resource(IMAGES), BOB, [])
        with pytest.raises(errors.NotAuthorized):
            read(bob, "images@master:/a")
        there.deactivate_auth()
        assert read(bob, "images@master:/a") == b"1"


# Views


def test_the_refusal_says_who_lacks_what_on_which_resource(root: PFS) -> None:
    put(root, "images@master:/a", b"1")
    with pytest.raises(errors.NotAuthorized) as caught:
        read(root.acting_as(BOB), "images@master:/a")
    assert str(caught.value) == (
        "user:bob is not authorized to perform this operation - needs permissions "
        "[REPO_READ] on REPO default/images"
    )


def test_what_does_not_exist_is_not_found_rather_than_refused(root: PFS) -> None:
    bob = root.acting_as(BOB)
    with pytest.raises(errors.RepoNotFound):
        read(bob, "nothing@master:/a")
    with pytest.raises(errors.ProjectNotFound):
        bob.create_repo(parse_repo("images", "nothing"))
    with pytest.raises(errors.CommitNotFound):
        bob.delete_commit("0" * 12 + "4" + "0" * 19)


def test_who_creates_a_repo_or_project_owns_it_and_is_recorded(root: PFS) -> None:
    alice = root.acting_as(ALICE)
    info = put(alice, "images@master:/a", b"1")
    assert root.get_roles(repo_resource(IMAGES)) == [Binding(ALICE, ("repoOwner",))]
    assert root.inspect_repo(IMAGES).created_by == ALICE
    assert root.inspect_branch(parse_branch("images@master")).created_by == ALICE
    assert root.inspect_commit(CommitRef(IMAGES, info.version_id)).created_by == ALICE
    alice.create_project("lab")
    assert root.get_roles(project_resource("lab")) == [Binding(ALICE, ("projectOwner",))]
    assert root.list_audit()[0].subject == ALICE
    alice.set_roles(repo_resource(IMAGES), BOB, ["repoReader"])
    assert read(root.acting_as(BOB), "images@master:/a") == b"1"


def test_a_bucket_created_over_s3_belongs_to_who_created_it(root: PFS) -> None:
    alice, bob = root.acting_as(ALICE), root.acting_as(BOB)
    alice.create_branch(BranchRef(IMAGES, "master"), exclusive=True, create_repo=True)
    with pytest.raises(errors.NotAuthorized):
        bob.create_branch(BranchRef(IMAGES, "dev"), exclusive=True, create_repo=True)
    with pytest.raises(errors.BranchTaken):
        bob.create_branch(BranchRef(IMAGES, "master"), exclusive=True, create_repo=True)
    with pytest.raises(errors.BranchExists):
        alice.create_branch(BranchRef(IMAGES, "master"), exclusive=True, create_repo=True)
    root.set_roles(project_resource("default"), ALL_USERS, [])
    with pytest.raises(errors.NotAuthorized, match="PROJECT_CREATE_REPO"):
        bob.create_branch(BranchRef(parse_repo("new"), "dev"), create_repo=True)


def test_a_writer_deletes_the_last_branch_but_not_the_repo_of_somebody_else(root: PFS) -> None:
    root.acting_as(ALICE).create_branch(parse_branch("images@master"), create_repo=True)
    root.set_roles(repo_resource(IMAGES), BOB, ["repoWriter"])
    root.acting_as(BOB).delete_branch(parse_branch("images@master"), only_if_empty=True)
    assert root.list_branch(IMAGES) == []
    root.acting_as(ALICE).create_branch(parse_branch("images@master"))
    root.acting_as(ALICE).delete_branch(parse_branch("images@master"), only_if_empty=True)
    with pytest.raises(errors.RepoNotFound):
        root.inspect_repo(IMAGES)


def test_what_others_have_is_not_listed(root: PFS) -> None:
    alice, bob = root.acting_as(ALICE), root.acting_as(BOB)
    alice.create_project("lab")
    alice.create_repo(parse_repo("raw", "lab"))
    put(alice, "images@master:/a", b"1")
    put(bob, "notes@master:/b", b"2")
    assert [info.name for info in bob.list_project()] == ["default"]
    assert [str(info.branch) for info in bob.list_branch()] == ["notes@master"]
    assert {c.repo.name for found in bob.list_commit_set() for c in found.commits} == {"notes"}
    assert len(list(bob.list_commit_set(limit=1))) == 1
    assert bob.list_repo("lab") == []
    assert [info.name for info in alice.list_project()] == ["default", "lab"]
    # Everybody is a projectWriter of `default`, and so sees the names of its repos.
    assert {info.repo.name for info in bob.list_repo()} == {"images", "notes"}
    root.set_roles(project_resource("default"), ALL_USERS, [])
    assert {info.repo.name for info in bob.list_repo()} == {"notes"}


def test_copies_need_to_read_what_is_copied(root: PFS) -> None:
    put(root, "images@master:/a", b"1")
    bob = root.acting_as(BOB)
    put(bob, "notes@master:/b", b"2")
    source, target = parse_file("images@master:/a"), parse_file("notes@master:/c")
    upload = bob.create_upload(target).id
    with bob.open_file_set(parse_commit("notes@master")) as changes:
        for copy in (
            lambda: bob.copy_file(source, target),
            lambda: bob.copy_file(source, target, CopyOptions(is_recursive=True)),
            lambda: bob.copy_part(target, upload, 1, source),
            lambda: changes.copy_file(source, "d"),
            lambda: list(bob.diff_file(target, source)),
            lambda: bob.start_commit(parse_branch("notes@dev"), parent=source.commit),
            lambda: bob.list_commit(target.commit.repo, start=source.commit),
        ):
            with pytest.raises(errors.NotAuthorized, match="on REPO default/images"):
                copy()
    root.set_roles(repo_resource(IMAGES), BOB, ["repoReader"])
    bob.copy_file(source, target)
    assert read(bob, "notes@master:/c") == b"1"


def test_a_commit_goes_only_where_all_its_repos_may_lose_it(root: PFS) -> None:
    bob = root.acting_as(BOB)
    commit = commit_files(bob, "notes@master", {"a": b"1"})
    root.set_roles(repo_resource(parse_repo("notes")), BOB, ["repoReader"])
    with pytest.raises(errors.NotAuthorized, match="REPO_DELETE_COMMIT"):
        bob.delete_commit(commit)
    assert bob.inspect_commit_set(commit).id == commit


def test_a_repo_of_a_deleted_name_has_none_of_the_old_roles(root: PFS) -> None:
    alice = root.acting_as(ALICE)
    put(alice, "images@master:/a", b"1")
    assert read(alice, "images@master:/a") == b"1"
    root.delete_repo(IMAGES)
    put(root, "images@master:/a", b"2")
    with pytest.raises(errors.NotAuthorized):
        read(alice, "images@master:/a")
    root.create_project("lab")
    root.set_roles(project_resource("lab"), ALICE, ["projectOwner"])
    root.delete_project("lab")
    root.create_project("lab")
    assert root.get_roles(project_resource("lab")) == []


def test_what_takes_long_to_arrive_needs_the_role_when_it_is_there(root: PFS) -> None:
    alice, bob = root.acting_as(ALICE), root.acting_as(BOB)
    bob.create_repo(IMAGES)
    bob.create_branch(parse_branch("images@master"))
    with pytest.raises(errors.NotAuthorized), bob.put_file(parse_file("images@master:/a")) as file:
        file.write(b"1")
        bob.delete_repo(IMAGES)
        alice.create_repo(IMAGES)
        alice.create_branch(parse_branch("images@master"))
    assert not alice.list_file(parse_commit("images@master")).files


def test_a_view_closes_nothing(root: PFS) -> None:
    with root.acting_as(ALICE) as view:
        view.close()
        assert view.reads_inline == root.reads_inline
        assert view.inspect_store() == root.inspect_store()
    assert root.list_repo() == []
    assert ALICE in repr(view)


@pytest.mark.parametrize("subject", ["alice", "", ALL_USERS])
def test_nobody_acts_as_what_is_nobody(root: PFS, subject: str) -> None:
    with pytest.raises(errors.InvalidSubject):
        root.acting_as(subject)


def test_every_change_is_recorded_with_who_made_it(root: PFS) -> None:
    alice = root.acting_as(ALICE)
    alice.create_repo(IMAGES)
    alice.set_roles(repo_resource(IMAGES), BOB, ["repoReader"])
    token = root.create_token("robot:ci", ttl_s=60)
    pair = alice.create_s3_key()
    alice.revoke_s3_key(pair.access_key)
    root.revoke_token(token)
    root.revoke_subject(BOB)
    root.rotate_root_token()
    entries = root.list_audit()
    assert [(entry.operation, entry.target) for entry in reversed(entries)] == [
        ("activate", "auth"),
        ("set roles", "REPO default/images"),
        ("set roles", "REPO default/images"),
        ("create token", "robot:ci"),
        ("create s3 key", ALICE),
        ("revoke s3 key", ALICE),
        ("revoke token", "robot:ci"),
        ("revoke all", BOB),
        ("rotate root token", ROOT),
    ]
    assert {entry.subject for entry in entries} == {ROOT, ALICE}
    assert all(newer.at >= older.at for newer, older in pairwise(entries))
    assert [entry.operation for entry in root.list_audit(limit=1)] == ["rotate root token"]
    assert token not in str(entries)
