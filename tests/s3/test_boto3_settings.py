"""What is kept with a bucket, through boto3: tags, ownership, ACLs, locations."""

import pytest

from tests.s3.refusals import refused

TAGS = [{"Key": "team", "Value": "vision"}, {"Key": "cost centre/1", "Value": ""}]


def test_tags_of_a_bucket_are_kept_replaced_and_deleted(s3, bucket):
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": TAGS})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == TAGS
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": TAGS[:1]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == TAGS[:1]
    s3.delete_bucket_tagging(Bucket=bucket)
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)
    with refused("NoSuchBucket", 404):
        s3.put_bucket_tagging(Bucket="nowhere", Tagging={"TagSet": TAGS})


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"k" * 129: "v"}, "InvalidTag"),
        ({"k": "v" * 257}, "InvalidTag"),
        ({"k!": "v"}, "InvalidTag"),
        ({"k": "a,b"}, "InvalidTag"),
        ({"aws:k": "v"}, "InvalidTag"),
        ({f"k{i}": "v" for i in range(51)}, "BadRequest"),
    ],
)
def test_tags_that_are_none_are_refused(s3, bucket, tags, code):
    tag_set = [{"Key": key, "Value": value} for key, value in tags.items()]
    with refused(code, 400):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_set})
    with refused(code, 400):
        s3.create_bucket(Bucket=f"tagged.{bucket}", CreateBucketConfiguration={"Tags": tag_set})
    with refused("404", 404):
        s3.head_bucket(Bucket=f"tagged.{bucket}")


def test_key_that_comes_twice_is_refused(s3, bucket):
    with refused("InvalidTag", 400):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [TAGS[0], TAGS[0]]})


def test_bucket_is_made_with_tags_location_and_ownership(s3, bucket):
    made = s3.create_bucket(
        Bucket=f"eu.{bucket}",
        ObjectOwnership="ObjectWriter",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1", "Tags": TAGS},
    )
    assert made["Location"] == f"/eu.{bucket}"
    assert s3.get_bucket_tagging(Bucket=f"eu.{bucket}")["TagSet"] == TAGS
    assert s3.get_bucket_location(Bucket=f"eu.{bucket}")["LocationConstraint"] == "eu-west-1"
    assert s3.head_bucket(Bucket=f"eu.{bucket}")["BucketRegion"] == "eu-west-1"
    listed = s3.list_buckets(BucketRegion="eu-west-1", Prefix=f"eu.{bucket}")["Buckets"]
    assert [(each["Name"], each["BucketRegion"]) for each in listed] == [
        (f"eu.{bucket}", "eu-west-1")
    ]
    assert s3.list_buckets(BucketRegion="us-east-1", Prefix=f"eu.{bucket}")["Buckets"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        ({"ACL": "public"}, "InvalidArgument", 400),
        ({"GrantRead": 'uri="http://all"'}, "InvalidBucketAclWithObjectOwnership", 400),
        ({"ObjectOwnership": "Somebody"}, "InvalidArgument", 400),
        ({"ObjectLockEnabledForBucket": True}, "NotImplemented", 501),
        (
            {"CreateBucketConfiguration": {"LocationConstraint": "no where"}},
            "InvalidLocationConstraint",
            400,
        ),
        (
            {"CreateBucketConfiguration": {"Location": {"Name": "a", "Type": "LocalZone"}}},
            "NotImplemented",
            501,
        ),
    ],
)
def test_bucket_is_not_made_otherwise_than_asked_for(s3, bucket, arguments, code, status):
    with refused(code, status):
        s3.create_bucket(Bucket=f"new.{bucket}", **arguments)
    with refused("404", 404):
        s3.head_bucket(Bucket=f"new.{bucket}")


def test_bucket_is_made_with_a_list_that_says_what_holds_anyway(s3, bucket):
    s3.create_bucket(Bucket=f"new.{bucket}", ACL="private", ObjectOwnership="BucketOwnerEnforced")


def test_ownership_is_the_owners_until_chosen_otherwise(s3, bucket):
    def ownership():
        controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
        return controls["Rules"][0]["ObjectOwnership"]

    assert ownership() == "BucketOwnerEnforced"
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rules)
    assert ownership() == "ObjectWriter"
    with refused("MalformedXML", 400):
        s3.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": rules["Rules"] * 2}
        )
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    with refused("OwnershipControlsNotFoundError", 404):
        ownership()


def test_public_access_is_blocked_until_chosen_otherwise(s3, bucket):
    def block():
        answer = s3.get_public_access_block(Bucket=bucket)
        return answer["PublicAccessBlockConfiguration"]

    assert all(block().values())
    chosen = {**block(), "BlockPublicPolicy": False}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=chosen)
    assert block() == chosen
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={})
    assert not any(block().values())
    s3.delete_public_access_block(Bucket=bucket)
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        block()


def test_list_that_says_what_holds_anyway_is_accepted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    policy = s3.get_bucket_acl(Bucket=bucket)
    policy = {"Owner": policy["Owner"], "Grants": policy["Grants"]}
    for put, target in (
        (s3.put_bucket_acl, {"Bucket": bucket}),
        (s3.put_object_acl, {"Bucket": bucket, "Key": "a"}),
    ):
        put(**target, ACL="private")
        put(**target, ACL="bucket-owner-full-control")
        put(**target, GrantFullControl=f'id="{policy["Owner"]["ID"]}"')
        put(**target, AccessControlPolicy=policy)
    with refused("NoSuchKey", 404):
        s3.put_object_acl(Bucket=bucket, Key="missing", ACL="private")


@pytest.mark.parametrize(
    "asked",
    [
        {"ACL": "public-read"},
        {"ACL": "authenticated-read"},
        {"GrantRead": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'},
        {"GrantFullControl": "id=somebody"},
        {"GrantFullControl": f'id="{"0" * 32}", id="somebody"'},
    ],
)
def test_list_that_would_let_in_others_is_refused(s3, bucket, asked):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    before = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    for ownership in ("BucketOwnerEnforced", "ObjectWriter"):
        rules = {"Rules": [{"ObjectOwnership": ownership}]}
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rules)
        with refused("AccessControlListNotSupported", 400):
            s3.put_bucket_acl(Bucket=bucket, **asked)
        with refused("AccessControlListNotSupported", 400):
            s3.put_object_acl(Bucket=bucket, Key="a", **asked)
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"] == before


def test_object_is_not_written_with_a_grant_to_others(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ACL="bucket-owner-full-control")
    target = {"Bucket": bucket, "Key": "b", "GrantRead": "id=somebody"}
    for write in (
        lambda: s3.put_object(**target, Body=b"1"),
        lambda: s3.copy_object(**target, CopySource=f"{bucket}/a"),
        lambda: s3.create_multipart_upload(**target),
    ):
        with refused("AccessControlListNotSupported", 400):
            write()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a"]


def test_canned_list_of_a_write_is_taken_and_opens_nothing(s3, bucket):
    before = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    s3.create_bucket(Bucket=f"{bucket}-public", ACL="public-read-write")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ACL="public-read")
    s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a", ACL="authenticated-read")
    s3.create_multipart_upload(Bucket=bucket, Key="c", ACL="public-read")
    for grants in (
        s3.get_bucket_acl(Bucket=f"{bucket}-public")["Grants"],
        s3.get_object_acl(Bucket=bucket, Key="a")["Grants"],
        s3.get_object_acl(Bucket=bucket, Key="b")["Grants"],
    ):
        assert grants == before


def test_list_with_one_grant_too_many_is_refused(s3, bucket):
    acl = s3.get_bucket_acl(Bucket=bucket)
    everybody = {
        "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
        "Permission": "READ",
    }
    policy = {"Owner": acl["Owner"], "Grants": [*acl["Grants"], everybody]}
    with refused("AccessControlListNotSupported", 400):
        s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)
    policy = {"Owner": {"ID": "somebody"}, "Grants": acl["Grants"]}
    with refused("AccessControlListNotSupported", 400):
        s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)


def test_list_that_is_none_is_refused(s3, bucket):
    with refused("InvalidArgument", 400):
        s3.put_bucket_acl(Bucket=bucket, ACL="open")
    with refused("MissingSecurityHeader", 400):
        s3.put_bucket_acl(Bucket=bucket)
    with refused("MalformedACLError", 400):
        s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Grants": []})
    with refused("UnexpectedContent", 400):
        s3.put_bucket_acl(Bucket=bucket, ACL="private", AccessControlPolicy={"Grants": []})
    with refused("InvalidRequest", 400):
        s3.put_bucket_acl(Bucket=bucket, ACL="private", GrantRead=f"id={'0' * 32}")


def test_request_for_the_bucket_of_somebody_else_is_refused(s3, bucket):
    with refused("AccessDenied", 403):
        s3.delete_bucket(Bucket=bucket, ExpectedBucketOwner="123456789012")
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner="0" * 32)


@pytest.mark.parametrize(
    "call",
    [
        "delete_bucket_encryption",
        "delete_bucket_lifecycle",
        "delete_bucket_policy",
        "delete_bucket_replication",
        "delete_bucket_website",
    ],
)
def test_what_no_bucket_has_can_be_deleted(s3, bucket, call):
    getattr(s3, call)(Bucket=bucket)
    s3.head_bucket(Bucket=bucket)
    with refused("NoSuchBucket", 404):
        getattr(s3, call)(Bucket="nowhere")
