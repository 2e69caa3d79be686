"""Finding out who signed a request, in each of the four ways."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pachlite.gateway import sigv2, sigv4
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.signature import find_signature
from pachlite.gateway.signature_errors import unsupported_authorization

V4 = (
    "AWS4-HMAC-SHA256 Credential=some/key/20261122/us-east-1/s3/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0123abcd"
)
V4_QUERY = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "key/20261122/eu/s3/aws4_request",
    "X-Amz-Date": "20261122T000000Z",
    "X-Amz-Expires": "3600",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": "0123abcd",
}
V2_QUERY = {"AWSAccessKeyId": "key", "Signature": "c2ln", "Expires": "1700000000"}


@pytest.mark.parametrize("value", [V4, V4.replace(", ", ",")])
def test_version_4_header_is_parsed(value):
    assert find_signature({"authorization": value}, {}) == sigv4.SignatureV4(
        sigv4.Credential("some/key", "20261122", "us-east-1", "s3"),
        ("host", "x-amz-date"),
        "0123abcd",
    )


@pytest.mark.parametrize("lower", [False, True])
def test_version_4_query_is_parsed(lower):
    query = {name.lower(): value for name, value in V4_QUERY.items()} if lower else V4_QUERY
    assert find_signature({}, query) == sigv4.SignatureV4(
        sigv4.Credential("key", "20261122", "eu", "s3"),
        ("host",),
        "0123abcd",
        "20261122T000000Z",
        expires_s=3600,
    )


def test_version_2_header_is_parsed():
    found = find_signature({"authorization": "AWS some:key:c2ln="}, {})
    assert found == sigv2.SignatureV2("some:key", "c2ln=")


def test_version_2_query_is_parsed():
    assert find_signature({}, V2_QUERY) == sigv2.SignatureV2("key", "c2ln", expires_at=1700000000)


@pytest.mark.parametrize("value", ["", "Basic dXNlcjpwYXNz", "Bearer abc", "\u00fc" * 10_000])
def test_header_that_is_no_signature_is_nobodys(value):
    assert find_signature({"authorization": value}, {}) is None


def code_of(headers, query):
    with pytest.raises(S3Refusal) as caught:
        find_signature(headers, query)
    return caught.value.s3.name


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("AWS", "InvalidArgument"),
        ("AWS HAHAHA", "InvalidArgument"),
        ("AWS :sig", "InvalidArgument"),
        ("AWS key:", "InvalidArgument"),
        ("AWS4 HAHAHA", "InvalidArgument"),
        ("AWS4-HMAC-SHA1 Credential=HAHAHA", "InvalidArgument"),
        ("AWS4-HMAC-SHA256", "AuthorizationHeaderMalformed"),
        ("AWS4-HMAC-SHA256 Credential=HAHAHA", "AuthorizationHeaderMalformed"),
        (V4.replace("some/key/", ""), "AuthorizationHeaderMalformed"),
        (V4.replace("aws4_request", "other"), "AuthorizationHeaderMalformed"),
        (V4.replace("SignedHeaders=host;x-amz-date, ", ""), "AuthorizationHeaderMalformed"),
        (V4 + ", Signature=4567", "AuthorizationHeaderMalformed"),
        (V4 + "," + V4, "AuthorizationHeaderMalformed"),
        (V4 + "x" * 100_000 + ",", None),
        (V4.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "NotImplemented"),
    ],
)
def test_signature_that_is_broken_is_refused(value, code):
    if code is None:
        assert find_signature({"authorization": value}, {}).access_key == "some/key"
    else:
        assert code_of({"authorization": value}, {}) == code


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("aws4_request", "aws_request", 'incorrect terminal "aws_request"'),
        ("some/key/", "", "the Credential is mal-formed"),
        ("Signature=", "Signature", 'the authorization component "Signature'),
        ("Signature=", "Sign=", "missing Signature."),
        ("SignedHeaders=host;x-amz-date, ", "", "requires three components"),
    ],
)
def test_broken_header_is_refused_in_the_words_of_s3(old, new, message):
    with pytest.raises(S3Refusal) as caught:
        find_signature({"authorization": V4.replace(old, new)}, {})
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("/s3/", "/ec2/", 'incorrect service "ec2"'),
        ("/2026", "/x2026", 'incorrect date format "x20261122"'),
    ],
)
def test_scope_that_is_none_here_is_refused_in_the_words_of_s3(old, new, message):
    header = find_signature({"authorization": V4.replace(old, new)}, {})
    query = {name: value.replace(old, new) for name, value in V4_QUERY.items()}
    for signature, code in (
        (header, "AuthorizationHeaderMalformed"),
        (find_signature({}, query), "AuthorizationQueryParametersError"),
    ):
        with pytest.raises(S3Refusal, match=message) as caught:
            signature.check()
        assert caught.value.s3.name == code


def test_authorization_of_another_kind_is_refused_without_showing_what_it_holds():
    refusal = unsupported_authorization("Bearer secret")
    assert refusal.message == "Unsupported Authorization Type"
    assert "secret" not in str(refusal.details)
    assert "(space) required" in unsupported_authorization("nonsense").message


@pytest.mark.parametrize("name", sorted(V4_QUERY))
def test_version_4_query_that_lacks_something_is_refused(name):
    query = {key: value for key, value in V4_QUERY.items() if key != name}
    assert code_of({}, query) == "AuthorizationQueryParametersError"


@pytest.mark.parametrize(
    "expires", ["", "-1", "604801", "000000001" + "9" * 5000, "1.5", "\u0663", "x"]
)
def test_lifetime_is_a_number_of_seconds_up_to_a_week(expires):
    assert code_of({}, V4_QUERY | {"X-Amz-Expires": expires}) == "AuthorizationQueryParametersError"


def test_asymmetric_signatures_are_not_supported():
    query = V4_QUERY | {"X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256"}
    assert code_of({}, query) == "NotImplemented"


@pytest.mark.parametrize("missing", ["AWSAccessKeyId", "Signature", "Expires"])
def test_version_2_query_that_lacks_something_is_refused(missing):
    query = {name: value for name, value in V2_QUERY.items() if name != missing}
    assert code_of({}, query) == "AccessDenied"


@pytest.mark.parametrize("expires", ["x", "-1", "1.5", "9" * 5000])
def test_version_2_expiry_is_a_number(expires):
    assert code_of({}, V2_QUERY | {"Expires": expires}) == "AccessDenied"


@pytest.mark.parametrize("header", [V4, "AWS key:c2ln"])
@pytest.mark.parametrize("query", [V4_QUERY, V2_QUERY])
def test_signature_in_both_places_is_refused(header, query):
    assert code_of({"authorization": header}, query) == "InvalidRequest"


@pytest.mark.parametrize("query", [V4_QUERY, V2_QUERY])
def test_presigned_url_behind_a_proxy_with_a_password_is_a_presigned_url(query):
    assert find_signature({"authorization": "Basic dXNlcjpwYXNz"}, query) is not None


@given(value=st.text(max_size=60), is_aws=st.booleans())
def test_any_header_is_parsed_or_refused(value, is_aws):
    with contextlib.suppress(S3Refusal):
        find_signature({"authorization": f"AWS4-HMAC-SHA256 {value}" if is_aws else value}, {})


@given(st.dictionaries(st.sampled_from([*V4_QUERY, *V2_QUERY, "x"]), st.text(max_size=30)))
def test_any_query_is_parsed_or_refused(query):
    with contextlib.suppress(S3Refusal):
        find_signature({}, query)
