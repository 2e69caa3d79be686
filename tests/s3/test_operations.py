"""Every operation that botocore knows of S3, sent to a gateway, is answered as is documented."""

import datetime
import re

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.s3.conftest import connect
from tools.operation_notes import NOTES, POLITE
from tools.operation_reference import Answer, outcomes
from tools.s3_model import load_model, read_model

OUTCOMES = outcomes()
WORDS = {
    "Key": "a",
    "CopySource": "{bucket}/a",
    "RenameSource": "/{bucket}/a",
    "UploadId": "0" * 32,
    "KMSKeyArn": "arn:aws:kms:us-east-1:1:key/1",
}
MORE = {"PutBucketAcl": {"ACL": "private"}, "PutObjectAcl": {"ACL": "private"}}
VALUES = {
    "boolean": True,
    "blob": b"{}",
    "integer": 1,
    "long": 1,
    "timestamp": datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC),
}


def least(shape, name, bucket):
    """Return a value that botocore takes for a shape, with nothing in it that it does not need."""
    if shape.type_name == "structure":
        needed = list(shape.members)[:1] if shape.is_tagged_union else shape.required_members
        return {member: least(shape.members[member], member, bucket) for member in needed}
    if shape.type_name == "list":
        return [least(shape.member, name, bucket)]
    if shape.type_name != "string":
        return VALUES[shape.type_name]
    if name == "Bucket":
        return bucket
    return WORDS.get(name, (getattr(shape, "enum", None) or ["x"])[0]).format(bucket=bucket)


@pytest.fixture(scope="module")
def client(gateway):
    client = connect(gateway, inject_host_prefix=False)
    yield client
    client.close()


@pytest.fixture(scope="module")
def shared(client):
    """A bucket with one object, for operations that must not touch it, or do no harm to it."""
    client.create_bucket(Bucket="operations")
    client.put_object(Bucket="operations", Key="a", Body=b"1")
    return "operations"


def send(client, name, bucket):
    """Send the least request of an operation; return the status and the code of the answer."""
    shape = client.meta.service_model.operation_model(name).input_shape
    arguments = {**(least(shape, "", bucket) if shape else {}), **MORE.get(name, {})}
    try:
        answer = getattr(client, xform_name(name))(**arguments)
    except ClientError as error:
        response = error.response
        return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], ""


def everything(client, bucket):
    """Return all that an operation might have touched."""
    versions = client.list_object_versions(Bucket=bucket)
    return (
        [each["Name"] for each in client.list_buckets()["Buckets"]],
        [each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", [])],
        [each["VersionId"] for each in versions.get("Versions", [])],
        versions.get("DeleteMarkers", []),
        client.list_multipart_uploads(Bucket=bucket).get("Uploads", []),
    )


def test_what_is_kept_of_the_model_is_what_botocore_knows():
    assert load_model() == read_model(), "run python -m tools.s3_model, then make gen"


def test_notes_are_about_operations_that_there_are():
    assert set(NOTES) | set(POLITE) <= set(OUTCOMES)
    assert {name for name, each in OUTCOMES.items() if each.answer is Answer.POLITE} == set(POLITE)
    assert all(OUTCOMES[name].answer is Answer.SUPPORTED for name in NOTES)


@pytest.mark.parametrize(
    "name", [n for n, each in OUTCOMES.items() if each.answer is Answer.REFUSED]
)
def test_operation_that_is_refused_touches_nothing(client, shared, name):
    before = everything(client, shared)
    assert send(client, name, shared) == (501, "NotImplemented")
    assert everything(client, shared) == before


@pytest.mark.parametrize(
    "name", [n for n, each in OUTCOMES.items() if each.answer is not Answer.REFUSED]
)
def test_operation_that_is_answered_is_known(client, s3, bucket, name):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    status, code = send(client, name, bucket)
    assert status < 500
    assert code not in {"MethodNotAllowed", "NotImplemented"}


@pytest.mark.parametrize("name", sorted(POLITE))
def test_polite_answer_is_the_one_of_the_reference(client, shared, name):
    before = everything(client, shared)
    status, code = send(client, name, shared)
    code_of_note = re.match(r"`(\w+)`", OUTCOMES[name].note)
    if code_of_note and code_of_note[1] != "BucketOwner":
        assert code == code_of_note[1]
        assert status in {400, 404}
    else:
        assert (status, code) in {(200, ""), (204, "")}
    assert everything(client, shared) == before
