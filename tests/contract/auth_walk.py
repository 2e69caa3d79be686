"""Every method of a file system, called in a small world: what it needs, as plain calls."""

from collections.abc import Callable
from dataclasses import dataclass

from pachlite.pfs.api import PFS
from pachlite.pfs.infos import Deletion
from pachlite.pfs.permissions import CLUSTER, repo_resource
from pachlite.pfs.refs import (
    BranchRef,
    CommitRef,
    FileRef,
    parse_file,
    parse_repo,
)
from tests.contract.drive import put

ALICE = "user:alice"
OWNED = parse_repo("images", "vision")
BRANCH = BranchRef(OWNED, "master")
COMMIT = CommitRef(OWNED, "master")
FILE = FileRef(COMMIT, "cat.png")
OPEN = CommitRef(OWNED, "draft")
OWN_FILE = parse_file("mine@master:/own.png")


@dataclass(frozen=True)
class World:
    """A store with a repo `vision/images`, which others own, and one of alice's own.

    Attributes:
        commit: The id of a commit of `vision/images` with one child.
        head: The id of a commit without children.
        upload: A started upload to `vision/images`.
        access_key: An S3 key of somebody else.
    """

    commit: str
    head: str
    upload: str
    access_key: str


def make_world(root: PFS) -> World:
    """Fill an empty store, with auth active and nobody having a role on `vision`."""
    root.create_project("vision")
    root.create_repo(OWNED)
    put_into(root, FILE, b"1")
    commit = root.inspect_commit(COMMIT).id
    put_into(root, FILE, b"2")
    root.start_commit(BranchRef(OWNED, "draft"))
    put_into(root, FileRef(CommitRef(OWNED, "side"), "x"), b"x")
    root.create_branch(BranchRef(OWNED, "empty"))
    upload = root.create_upload(FILE).id
    root.activate_auth(root_token="root-token-of-the-test")
    own = root.acting_as(ALICE)
    put(own, "mine@master:/own.png", b"own")
    head = root.inspect_commit(CommitRef(OWNED, "side")).id
    return World(commit, head, upload, root.create_s3_key("user:bob").access_key)


def put_into(pfs: PFS, file: FileRef, data: bytes) -> None:
    with pfs.put_file(file) as writer:
        writer.write(data)
        writer.complete()


def put_part(pfs: PFS, world: World) -> None:
    with pfs.put_part(FILE, world.upload, 1) as part:
        part.write(b"1")
        part.complete()


def put_set(pfs: PFS) -> None:
    with pfs.open_file_set(COMMIT) as changes:
        with changes.put_file("new") as writer:
            writer.write(b"n")
        changes.complete()


Call = Callable[[PFS, World], object]

CALLS: dict[str, tuple[str, Call]] = {
    # method: the permission it needs, and a call of it that works for root
    "create_project": ("PROJECT_CREATE", lambda p, _: p.create_project("new")),
    "update_project": ("PROJECT_UPDATE", lambda p, _: p.update_project("vision", description="x")),
    "inspect_project": ("PROJECT_LIST_REPO", lambda p, _: p.inspect_project("vision")),
    "delete_project": ("PROJECT_DELETE", lambda p, _: p.delete_project("vision", force=True)),
    "create_repo": ("PROJECT_CREATE_REPO", lambda p, _: p.create_repo(parse_repo("new", "vision"))),
    "update_repo": ("REPO_WRITE", lambda p, _: p.update_repo(OWNED, description="x")),
    "inspect_repo": ("REPO_READ", lambda p, _: p.inspect_repo(OWNED)),
    "delete_repo": ("REPO_DELETE", lambda p, _: p.delete_repo(repo=OWNED)),
    "create_branch": ("REPO_CREATE_BRANCH", lambda p, _: p.create_branch(BranchRef(OWNED, "b"))),
    "inspect_branch": ("REPO_LIST_BRANCH", lambda p, _: p.inspect_branch(BRANCH)),
    "list_branch": ("REPO_LIST_BRANCH", lambda p, _: p.list_branch(OWNED)),
    "delete_branch": ("REPO_DELETE_BRANCH", lambda p, _: p.delete_branch(BranchRef(OWNED, "side"))),
    "get_setting": ("REPO_READ", lambda p, _: p.get_setting(BRANCH, "cors")),
    "put_setting": ("REPO_WRITE", lambda p, _: p.put_setting(BRANCH, "cors", "x")),
    "start_commit": ("REPO_WRITE", lambda p, _: p.start_commit(BRANCH)),
    "finish_commit": ("REPO_WRITE", lambda p, _: p.finish_commit(OPEN)),
    "inspect_commit": ("REPO_INSPECT_COMMIT", lambda p, _: p.inspect_commit(commit=COMMIT)),
    "list_commit": ("REPO_LIST_COMMIT", lambda p, _: list(p.list_commit(OWNED))),
    "inspect_commit_set": ("REPO_INSPECT_COMMIT", lambda p, w: p.inspect_commit_set(w.commit)),
    "squash_commit": ("REPO_DELETE_COMMIT", lambda p, w: p.squash_commit(w.commit)),
    "delete_commit": ("REPO_DELETE_COMMIT", lambda p, w: p.delete_commit(w.head)),
    "wait_commit": ("REPO_INSPECT_COMMIT", lambda p, _: p.wait_commit(COMMIT, timeout_s=0)),
    "open_file_set": ("REPO_WRITE", lambda p, _: put_set(p)),
    "put_file": ("REPO_WRITE", lambda p, _: put_into(p, FILE, b"3")),
    "get_file": ("REPO_READ", lambda p, _: p.get_file(FILE).close()),
    "inspect_file": ("REPO_INSPECT_FILE", lambda p, _: p.inspect_file(FILE)),
    "list_file": ("REPO_LIST_FILE", lambda p, _: p.list_file(COMMIT)),
    "glob_file": ("REPO_LIST_FILE", lambda p, _: list(p.glob_file(COMMIT, "*"))),
    "walk_file": ("REPO_LIST_FILE", lambda p, _: list(p.walk_file(COMMIT, ""))),
    "copy_file": ("REPO_WRITE", lambda p, _: p.copy_file(OWN_FILE, FileRef(COMMIT, "c"))),
    "delete_file": ("REPO_WRITE", lambda p, _: p.delete_file(COMMIT, [Deletion("cat.png")])),
    "tag_file": ("REPO_WRITE", lambda p, _: p.tag_file(FILE, {"a": "b"})),
    "diff_file": ("REPO_READ", lambda p, _: list(p.diff_file(FILE))),
    "list_version": ("REPO_LIST_FILE", lambda p, _: p.list_version(COMMIT)),
    "create_upload": ("REPO_WRITE", lambda p, _: p.create_upload(FILE)),
    "inspect_upload": ("REPO_WRITE", lambda p, w: p.inspect_upload(FILE, w.upload)),
    "list_upload": ("REPO_WRITE", lambda p, _: p.list_upload(COMMIT)),
    "put_part": ("REPO_WRITE", put_part),
    "copy_part": ("REPO_WRITE", lambda p, w: p.copy_part(FILE, w.upload, 1, OWN_FILE)),
    "list_part": ("REPO_WRITE", lambda p, w: p.list_part(FILE, w.upload)),
    "complete_upload": ("REPO_WRITE", lambda p, w: p.complete_upload(FILE, w.upload, [])),
    "abort_upload": ("REPO_WRITE", lambda p, w: p.abort_upload(FILE, w.upload)),
    "find_s3_credential": (
        "CLUSTER_AUTH_GET_USER_TOKEN",
        lambda p, w: p.find_s3_credential(w.access_key),
    ),
    "acting_as": ("CLUSTER_AUTH_GET_USER_TOKEN", lambda p, _: p.acting_as("user:bob")),
    "activate_auth": ("CLUSTER_MODIFY_BINDINGS", lambda p, _: p.activate_auth()),
    "deactivate_auth": ("CLUSTER_AUTH_DEACTIVATE", lambda p, _: p.deactivate_auth()),
    "rotate_root_token": ("CLUSTER_AUTH_ROTATE_ROOT_TOKEN", lambda p, _: p.rotate_root_token()),
    "create_token": ("CLUSTER_AUTH_GET_ROBOT_TOKEN", lambda p, _: p.create_token("robot:ci")),
    "list_token": ("CLUSTER_AUTH_LIST_TOKENS", lambda p, _: p.list_token()),
    "revoke_subject": (
        "CLUSTER_AUTH_REVOKE_USER_TOKENS",
        lambda p, _: p.revoke_subject("user:bob"),
    ),
    "create_s3_key": ("CLUSTER_AUTH_GET_USER_TOKEN", lambda p, _: p.create_s3_key("user:bob")),
    "list_s3_key": ("CLUSTER_AUTH_LIST_TOKENS", lambda p, _: p.list_s3_key("user:bob")),
    "revoke_s3_key": (
        "CLUSTER_AUTH_REVOKE_USER_TOKENS",
        lambda p, w: p.revoke_s3_key(w.access_key),
    ),
    "get_roles": ("REPO_READ", lambda p, _: p.get_roles(repo_resource(OWNED))),
    "set_roles": (
        "REPO_MODIFY_BINDINGS",
        lambda p, _: p.set_roles(repo_resource(OWNED), "user:bob", ["repoReader"]),
    ),
    "check_access": (
        "CLUSTER_AUTH_GET_PERMISSIONS_FOR_PRINCIPAL",
        lambda p, _: p.check_access(CLUSTER, "user:bob"),
    ),
    "list_audit": ("CLUSTER_GET_BINDINGS", lambda p, _: p.list_audit()),
}

FREE: dict[str, Call] = {
    # methods that everybody may call: what they answer is about oneself, or filtered
    "list_project": lambda p, _: p.list_project(),
    "list_repo": lambda p, _: p.list_repo(),
    "list_commit_set": lambda p, _: list(p.list_commit_set()),
    "is_auth_active": lambda p, _: p.is_auth_active(),
    "whoami": lambda p, _: p.whoami(),
    "identify": lambda p, _: p.identify("root-token-of-the-test"),
    "revoke_token": lambda p, _: p.revoke_token("no-such-token"),
}

UNGUARDED = {"reads_inline", "inspect_store", "close"}
"""What tells nothing of the data, and changes nothing."""
