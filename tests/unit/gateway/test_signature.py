"""Finding out who signed a request, in each of the four ways."""

import pytest

from pachlite.gateway import sigv2, sigv4
from pachlite.gateway.signature import find_signature

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
        "some/key", "20261122", "us-east-1", "s3", ("host", "x-amz-date"), "0123abcd"
    )


def test_version_4_query_is_parsed():
    found = find_signature({}, V4_QUERY)
    assert found == sigv4.SignatureV4(
        "key", "20261122", "eu", "s3", ("host",), "0123abcd", expires_s=3600
    )


def test_version_2_header_is_parsed():
    found = find_signature({"authorization": "AWS some:key:c2ln="}, {})
    assert found == sigv2.SignatureV2("some:key", "c2ln=")


def test_version_2_query_is_parsed():
    assert find_signature({}, V2_QUERY) == sigv2.SignatureV2("key", "c2ln", expires_at=1700000000)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic dXNlcjpwYXNz",
        "AWS",
        "AWS nocolon",
        "AWS :sig",
        "AWS key:",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=key/20261122, Signature=x",
        "AWS4-HMAC-SHA256 Credential=key/20261122/r/s3/other, Signature=x",
        "AWS4-HMAC-SHA256 Credential=key/20261122/r/s3/aws4_request",
        "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/aws4_request, Signature=x",
    ],
)
def test_header_that_is_no_signature_is_nobodys(value):
    assert find_signature({"authorization": value}, {}) is None


@pytest.mark.parametrize("missing", sorted(V4_QUERY.keys() - {"X-Amz-Date", "X-Amz-SignedHeaders"}))
def test_version_4_query_that_lacks_something_is_nobodys(missing):
    query = {name: value for name, value in V4_QUERY.items() if name != missing}
    assert find_signature({}, query) is None


@pytest.mark.parametrize("missing", V2_QUERY)
def test_version_2_query_that_lacks_something_is_nobodys(missing):
    query = {name: value for name, value in V2_QUERY.items() if name != missing}
    assert find_signature({}, query) is None
