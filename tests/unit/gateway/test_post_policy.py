"""Policies of forms: AWS's own example, botocore's signers, and everything S3 refuses."""

import base64
import json
from datetime import UTC, datetime

import pytest
from botocore.auth import HmacV1PostAuth, S3SigV4PostAuth
from hypothesis import given
from hypothesis import strategies as st

from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.post_policy import MAX_POST_BYTES, parse_policy
from pachlite.gateway.post_signature import find_form_signature
from tests.unit.gateway.signing import SECRET, credentials, sign_form

# The example in the documentation of Amazon S3.
EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXAMPLE = (
    '{ "expiration": "2015-12-30T12:00:00.000Z",\r\n'
    '  "conditions": [\r\n'
    '    {"bucket": "sigv4examplebucket"},\r\n'
    '    ["starts-with", "$key", "user/user1/"],\r\n'
    '    {"acl": "public-read"},\r\n'
    '    {"success_action_redirect": '
    '"http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},\r\n'
    '    ["starts-with", "$Content-Type", "image/"],\r\n'
    '    {"x-amz-meta-uuid": "14365123651274"},\r\n'
    '    {"x-amz-server-side-encryption": "AES256"},\r\n'
    '    ["starts-with", "$x-amz-meta-tag", ""],\r\n'
    "\r\n"
    '    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},\r\n'
    '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},\r\n'
    '    {"x-amz-date": "20151229T000000Z" }\r\n'
    "  ]\r\n"
    "}"
)
EXAMPLE_FIELDS = {
    "key": "user/user1/a.jpg",
    "bucket": "sigv4examplebucket",
    "acl": "public-read",
    "success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html",
    "content-type": "image/jpeg",
    "x-amz-meta-uuid": "14365123651274",
    "x-amz-server-side-encryption": "AES256",
    "x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-date": "20151229T000000Z",
    "policy": base64.b64encode(EXAMPLE.encode()).decode(),
    "x-amz-signature": "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
}
BEFORE = datetime(2015, 12, 30, 11, tzinfo=UTC)


def encoded(document):
    return base64.b64encode(json.dumps(document).encode()).decode()


def policy(*conditions, expiration="2015-12-30T12:00:00Z"):
    return {"expiration": expiration, "conditions": list(conditions)}


def refusal(call, *args):
    with pytest.raises(S3Refusal) as caught:
        call(*args)
    return caught.value


def test_example_of_the_documentation_is_verified_and_allows_its_form():
    signature = find_form_signature(EXAMPLE_FIELDS)
    assert signature.is_by(EXAMPLE_SECRET)
    assert not signature.is_by("other")
    parse_policy(signature.policy).check_fields(EXAMPLE_FIELDS, BEFORE)


@pytest.mark.parametrize("change", ["policy", "x-amz-signature"])
def test_example_that_was_changed_is_not_verified(change):
    changed = EXAMPLE_FIELDS | {change: EXAMPLE_FIELDS[change].replace("a", "b")}
    assert not find_form_signature(changed).is_by(EXAMPLE_SECRET)


@pytest.mark.parametrize("signer", [S3SigV4PostAuth, HmacV1PostAuth])
def test_form_that_botocore_signs_is_verified_and_allowed(signer):
    arguments = ("s3", "eu-central-1") if signer is S3SigV4PostAuth else ()
    conditions = [{"bucket": "images"}, ["starts-with", "$key", "a/"]]
    fields = sign_form(signer(credentials(), *arguments), policy(*conditions), {"key": "a/b"})
    lower = {name.lower(): value for name, value in fields.items()}
    signature = find_form_signature(lower)
    assert signature.access_key == "AKIDEXAMPLE"
    assert signature.is_by(SECRET)
    assert not signature.is_by("other")
    parse_policy(signature.policy).check_fields(lower | {"bucket": "images"}, BEFORE)


@pytest.mark.parametrize(
    ("conditions", "fields", "what"),
    [
        ([{"key": "a"}], {"key": "b"}, 'Policy Condition failed: ["eq", "$key", "a"]'),
        ([["eq", "$key", "a"]], {}, "Policy Condition failed"),
        ([["starts-with", "$key", "a/"]], {"key": "b/a/"}, "Policy Condition failed"),
        ([["starts-with", "$key", ""]], {"key": "a", "acl": "x"}, "Extra input fields: acl"),
        ([{"key": "a"}], {"key": "a", "bucket": "b"}, "Extra input fields: bucket"),
        ([{"key": "a"}, {"key": "b"}], {"key": "a"}, "Policy Condition failed"),
        ([["eq", "key", "a"]], {"key": "a"}, 'Policy Condition failed: ["eq", "key", "a"]'),
        ([["eq", "$KeY", 'a"']], {"key": "b"}, 'Policy Condition failed: ["eq", "$KeY", "a\\""]'),
    ],
)
def test_form_that_its_policy_does_not_allow_is_refused(conditions, fields, what):
    parsed = parse_policy(encoded(policy(*conditions)))
    error = refusal(parsed.check_fields, fields, BEFORE)
    assert error.s3.name == "AccessDenied"
    assert error.message.startswith(f"Invalid according to Policy: {what}")


@pytest.mark.parametrize(
    ("conditions", "fields"),
    [
        ([["StArTs-WiTh", "$KeY", "a"], {"AcL": "x"}], {"key": "ab", "acl": "x"}),
        ([["starts-with", "$acl", ""]], {}),
        ([], {"policy": "x", "x-amz-signature": "x", "x-ignore-me": "x", "awsaccesskeyid": "x"}),
        ([], {"x-amz-checksum-crc32": "x"}),
    ],
)
def test_form_that_its_policy_allows_passes(conditions, fields):
    parse_policy(encoded(policy(*conditions))).check_fields(fields, BEFORE)


def test_policy_is_good_until_it_expires():
    parsed = parse_policy(encoded(policy()))
    parsed.check_fields({}, datetime(2015, 12, 30, 12, tzinfo=UTC))
    error = refusal(parsed.check_fields, {}, datetime(2015, 12, 30, 12, 0, 1, tzinfo=UTC))
    assert (error.s3.name, error.message) == (
        "AccessDenied",
        "Invalid according to Policy: Policy expired.",
    )


def test_size_of_the_file_may_be_bounded():
    parsed = parse_policy(encoded(policy(["content-length-range", 2, "4"])))
    parsed.check_least(2)
    parsed.check_most(4)
    assert refusal(parsed.check_least, 1).s3.name == "EntityTooSmall"
    error = refusal(parsed.check_most, 5)
    assert error.s3.name == "EntityTooLarge"
    assert dict(error.details) == {"ProposedSize": "5", "MaxSizeAllowed": "4"}


def test_no_policy_allows_more_than_a_form_may_bring():
    for conditions in ([], [["content-length-range", 0, 10**14]]):
        assert parse_policy(encoded(policy(*conditions))).max_bytes == MAX_POST_BYTES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        base64.b64encode(b"not json").decode(),
        base64.b64encode(b"[" * 100_000).decode(),
        encoded([]),
        encoded("x"),
        encoded({"conditions": []}),
        encoded({"expiration": "2015-12-30T12:00:00Z"}),
        encoded({"EXPIRATION": "2015-12-30T12:00:00Z", "conditions": []}),
        encoded({"expiration": "2015-12-30T12:00:00Z", "CONDITIONS": []}),
        encoded({"expiration": "2015-12-30T12:00:00Z", "conditions": {}}),
        *[
            encoded(policy(expiration=value))
            for value in [
                "2015-12-30 12:00:00+00:00",
                "2015-12-30T12:00:00+02:00",
                "tomorrow",
                1,
                "2015-13-30T12:00:00Z",
                None,
            ]
        ],
        *[
            encoded(policy(condition))
            for condition in [
                {},
                [],
                "x",
                {"key": 1},
                ["eq", "$key"],
                {"key": "a", "acl": "b"},
                ["ends-with", "$key", "a"],
                ["eq", "$key", 1],
                [1, "$key", "a"],
                ["content-length-range", 0],
                ["content-length-range", -1, 0],
                ["content-length-range", "x", 0],
                ["content-length-range", True, 1],
                ["content-length-range", 0, 1.5],
            ]
        ],
    ],
)
def test_policy_that_is_broken_is_refused(text):
    assert refusal(parse_policy, text).s3.name == "InvalidPolicyDocument"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting '{' but found End-of-Input"),
        ("not_base64", "invalid Base64 encoding."),
        (encoded([]), "Invalid JSON."),
        (encoded({"conditions": []}), "Policy missing expiration."),
        (encoded({"expiration": "x", "more": 1}), 'Unexpected: "more"'),
    ],
)
def test_policy_that_cannot_be_read_is_refused_in_the_words_of_s3(text, message):
    assert refusal(parse_policy, text).message == f"Invalid Policy: {message}"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (True, "Invalid condition test: must be a List or Object."),
        ([], "Invalid Condition: missing operation identifier."),
        (["like", "$key", "a"], "Invalid Condition: unknown operation 'like'."),
        (["eq", "$key"], "Invalid eq: wrong number of arguments."),
        (["content-length-range", 1], "Invalid content-length-range: wrong number of arguments."),
        ({"a": "b", "c": "d"}, "Simple-Conditions must have exactly one property specified."),
    ],
)
def test_condition_that_is_none_is_refused_in_the_words_of_s3(condition, message):
    text = encoded({"expiration": "2030-01-01T00:00:00Z", "conditions": [condition]})
    assert refusal(parse_policy, text).message.endswith(message)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["expiration", "conditions", "key"]), inner)
        ),
        max_leaves=12,
    )
)
def test_any_document_is_a_policy_or_refused(document):
    try:
        parse_policy(encoded(document)).check_fields({"key": "a"}, BEFORE)
    except S3Refusal as error:
        assert error.s3.name in {"InvalidPolicyDocument", "AccessDenied"}  # noqa: PT017


@pytest.mark.parametrize("missing", ["x-amz-algorithm", "x-amz-date", "x-amz-signature", "policy"])
def test_form_that_lacks_a_field_of_its_signature_is_refused(missing):
    fields = {name: value for name, value in EXAMPLE_FIELDS.items() if name != missing}
    error = refusal(find_form_signature, fields)
    assert error.s3.name == "InvalidArgument"
    assert f"'{missing}'" in error.message.replace("X-Amz", "x-amz").lower()


@pytest.mark.parametrize("missing", ["AWSAccessKeyId", "signature", "policy"])
def test_form_of_version_2_that_lacks_a_field_is_refused(missing):
    fields = {"awsaccesskeyid": "a", "signature": "b", "policy": "c"}
    del fields[missing.lower()]
    assert f"'{missing.lower()}'" in refusal(find_form_signature, fields).message.lower()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("x-amz-algorithm", "AWS4-ECDSA-P256-SHA256", "NotImplemented"),
        ("x-amz-algorithm", "other", "InvalidArgument"),
        ("x-amz-credential", "AKIA", "InvalidArgument"),
        ("x-amz-credential", "AKIA/20151229/us-east-1/ec2/aws4_request", "InvalidArgument"),
        ("x-amz-date", "20151230T000000Z", "InvalidArgument"),
    ],
)
def test_form_with_a_broken_signature_is_refused(name, value, code):
    assert refusal(find_form_signature, EXAMPLE_FIELDS | {name: value}).s3.name == code


def test_form_without_a_policy_is_anonymous():
    assert find_form_signature({"key": "a", "acl": "private"}) is None
    assert find_form_signature({"key": "a", "policy": "x"}) is None
