"""Every method of a file system is guarded: walked with every role, and with none."""

import pytest

from pachlite.errors import CommitNotFound, NotAuthorized, PachliteError
from pachlite.pfs.api import PFS
from pachlite.pfs.permissions import (
    CLUSTER,
    ROLES,
    ROOT,
    Permission,
    Resource,
    ResourceKind,
    project_resource,
    repo_resource,
)
from pachlite.store.guard_rules import RULES
from pachlite.wiring import open_memory_store
from tests.contract.auth_walk import ALICE, CALLS, FREE, OWNED, UNGUARDED, Call, World, make_world

EVERY_ROLE = [
    (role.name, kind) for role in ROLES.values() for kind in ResourceKind if kind in role.kinds
]
RESOURCES: dict[ResourceKind, Resource] = {
    ResourceKind.CLUSTER: CLUSTER,
    ResourceKind.PROJECT: project_resource("vision"),
    ResourceKind.REPO: repo_resource(OWNED),
}
LAST = [
    *("squash_commit", "delete_commit", "delete_branch", "abort_upload"),
    *("delete_repo", "delete_project", "deactivate_auth"),
]
"""What takes something from the calls before it."""
FOR_EVERYBODY = {"create_project"}
"""What activation allows to all."""


def protocol_methods() -> set[str]:
    return {name for name in dir(PFS) if not name.startswith("_")}


def ordered() -> list[str]:
    return [*(name for name in CALLS if name not in LAST), *LAST]


def is_refused(pfs: PFS, world: World, call: Call) -> bool:
    """Say whether a call is not allowed. Another error means that it was."""
    try:
        call(pfs, world)
    except NotAuthorized:
        return True
    except CommitNotFound as error:  # a set of which the subject may see nothing
        return not error.repo
    except PachliteError:
        return False
    return False


def refused_with(role: str, kind: ResourceKind) -> set[str]:
    """Return the methods that alice may not call with a role."""
    with open_memory_store() as root:
        world = make_world(root)
        root.set_roles(RESOURCES[kind], ALICE, [role])
        alice = root.acting_as(ALICE)
        return {name for name in ordered() if is_refused(alice, world, CALLS[name][1])}


def test_every_method_has_a_rule_and_is_walked() -> None:
    guarded = protocol_methods() - UNGUARDED
    assert guarded == set(RULES)
    assert guarded == set(CALLS) | set(FREE)


@pytest.mark.parametrize(("role", "kind"), EVERY_ROLE)
def test_a_role_opens_the_methods_whose_permission_it_grants(role: str, kind: ResourceKind) -> None:
    granted = ROLES[role].permissions
    expected = {name for name, (needed, _) in CALLS.items() if Permission(needed) not in granted}
    assert refused_with(role, kind) == expected - FOR_EVERYBODY


def test_who_has_no_role_may_only_look_at_himself() -> None:
    with open_memory_store() as root:
        world = make_world(root)
        alice = root.acting_as(ALICE)
        refused = {name for name in ordered() if is_refused(alice, world, CALLS[name][1])}
        assert refused == set(CALLS) - FOR_EVERYBODY
        for call in FREE.values():
            call(alice, world)


def test_root_may_do_everything() -> None:
    with open_memory_store() as store:
        world = make_world(store)
        root = store.acting_as(ROOT)
        for name in ordered():
            assert not is_refused(root, world, CALLS[name][1]), name


def test_while_auth_is_off_a_view_refuses_nothing() -> None:
    with open_memory_store() as store:
        world = make_world(store)
        store.deactivate_auth()
        alice = store.acting_as(ALICE)
        for name in ordered():
            if name == "activate_auth":
                continue  # it would end the test
            assert not is_refused(alice, world, CALLS[name][1]), name
