"""Bucket names and what they stand for."""

import pytest

from pachlite.errors import InvalidName, PachliteError, ReadOnlyCommit
from pachlite.gateway.buckets import bucket_name, parse_bucket, parse_new_bucket
from pachlite.gateway.errors import S3Refusal, s3_code
from pachlite.pfs.refs import BranchRef, CommitRef, RepoRef

COMMIT = "0123456789ab4cdef0123456789abcde"


@pytest.mark.parametrize(
    ("name", "project", "repo", "branch"),
    [
        ("images", "default", "images", "master"),
        ("dev.images", "default", "images", "dev"),
        ("dev.images.vision", "vision", "images", "dev"),
        ("my-branch.Repo_1", "default", "Repo_1", "my-branch"),
        ("0123456.images", "default", "images", "0123456"),
    ],
)
def test_branch_bucket_names_a_branch(name, project, repo, branch):
    bucket = parse_bucket(name)
    assert bucket.branch == BranchRef(RepoRef(project, repo), branch)
    assert bucket.commit == CommitRef(RepoRef(project, repo), branch)
    assert bucket.writable_file("a/b").path == "a/b"


@pytest.mark.parametrize("commit", [COMMIT, COMMIT[:20]])
@pytest.mark.parametrize(
    ("tail", "branch"),
    [
        ("images", BranchRef(RepoRef("default", "images"), "master")),
        ("dev.images", BranchRef(RepoRef("default", "images"), "dev")),
        ("dev.images.vision", BranchRef(RepoRef("vision", "images"), "dev")),
    ],
)
def test_commit_bucket_names_a_commit_of_a_branch_and_is_read_only(commit, tail, branch):
    bucket = parse_bucket(f"{commit}.{tail}")
    assert bucket.commit == CommitRef(branch.repo, commit, within=branch.name)
    with pytest.raises(ReadOnlyCommit) as refusal:
        bucket.writable_file("key")
    assert s3_code(refusal.value).name == "AccessDenied"
    assert bucket_name(branch) in refusal.value.hint


def test_commit_in_upper_case_is_the_same_commit():
    assert parse_bucket(f"{COMMIT.upper()}.images").commit_id == COMMIT


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "a..b",
        ".images",
        "images.",
        "a.b.c.d",
        "0123456789abcdef.images",
        "sp ace",
        "ümlaut",
        "a/b",
        f"{COMMIT}.a.b.c.d",
        "192.168.1.17",
        "dev.images.-project",
        "x" * 300,
    ],
)
def test_impossible_name_is_not_found_when_looked_up_and_invalid_when_created(name):
    with pytest.raises(S3Refusal) as refusal:
        parse_bucket(name)
    assert (refusal.value.s3.name, refusal.value.s3.status) == ("NoSuchBucket", 404)
    with pytest.raises(PachliteError) as invalid:
        parse_new_bucket(name)
    assert s3_code(invalid.value).name == "InvalidBucketName"


def test_probe_of_a_client_for_a_random_bucket_names_a_repo_that_is_not_there():
    name = "probe-bsign-" + "a" * 48
    assert parse_bucket(name).branch.repo.name == name


def test_commit_bucket_cannot_be_created():
    with pytest.raises(InvalidName):
        parse_new_bucket(f"{COMMIT}.images")


def test_short_name_cannot_be_created():
    with pytest.raises(S3Refusal) as refusal:
        parse_new_bucket("ab")
    assert refusal.value.s3.name == "InvalidBucketName"


@pytest.mark.parametrize("name", ["master.images", "dev.images.vision"])
def test_canonical_name_of_a_parsed_bucket_is_its_name(name):
    assert bucket_name(parse_new_bucket(name).branch) == name
