"""What roles grant, where they can be given, and who can have them."""

import pytest

from pachlite.errors import InvalidRole, InvalidSubject
from pachlite.pfs.permissions import (
    ALL_USERS,
    CLUSTER,
    ROLES,
    ROOT,
    Permission,
    ResourceKind,
    allowed_by,
    check_individual,
    check_roles,
    check_subject,
    parse_permission,
    permissions_about,
    project_resource,
    repo_resource,
    roles_for,
)
from pachlite.pfs.refs import RepoRef


def allowed(*roles):
    return allowed_by(frozenset(roles))


@pytest.mark.parametrize(
    ("wider", "narrower"),
    [
        ("repoWriter", "repoReader"),
        ("repoOwner", "repoWriter"),
        ("projectWriter", "projectViewer"),
        ("projectOwner", "projectWriter"),
        ("projectOwner", "repoOwner"),
        *(("clusterAdmin", role) for role in ROLES if role != "clusterAdmin"),
    ],
)
def test_a_wider_role_grants_more_than_a_narrower_one(wider, narrower):
    assert allowed(wider) > allowed(narrower)


def test_a_cluster_admin_may_do_everything():
    assert allowed("clusterAdmin") == frozenset(Permission)


@pytest.mark.parametrize(
    ("role", "permission"),
    [
        ("repoReader", "REPO_WRITE"),
        ("repoReader", "REPO_DELETE_BRANCH"),
        ("repoWriter", "REPO_DELETE"),
        ("repoWriter", "REPO_MODIFY_BINDINGS"),
        ("repoOwner", "PROJECT_DELETE"),
        ("projectViewer", "REPO_READ"),
        ("projectViewer", "PROJECT_CREATE_REPO"),
        ("projectWriter", "REPO_READ"),
        ("projectWriter", "PROJECT_DELETE"),
        ("projectOwner", "PROJECT_CREATE"),
        ("projectOwner", "CLUSTER_MODIFY_BINDINGS"),
        ("projectCreator", "PROJECT_DELETE"),
        ("robotUser", "CLUSTER_AUTH_GET_USER_TOKEN"),
    ],
)
def test_a_role_does_not_grant(role, permission):
    assert Permission(permission) not in allowed(role)


def test_roles_add_up_and_nobody_without_a_role_may_do_anything():
    assert allowed("repoReader", "projectWriter") == allowed("repoReader") | allowed(
        "projectWriter"
    )
    assert allowed() == frozenset()


def test_a_role_of_a_later_release_grants_nothing():
    assert allowed("repoPainter") == frozenset()
    assert allowed("repoPainter", "repoReader") == allowed("repoReader")


def test_every_permission_is_granted_by_some_role_and_begins_with_its_kind():
    assert all(roles_for(permission) for permission in Permission)
    assert all(each.partition("_")[0] in ResourceKind.__members__ for each in Permission)


def test_roles_are_found_by_what_they_grant():
    assert roles_for(Permission.REPO_READ) == [
        "clusterAdmin",
        "projectOwner",
        "repoOwner",
        "repoReader",
        "repoWriter",
    ]
    assert roles_for(Permission.CLUSTER_MODIFY_BINDINGS) == ["clusterAdmin"]


def test_only_permissions_about_a_resource_are_shown_of_it():
    owner = allowed("projectOwner")
    about_project = permissions_about(ResourceKind.PROJECT, owner)
    assert {each.partition("_")[0] for each in about_project} == {"PROJECT"}
    assert {each.partition("_")[0] for each in permissions_about(ResourceKind.REPO, owner)} == {
        "REPO"
    }
    assert permissions_about(ResourceKind.CLUSTER, owner) == tuple(
        each for each in Permission if each in owner
    )


def test_a_permission_is_read_in_letters_of_any_case():
    assert parse_permission("repo_read") is Permission.REPO_READ
    with pytest.raises(InvalidRole, match="unknown permission 'REPO_PAINT'"):
        parse_permission("REPO_PAINT")


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (ResourceKind.REPO, "repoOwner"),
        (ResourceKind.PROJECT, "repoReader"),
        (ResourceKind.PROJECT, "projectOwner"),
        (ResourceKind.CLUSTER, "repoReader"),
        (ResourceKind.CLUSTER, "projectCreator"),
    ],
)
def test_a_role_can_be_given_where_it_makes_sense(kind, role):
    assert check_roles(kind, [role, role]) == {role}


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (ResourceKind.REPO, "projectViewer"),
        (ResourceKind.REPO, "clusterAdmin"),
        (ResourceKind.PROJECT, "projectCreator"),
        (ResourceKind.PROJECT, "clusterAdmin"),
    ],
)
def test_a_role_cannot_be_given_on_something_narrower(kind, role):
    with pytest.raises(InvalidRole, match=f"role {role} cannot be given on a {kind}"):
        check_roles(kind, [role])


def test_an_unknown_role_is_refused():
    with pytest.raises(InvalidRole, match="unknown role 'king'"):
        check_roles(ResourceKind.CLUSTER, ["clusterAdmin", "king"])


@pytest.mark.parametrize("subject", [ROOT, ALL_USERS, "user:a@b.c", "user:a:b", "robot:nightly"])
def test_a_subject_is_a_user_a_robot_root_or_everybody(subject):
    assert check_subject(subject) == subject


@pytest.mark.parametrize(
    "subject",
    [
        *("", "alice", "user:", "robot:", "pach:alice", "allclusterusers", "x" * 300),
        *("robot:a:b", "user:a b", "user:a\n", "user:" + "x" * 300),
        *("group:ops", "pipeline:edges"),
    ],
)
def test_anything_else_is_no_subject(subject):
    with pytest.raises(InvalidSubject):
        check_subject(subject)


def test_everybody_is_no_individual():
    assert check_individual("user:alice") == "user:alice"
    with pytest.raises(InvalidSubject, match="it stands for everybody"):
        check_individual(ALL_USERS)


def test_resources_are_shown_as_errors_name_them():
    assert str(CLUSTER) == "CLUSTER"
    assert str(project_resource("vision")) == "PROJECT vision"
    assert str(repo_resource(RepoRef("vision", "raw"))) == "REPO vision/raw"
