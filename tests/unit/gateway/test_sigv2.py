"""Signatures of version 2: AWS's own examples, botocore's signers, and what must not pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth
from hypothesis import given
from hypothesis import strategies as st

from pachlite.gateway.canonical_v2 import SIGNED_PARAMETERS
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.request import RawRequest, parse_request
from pachlite.gateway.verification import verify_v2
from tests.unit.gateway.signing import SECRET, credentials, parsed, sign

# The examples in the documentation of Amazon S3; in all of them the host names the bucket.
EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXAMPLES = {
    "get object": ("GET", "/photos/puppy.jpg", "", {}, "19:36:42", "qgk2+6Sv9/oM7G3qLEjTH1a1l1g="),
    "put object": (
        "PUT",
        "/photos/puppy.jpg",
        "",
        {"content-type": "image/jpeg", "content-length": "94328"},
        "21:15:45",
        "iqRzw+ileNPu1fhspnRs8nOjjIA=",
    ),
    "list": (
        "GET",
        "/",
        "prefix=photos&max-keys=50&marker=puppy",
        {"user-agent": "Mozilla/5.0"},
        "19:42:41",
        "m0WP8eCtspQl5Ahe6L1SozdX9YA=",
    ),
    "get acl": ("GET", "/", "acl", {}, "19:44:46", "82ZHiFIjc+WbcwFKGUVEQspPn+0="),
}


def verify(raw, secret=SECRET, now=None, host_bucket=""):
    request, signature = parsed(raw)
    now = now or datetime.now(UTC)
    verify_v2(raw, request.headers, signature, secret, now, host_bucket=host_bucket)


def refusal(raw, secret=SECRET, now=None):
    with pytest.raises(S3Refusal) as caught:
        verify(raw, secret, now)
    return caught.value


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_of_the_documentation_is_verified(name):
    method, path, query, headers, time, signature = EXAMPLES[name]
    headers = {
        **headers,
        "host": "awsexamplebucket1.us-west-1.s3.amazonaws.com",
        "date": f"Tue, 27 Mar 2007 {time} +0000",
        "authorization": f"AWS AKIAIOSFODNN7EXAMPLE:{signature}",
    }
    raw = RawRequest(method, path.encode(), query.encode(), headers)
    now = datetime(2007, 3, 27, 19, 40, tzinfo=UTC)
    now = now.replace(hour=21, minute=10) if name == "put object" else now
    verify(raw, EXAMPLE_SECRET, now, "awsexamplebucket1")
    assert refusal(raw, EXAMPLE_SECRET, now).s3.name == "SignatureDoesNotMatch"


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
PARAMETERS = st.dictionaries(
    st.sampled_from([*sorted(SIGNED_PARAMETERS), "prefix", "list-type"]),
    st.text(st.characters(codec="utf-8"), max_size=20),
    max_size=4,
)


def path_of(key, parameters=()):
    query = "&".join(
        f"{name}={quote(value, safe='-_.~')}" for name, value in dict(parameters).items()
    )
    return f"/images/{quote(key, safe='/-_.~')}" + (f"?{query}" if query else "")


@given(key=KEYS, parameters=PARAMETERS, has_type=st.booleans())
def test_what_botocore_signs_in_a_header_is_verified(key, parameters, has_type):
    headers = {"x-amz-meta-b": "2", "x-amz-acl": "private", "content-md5": "bWQ1"}
    headers |= {"content-type": "text/plain"} if has_type else {}
    verify(sign(HmacV1Auth(credentials()), "PUT", path_of(key, parameters), headers=headers))


@given(key=KEYS, parameters=PARAMETERS)
def test_what_botocore_presigns_is_verified(key, parameters):
    headers = {"x-amz-meta-b": "2", "content-type": "text/plain"}
    signer = HmacV1QueryAuth(credentials(), expires=60)
    raw = sign(signer, "PUT", path_of(key, parameters), headers=headers)
    verify(raw)
    # All that was signed is in the URL, so that whoever uses it need send no header.
    verify(replace(raw, headers={"host": raw.headers["host"]}))


def test_parameters_that_were_headers_select_no_operation():
    signer = HmacV1QueryAuth(credentials(), expires=60)
    raw = sign(signer, "PUT", headers={"content-type": "text/plain", "x-amz-acl": "private"})
    request = parse_request(replace(raw, headers={}))
    assert request.headers == {"content-type": "text/plain", "x-amz-acl": "private"}
    assert "content-type" not in request.query


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: replace(raw, method="DELETE"),
        lambda raw: replace(raw, path=b"/images/b"),
        lambda raw: replace(raw, path=b"/images//a"),
        lambda raw: replace(raw, query=b"versionId=1"),
        lambda raw: replace(raw, query=b"uploads"),
        lambda raw: replace(raw, headers={**raw.headers, "x-amz-acl": "private"}),
        lambda raw: replace(raw, headers={**raw.headers, "content-type": "a/b"}),
        lambda raw: replace(raw, headers={**raw.headers, "content-md5": "bWQ1"}),
    ],
)
def test_what_was_changed_after_signing_is_refused(change):
    raw = sign(HmacV1Auth(credentials()))
    verify(raw)
    error = refusal(change(raw))
    assert error.s3.name == "SignatureDoesNotMatch"
    assert dict(error.details)["StringToSign"].startswith(change(raw).method)
    assert refusal(raw, "other").s3.name == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "added", [b"%76ersionId=1", b"versionI%64=1", b"t%61gging", b"response-content-typ%65=a/b"]
)
def test_parameter_that_an_escape_hides_is_signed_all_the_same(added):
    raw = sign(HmacV1QueryAuth(credentials(), expires=60))
    verify(raw)
    changed = replace(raw, query=raw.query + b"&" + added)
    assert refusal(changed).s3.name == "SignatureDoesNotMatch"


def test_parameter_cannot_pass_for_several_headers():
    headers = {"x-amz-acl": "private", "x-amz-copy-source": "/images/b"}
    raw = sign(HmacV1Auth(credentials()), "PUT", headers=headers)
    verify(raw)
    merged = b"x-amz-acl=private%0Ax-amz-copy-source:/images/b"
    left = {name: value for name, value in raw.headers.items() if name not in headers}
    with pytest.raises(S3Refusal, match="no header"):
        verify(replace(raw, query=merged, headers=left))


def test_presigned_url_is_good_until_it_expires():
    raw = sign(HmacV1QueryAuth(credentials(), expires=3600))
    verify(raw, now=datetime.now(UTC) + timedelta(minutes=59))
    error = refusal(raw, now=datetime.now(UTC) + timedelta(minutes=61))
    assert (error.s3.name, error.message) == ("AccessDenied", "Request has expired")
    later = raw.query.replace(b"Expires=1", b"Expires=2")
    assert refusal(replace(raw, query=later)).s3.name == "SignatureDoesNotMatch"


@pytest.mark.parametrize("date", [None, "", "Bad Date"])
def test_request_without_a_time_is_refused(date):
    raw = sign(HmacV1Auth(credentials()))
    headers = {name: value for name, value in raw.headers.items() if name != "date"}
    headers |= {} if date is None else {"date": date}
    assert refusal(replace(raw, headers=headers)).s3.name == "AccessDenied"


def test_request_of_another_time_is_refused():
    late = datetime.now(UTC) + timedelta(minutes=16)
    assert refusal(sign(HmacV1Auth(credentials())), now=late).s3.name == "RequestTimeTooSkewed"


def test_date_of_amazon_stands_for_the_date():
    # botocore signs both; S3 leaves the line of the date empty when there is an x-amz-date.
    raw = sign(HmacV1Auth(credentials()), headers={"x-amz-date": "Tue, 27 Mar 2007 19:42:41 GMT"})
    now = datetime(2007, 3, 27, 19, 40, tzinfo=UTC)
    shown = dict(refusal(raw, now=now).details)["StringToSign"]
    assert shown.startswith("GET\n\n\n\nx-amz-date:Tue, 27 Mar 2007 19:42:41 GMT\n")


@pytest.mark.parametrize(("signed", "sent"), [("uploads", b"uploads="), ("uploads=", b"uploads=")])
def test_parameter_without_a_value_may_be_signed_without_its_sign(signed, sent):
    raw = sign(HmacV1Auth(credentials()), "POST", f"/images/a?{signed}")
    verify(replace(raw, query=sent))


def test_bucket_may_be_signed_with_a_slash_at_its_end():
    raw = sign(HmacV1Auth(credentials()), path="/images/")
    verify(replace(raw, path=b"/images"))
    assert refusal(replace(raw, path=b"/")).s3.name == "SignatureDoesNotMatch"


def test_signature_may_come_without_escapes():
    for number in range(20):
        raw = sign(HmacV1QueryAuth(credentials(), expires=60 + number))
        verify(replace(raw, query=raw.query.replace(b"%2B", b"+").replace(b"%2F", b"/")))


def test_escapes_may_be_sent_in_lower_case():
    raw = sign(HmacV1Auth(credentials()), path="/images/%C3%A9")
    verify(raw)
    verify(replace(raw, path=b"/images/%c3%a9"))
