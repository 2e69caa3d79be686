"""Every error has an answer."""

import importlib
import pkgutil
from xml.etree import ElementTree

import pytest

import pachlite
from pachlite import errors
from pachlite.errors import PachliteError
from pachlite.gateway.errors import (
    S3_CODES,
    PayloadHashMismatch,
    S3Refusal,
    error_response,
    invalid_argument,
    no_such_bucket,
    not_implemented,
    s3_code,
)
from pachlite.gateway.misplaced import Misplaced
from pachlite.gateway.xml import MalformedDocument


def subclasses(cls):
    for module in pkgutil.iter_modules(pachlite.__path__, "pachlite."):
        importlib.import_module(module.name)
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


EVERY_ERROR = sorted(
    {*subclasses(PachliteError)} - {S3Refusal, Misplaced}, key=lambda cls: cls.__name__
)

FAMILY_STATUS = {
    errors.NotFound: {404},
    errors.AlreadyExists: {409},
    errors.Conflict: {404, 405, 409, 412},
    errors.InvalidArgument: {400, 416},
    errors.PermissionDenied: {403},
    errors.Unavailable: {503},
    errors.Corrupt: {500},
    errors.Unsupported: {501},
    errors.LimitExceeded: {400, 507},
}


@pytest.mark.parametrize("cls", EVERY_ERROR)
def test_every_error_has_a_code_that_fits_its_family(cls):
    error = cls.__new__(cls, "text")
    error.is_too_long = False
    code = s3_code(error)
    family = next(family for family in FAMILY_STATUS if issubclass(cls, family))
    assert code.status in FAMILY_STATUS[family]
    assert code.name.isalnum()


@pytest.mark.parametrize("cls", EVERY_ERROR)
def test_only_what_a_retry_can_help_is_answered_as_such(cls):
    error = cls.__new__(cls, "text")
    error.is_too_long = False
    assert (s3_code(error).status == 503) is cls.retryable


def test_no_code_has_two_statuses():
    assert len({code.name for code in S3_CODES.values()}) == len(set(S3_CODES.values()))


def render(error, **options):
    return error_response(error, resource="/bucket/a&b", request_id="R1", **options)


def test_error_document_says_what_where_and_what_to_do():
    response = render(errors.BranchNotEmpty("default/images", "dev"))
    tree = ElementTree.fromstring(response.body)
    assert response.status == 409
    assert dict(response.headers)["content-type"] == "application/xml"
    assert tree.findtext("Code") == "BucketNotEmpty"
    assert tree.findtext("Message") == "The bucket you tried to delete is not empty."
    assert tree.findtext("Detail") == 'branch "dev" of repo default/images still holds files'
    assert tree.findtext("Resource") == "/bucket/a&b"
    assert tree.findtext("RequestId") == "R1"


def test_hint_follows_the_message():
    response = render(errors.DiskFull("disk"))
    assert b"no space left on disk; free some space and try again" in response.body
    assert response.status == 507


def test_error_for_head_has_no_body():
    response = render(errors.FileNotFound("r", "c", "p"), is_head=True)
    assert (response.status, response.body, response.length) == (404, b"", 0)


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (errors.StoreBusy("me", 3), "retry-after", "1"),
        (errors.RangeNotSatisfiable(10), "content-range", "bytes */10"),
        (errors.VersionIsDeleteMarker("p", "v1"), "x-amz-delete-marker", "true"),
        (errors.VersionIsDeleteMarker("p", "v1"), "x-amz-version-id", "v1"),
    ],
)
def test_error_brings_the_headers_that_belong_to_it(error, header, value):
    assert dict(render(error).headers)[header] == value
    assert dict(render(error, is_head=True).headers)[header] == value


@pytest.mark.parametrize(
    ("error", "name", "status"),
    [
        (errors.InvalidPath("x", "rule", is_too_long=True), "KeyTooLongError", 400),
        (errors.InvalidPath("x", "rule"), "InvalidArgument", 400),
        (MalformedDocument("x"), "MalformedXML", 400),
        (no_such_bucket("x"), "NoSuchBucket", 404),
        (not_implemented("x"), "NotImplemented", 501),
        (errors.DigestMismatch("md5", "a", "b"), "BadDigest", 400),
        (PayloadHashMismatch("a", "b"), "XAmzContentSHA256Mismatch", 400),
    ],
)
def test_code_of_an_error_that_has_one_of_its_own(error, name, status):
    assert (s3_code(error).name, s3_code(error).status) == (name, status)


@pytest.mark.parametrize(
    ("error", "details"),
    [
        (errors.FileNotFound("r", "c", "a&b"), {"Key": "a&b"}),
        (errors.VersionNotFound("a", "v"), {"Key": "a", "VersionId": "v"}),
        (errors.UploadNotFound("u"), {"UploadId": "u"}),
        (errors.PreconditionFailed("If-None-Match"), {"Condition": "If-None-Match"}),
        (errors.RangeNotSatisfiable(7), {"ActualObjectSize": "7"}),
        (
            PayloadHashMismatch("a", "b"),
            {"ClientComputedContentSHA256": "a", "S3ComputedContentSHA256": "b"},
        ),
        (errors.StoreBusy("me", 3), {}),
    ],
)
def test_error_document_has_the_details_that_clients_look_for(error, details):
    tree = ElementTree.fromstring(render(error).body)
    always = {"Code", "Message", "Detail", "Resource", "RequestId", "HostId"}
    assert {node.tag: node.text for node in tree if node.tag not in always} == details


def test_error_about_a_bucket_names_it():
    for error in (no_such_bucket("x"), errors.BranchNotEmpty("default/images", "dev")):
        assert b"<BucketName>a&amp;b</BucketName>" in render(error, bucket="a&b").body
    assert b"BucketName" not in render(errors.FileNotFound("r", "c", "p"), bucket="a").body


def test_refused_argument_is_shown_with_its_value():
    tree = ElementTree.fromstring(render(invalid_argument("max-keys", "<", "not so")).body)
    assert (tree.findtext("ArgumentName"), tree.findtext("ArgumentValue")) == ("max-keys", "<")
    assert (tree.findtext("Code"), tree.findtext("Message")) == ("InvalidArgument", "not so")
