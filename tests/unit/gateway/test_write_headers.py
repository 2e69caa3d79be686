"""What writes ask for besides their content."""

import pytest

from pachlite.errors import FileTooLarge
from pachlite.gateway.body import declare_body
from pachlite.gateway.errors import S3Refusal, s3_code
from pachlite.gateway.messages import S3Request
from pachlite.gateway.write_headers import (
    MAX_PUT_BYTES,
    check_size,
    check_supported,
    encryption_headers,
)

MODE = {"x-amz-object-lock-mode": "GOVERNANCE"}
UNTIL = {"x-amz-object-lock-retain-until-date": "2030-01-01T00:00:00Z"}
HOLD = "x-amz-object-lock-legal-hold"
SSE = "x-amz-server-side-encryption"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-amz-storage-class": "GLACIER"}, "InvalidStorageClass"),
        ({"x-amz-storage-class": "standard"}, "InvalidStorageClass"),
        ({"x-amz-acl": "public"}, "InvalidArgument"),
        ({"x-amz-grant-read": "id=somebody"}, "AccessControlListNotSupported"),
        ({SSE: "aws:kms"}, "NotImplemented"),
        ({SSE: "AES256", f"{SSE}-customer-algorithm": "AES256"}, "InvalidArgument"),
        ({SSE: "aws:kms", f"{SSE}-customer-key": "a2V5"}, "InvalidArgument"),
        ({SSE: "AES256", f"{SSE}-aws-kms-key-id": "key"}, "InvalidArgument"),
        ({"x-amz-server-side-encryption": "rot13"}, "InvalidArgument"),
        ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, "NotImplemented"),
        ({"x-amz-copy-source-server-side-encryption-customer-key": "a2V5"}, "NotImplemented"),
        ({"x-amz-write-offset-bytes": "3"}, "NotImplemented"),
        ({**MODE, **UNTIL}, "InvalidRequest"),
        ({HOLD: "ON"}, "InvalidRequest"),
        ({HOLD: "maybe"}, "InvalidArgument"),
        (MODE, "InvalidArgument"),
        (UNTIL, "InvalidArgument"),
        ({**MODE, **UNTIL, "x-amz-object-lock-mode": "STRICT"}, "InvalidArgument"),
        ({**MODE, "x-amz-object-lock-retain-until-date": "soon"}, "InvalidArgument"),
    ],
)
def test_header_that_would_silently_do_nothing_is_refused(headers, code):
    with pytest.raises(S3Refusal) as refusal:
        check_supported(headers)
    assert refusal.value.s3.name == code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-amz-acl", "bucket-owner-full-control"),
        ("x-amz-storage-class", "STANDARD"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-request-payer", "requester"),
        ("x-amz-meta-server-side-encryption", "x"),
        ("x-amz-copy-source-if-match", "x"),
    ],
)
def test_header_that_changes_nothing_here_is_taken(name, value):
    check_supported({name: value})


def test_wish_for_the_encryption_of_s3_is_answered():
    assert encryption_headers({}) == ()
    asked = {"x-amz-server-side-encryption": "AES256"}
    assert dict(encryption_headers(asked)) == asked


def test_body_that_is_too_large_is_known_before_it_comes():
    check_length({"content-length": str(MAX_PUT_BYTES)})
    with pytest.raises(FileTooLarge) as caught:
        check_length({"content-length": str(MAX_PUT_BYTES + 1)})
    assert s3_code(caught.value).name == "EntityTooLarge"


def test_body_must_have_an_end():
    check_length({"transfer-encoding": "chunked"})
    check_length({"content-length": "0"})
    check_length({}, method="POST")
    with pytest.raises(S3Refusal) as refusal:
        check_length({})
    assert (refusal.value.s3.name, refusal.value.s3.status) == ("MissingContentLength", 411)


def check_length(headers, method="PUT"):
    request = S3Request(method, "bucket", "key", {}, headers, "/bucket/key")
    check_size(request, declare_body(headers))
