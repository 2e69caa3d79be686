"""Signatures of version 4: AWS's own examples, botocore's signers, and what must not pass."""

import contextlib
import hashlib
import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from hypothesis import given
from hypothesis import strategies as st

from pachlite.errors import PachliteError
from pachlite.gateway.canonical_v4 import (
    canonical_headers,
    canonical_requests,
    path_forms,
    query_forms,
)
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.request import RawRequest, parse_request
from pachlite.gateway.verification import verify_v4
from tests.unit.gateway.signing import SECRET, credentials, parsed, sign

# The examples in the documentation of Amazon S3, all for 24 May 2013.
EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXAMPLE_SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
EXAMPLE_TIME = datetime(2013, 5, 24, tzinfo=UTC)
EMPTY = hashlib.sha256().hexdigest()
EXAMPLES = {
    "get object": (
        "GET",
        "/test.txt",
        "",
        {"range": "bytes=0-9", "x-amz-content-sha256": EMPTY, "x-amz-date": "20130524T000000Z"},
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "put object": (
        "PUT",
        "/test%24file.text",
        "",
        {
            "date": "Fri, 24 May 2013 00:00:00 GMT",
            "x-amz-content-sha256": hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            "x-amz-date": "20130524T000000Z",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
        },
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "get bucket lifecycle": (
        "GET",
        "/",
        "lifecycle",
        {"x-amz-content-sha256": EMPTY, "x-amz-date": "20130524T000000Z"},
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "list objects": (
        "GET",
        "/",
        "max-keys=2&prefix=J",
        {"x-amz-content-sha256": EMPTY, "x-amz-date": "20130524T000000Z"},
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
    "put object in chunks": (
        "PUT",
        "/examplebucket/chunkObject.txt",
        "",
        {
            "content-encoding": "aws-chunked",
            "content-length": "66824",
            "host": "s3.amazonaws.com",
            "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "x-amz-date": "20130524T000000Z",
            "x-amz-decoded-content-length": "66560",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
        },
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    ),
}
PRESIGNED = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def verify(raw, secret=SECRET, now=None):
    request, signature = parsed(raw)
    return verify_v4(raw, request.query, signature, secret, now or datetime.now(UTC))


def refusal(raw, secret=SECRET, now=None):
    with pytest.raises(S3Refusal) as caught:
        verify(raw, secret, now)
    return caught.value


def details(error):
    return dict(error.details)


def example(name):
    method, path, query, headers, signature = EXAMPLES[name]
    headers = {"host": "examplebucket.s3.amazonaws.com", **headers}
    signed = ";".join(sorted(headers))
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={EXAMPLE_SCOPE},SignedHeaders={signed},Signature={signature}"
    )
    return RawRequest(method, path.encode(), query.encode(), headers)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_of_the_documentation_is_verified(name):
    chain = verify(example(name), EXAMPLE_SECRET, EXAMPLE_TIME)
    assert (chain is not None) == (name == "put object in chunks")


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_with_another_secret_is_refused(name):
    error = refusal(example(name), "other", EXAMPLE_TIME)
    assert error.s3.name == "SignatureDoesNotMatch"
    assert "secret key" in error.message


def presigned_example():
    host = {"host": "examplebucket.s3.amazonaws.com"}
    return RawRequest("GET", b"/test.txt", PRESIGNED.encode(), host)


def test_presigned_example_of_the_documentation_is_verified_until_it_expires():
    for age in (timedelta(0), timedelta(hours=23)):
        verify(presigned_example(), EXAMPLE_SECRET, EXAMPLE_TIME + age)
    late = EXAMPLE_TIME + timedelta(days=1, seconds=1)
    error = refusal(presigned_example(), EXAMPLE_SECRET, late)
    assert (error.s3.name, error.message) == ("AccessDenied", "Request has expired")
    assert details(error) == {
        "X-Amz-Expires": "86400",
        "Expires": "2013-05-25T00:00:00.000Z",
        "ServerTime": "2013-05-25T00:00:01.000Z",
    }


def test_presigned_url_of_the_future_is_not_valid_yet():
    early = EXAMPLE_TIME - timedelta(minutes=16)
    assert "not valid yet" in refusal(presigned_example(), EXAMPLE_SECRET, early).message


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
PARAMETERS = st.dictionaries(
    st.sampled_from(["prefix", "delimiter", "marker", "versionId", "location", "x-id"]),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


def path_of(key, parameters=()):
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in dict(parameters).items()
    )
    return f"/images/{quote(key, safe='/-_.~')}" + (f"?{query}" if query else "")


@given(key=KEYS, parameters=PARAMETERS, meta=VALUES, method=st.sampled_from(["GET", "PUT"]))
def test_what_botocore_signs_in_a_header_is_verified(key, parameters, meta, method):
    signer = S3SigV4Auth(credentials(), "s3", "eu-central-1")
    headers = {"x-amz-meta-a": meta, "content-type": "text/plain"}
    verify(sign(signer, method, path_of(key, parameters), headers=headers, body=b"hello"))


@given(key=KEYS, parameters=PARAMETERS)
def test_what_botocore_presigns_is_verified(key, parameters):
    signer = S3SigV4QueryAuth(credentials(), "s3", "eu-central-1", expires=60)
    verify(sign(signer, "GET", path_of(key, parameters)))


@given(key=KEYS, parameters=PARAMETERS, other=KEYS)
def test_signature_of_one_key_is_none_of_another(key, parameters, other):
    signer = S3SigV4Auth(credentials(), "s3", "eu-central-1")
    raw = sign(signer, "GET", path_of(key, parameters))
    if other != key:
        moved = replace(raw, path=path_of(other).encode())
        assert refusal(moved).s3.name == "SignatureDoesNotMatch"


def signed(method="GET", path="/images/a", *, body=b"", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sign(S3SigV4Auth(credentials(), "s3", "r"), method, path, body=body, headers=named)


def presigned(method="GET", path="/images/a", expires=60, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    signer = S3SigV4QueryAuth(credentials(), "s3", "r", expires=expires)
    return sign(signer, method, path, headers=named)


def with_headers(raw, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    left = {name: value for name, value in {**raw.headers, **named}.items() if value is not None}
    return replace(raw, headers=left)


@pytest.mark.parametrize(
    ("raw", "forms"),
    [
        (b"", ["/"]),
        (b"/a//b/../c", ["/a//b/../c"]),
        (b"/a%20b", ["/a%20b"]),
        (b"/a+b", ["/a%2Bb", "/a+b"]),
        (b"/a%2Bb", ["/a%2Bb"]),
        (b"/a%7Eb", ["/a~b", "/a%7Eb"]),
        (b"/a//.%2E/%7Eb", ["/a//../~b", "/a//.%2E/%7Eb"]),
        (b"/a%c3%a9", ["/a%C3%A9", "/a%c3%a9"]),
        (b"/a\xc3\xa9", ["/a%C3%A9", "/a\u00c3\u00a9"]),
        (b"/a%2Fb", ["/a/b", "/a%2Fb"]),
        (b"/a(b)", ["/a%28b%29", "/a(b)"]),
        (b"/100%", ["/100%25", "/100%"]),
        (b"http://host/a", ["/a"]),
    ],
)
def test_path_is_taken_as_s3_encodes_it_and_as_it_was_sent(raw, forms):
    assert path_forms(raw) == forms


@pytest.mark.parametrize(
    ("raw", "forms"),
    [
        (b"", [""]),
        (b"location", ["location="]),
        (b"location=", ["location="]),
        (b"b=2&a=1", ["a=1&b=2"]),
        (b"a=2&a=1&", ["a=1&a=2"]),
        (b"a=x+y", ["a=x%20y", "a=x+y"]),
        (b"a=x%2by", ["a=x%2By", "a=x%2by"]),
        (b"a=b/c", ["a=b%2Fc", "a=b/c"]),
        (b"a=b=c", ["a=b%3Dc", "a=b=c"]),
        (b"X-Amz-Signature=1&x-amz-signature=2&a", ["a="]),
    ],
)
def test_parameters_are_taken_as_s3_encodes_them_and_as_they_were_sent(raw, forms):
    assert query_forms(raw) == forms


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda raw: with_headers(raw, host="proxy:80"), "signed for Host localhost:30600"),
        (lambda raw: replace(raw, method="DELETE"), "signed for GET, and DELETE was sent"),
        (lambda raw: replace(raw, query=b"versionId=1"), "parameter versionId was added"),
        (lambda raw: replace(raw, path=b"/images/a/"), "without the slash at the end"),
        (lambda raw: with_headers(raw, range=None), "header range was signed and did not arrive"),
        (lambda raw: with_headers(raw, accept_encoding="br"), "signed as 'identity'"),
        (lambda raw: with_headers(raw, x_amz_content_sha256="0" * 64), "payload hash"),
        (lambda raw: with_headers(raw, range="bytes=0-"), "secret key"),
    ],
)
def test_mismatch_says_what_differs(change, cause):
    raw = signed(range="bytes=0-1", accept_encoding="identity")
    verify(raw)
    changed = with_headers(change(raw), x_forwarded_host="localhost:30600")
    error = refusal(changed)
    assert error.s3.name == "SignatureDoesNotMatch"
    assert cause in error.message


@pytest.mark.parametrize(("path", "cause"), [("/a%20b", "encoded twice"), ("//a", "slashes")])
def test_client_that_normalises_paths_is_told(path, cause):
    other = signed("GET", "/a%2520b" if "%" in path else "/a")
    assert cause in refusal(replace(other, path=path.encode())).message


def test_mismatch_shows_what_was_to_be_signed():
    raw = with_headers(signed(), x_amz_content_sha256="UNSIGNED-PAYLOAD")
    shown = details(refusal(raw))
    assert shown["AWSAccessKeyId"] == "AKIDEXAMPLE"
    assert shown["SignatureProvided"] in raw.headers["authorization"]
    assert shown["CanonicalRequest"].startswith("GET\n/images/a\n\nhost:localhost:30600\n")
    assert shown["CanonicalRequest"].endswith("UNSIGNED-PAYLOAD")
    canonical = shown["CanonicalRequest"].encode()
    assert bytes.fromhex(shown["CanonicalRequestBytes"]) == canonical
    assert shown["StringToSign"].endswith(hashlib.sha256(canonical).hexdigest())
    assert bytes.fromhex(shown["StringToSignBytes"]) == shown["StringToSign"].encode()
    assert SECRET not in str(shown)


@pytest.mark.parametrize(
    ("minutes", "is_fine"), [(14, True), (16, False), (-14, True), (-16, False)]
)
def test_clock_may_differ_by_a_quarter_of_an_hour(minutes, is_fine):
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    if is_fine:
        verify(signed(), now=now)
        return
    error = refusal(signed(), now=now)
    assert error.s3.name == "RequestTimeTooSkewed"
    assert set(details(error)) == {"RequestTime", "ServerTime", "MaxAllowedSkewMilliseconds"}
    assert details(error)["MaxAllowedSkewMilliseconds"] == "900000"


@pytest.mark.parametrize(
    "date",
    [
        "",
        "Bad Date",
        "19500707T215304Z",
        "20261399T000000Z",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        None,
    ],
)
def test_request_without_a_time_is_refused(date):
    error = refusal(with_headers(signed(), x_amz_date=date))
    assert error.s3.name == "AccessDenied"
    assert "valid Date" in error.message


def test_time_may_be_in_the_header_date():
    raw = signed()
    at = datetime.strptime(raw.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")  # noqa: DTZ007
    date = at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    names = raw.headers["authorization"].replace(";x-amz-date", "")
    moved = with_headers(raw, x_amz_date=None, date=date, authorization=names)
    # What is signed differs, since x-amz-date is no header any more; the time itself is taken.
    assert refusal(moved).s3.name == "SignatureDoesNotMatch"
    assert details(refusal(moved))["StringToSign"].split("\n")[1] == raw.headers["x-amz-date"]


@pytest.mark.parametrize("name", ["x-amz-meta-b", "x-amz-acl", "x-amz-decoded-content-length"])
@pytest.mark.parametrize("make", [signed, presigned])
def test_header_of_amazon_that_is_not_signed_is_refused(make, name):
    raw = make()
    error = refusal(replace(raw, headers={**raw.headers, name: "1"}))
    assert error.s3.name == "AccessDenied"
    assert details(error)["HeadersNotSigned"] == name


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-amzn-trace-id", "x-amz-cf-id", "via"])
@pytest.mark.parametrize("make", [signed, presigned])
def test_header_that_a_proxy_adds_need_not_be_signed(make, name):
    raw = make()
    verify(replace(raw, headers={**raw.headers, name: "1"}))


def test_host_must_be_signed():
    raw = signed()
    authorization = raw.headers["authorization"].replace("host;", "")
    error = refusal(with_headers(raw, authorization=authorization))
    assert details(error)["HeadersNotSigned"] == "host"


def test_payload_hash_is_asked_for():
    raw = with_headers(signed(), x_amz_content_sha256=None)
    assert refusal(raw).s3.name == "InvalidRequest"


@pytest.mark.parametrize("value", ["invalid_sha256", "a" * 63, "unsigned-payload"])
def test_payload_hash_that_can_be_none_is_refused_before_the_signature(value):
    error = refusal(with_headers(signed(), x_amz_content_sha256=value))
    assert error.s3.name == "InvalidArgument"
    assert details(error) == {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": value}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("/s3/", "/ec2/", "SignatureDoesNotMatch"),
        ("AKIDEXAMPLE/2", "AKIDEXAMPLE/1", "AuthorizationHeaderMalformed"),
        ("/r/", "/other/", "SignatureDoesNotMatch"),
    ],
)
def test_scope_must_be_the_one_that_was_signed(old, new, code):
    raw = signed()
    authorization = raw.headers["authorization"].replace(old, new)
    assert refusal(with_headers(raw, authorization=authorization)).s3.name == code


def test_hoisted_headers_are_covered_by_a_presigned_url():
    raw = presigned("PUT", "/images/a?x-amz-meta-a=1")
    verify(raw)
    changed = replace(raw, query=raw.query.replace(b"x-amz-meta-a=1", b"x-amz-meta-a=2"))
    assert refusal(changed).s3.name == "SignatureDoesNotMatch"


@pytest.mark.parametrize("date", [b"tomorrow", b"20261399T000000Z", b"20130523T000000Z"])
def test_presigned_url_with_a_broken_date_or_one_of_another_day_is_refused(date):
    raw = presigned_example()
    query = raw.query.replace(b"X-Amz-Date=20130524T000000Z", b"X-Amz-Date=" + date)
    error = refusal(replace(raw, query=query), EXAMPLE_SECRET, EXAMPLE_TIME - timedelta(hours=1))
    assert error.s3.name == "AuthorizationQueryParametersError"


@pytest.mark.parametrize("name", ["X-Amz-Signature", "x-amz-signature"])
def test_second_signature_is_refused(name):
    raw = presigned()
    signature = raw.query.rpartition(b"=")[2]
    twice = replace(raw, query=raw.query + b"&" + name.encode() + b"=" + signature)
    assert refusal(twice).s3.name == "AuthorizationQueryParametersError"


def test_expectation_that_a_proxy_has_met_counts_as_sent():
    shown = canonical_headers({"host": "h", "a": " x \t y "}, ("a", "expect", "gone", "host"))
    assert shown == "a:x y\nexpect:100-continue\ngone:\nhost:h\n"


def test_presigned_url_may_fix_the_payload():
    raw = presigned("PUT", x_amz_content_sha256=hashlib.sha256(b"hello").hexdigest())
    verify(raw)
    error = refusal(with_headers(raw, x_amz_content_sha256=EMPTY))
    assert error.s3.name == "SignatureDoesNotMatch"
    verify(with_headers(presigned("PUT"), x_amz_content_sha256="UNSIGNED-PAYLOAD"))


class FixingAuth(S3SigV4QueryAuth):
    """Presigns for an empty body, as signers do that know the body."""

    def payload(self, request):
        return EMPTY


def test_payload_that_the_url_itself_fixes_cannot_be_declared_otherwise():
    signer = FixingAuth(credentials(), "s3", "r", 60)
    raw = sign(signer, "PUT", f"/images/a?X-Amz-Content-Sha256={EMPTY}")
    verify(raw)
    verify(replace(raw, headers={**raw.headers, "x-amz-content-sha256": EMPTY}))
    for other in ("UNSIGNED-PAYLOAD", "0" * 64):
        error = refusal(replace(raw, headers={**raw.headers, "x-amz-content-sha256": other}))
        assert details(error)["HeadersNotSigned"] == "x-amz-content-sha256"


ODD = presigned("GET", "/images/a%20b%2Bc//%C3%A9~/..?versionId=x%2By&response-expires=a+b%20c&acl")


def meaning(raw):
    """Return what an operation would read of a request."""
    request = parse_request(raw)
    query = {name: value for name, value in request.query.items() if name != "X-Amz-Signature"}
    return request.bucket, request.key, query, request.method


@given(
    target=st.sampled_from(["path", "query"]),
    position=st.integers(0, 500),
    removed=st.integers(0, 3),
    inserted=st.text(st.sampled_from("%+&=/~.?2FfBb0aA;"), max_size=3).map(str.encode),
)
def test_whatever_is_let_in_means_what_was_signed(target, position, removed, inserted):
    whole = getattr(ODD, target)
    start = position % (len(whole) + 1)
    changed = replace(ODD, **{target: whole[:start] + inserted + whole[start + removed :]})
    with contextlib.suppress(PachliteError):
        verify(changed)
        assert meaning(changed) == meaning(ODD)


TOKENS = [
    "+",
    "%2B",
    "%2b",
    "%20",
    " ",
    "/",
    "%2F",
    "//",
    "&",
    "%26",
    ";",
    "=",
    "%3D",
    "~",
    "%7E",
    "",
]
TOKENS += [".", "%2E", "..", "%25", "%", "%C3%A9", "%c3%a9", "?", "%3F", "#"]


@pytest.mark.parametrize("target", ["path", "query"])
def test_other_escapes_are_let_in_only_if_they_mean_the_same(target):
    _, signature = parsed(ODD)
    signed_form = next(canonical_requests(ODD, signature, "UNSIGNED-PAYLOAD"))
    whole, mark, signed_with = getattr(ODD, target).partition(b"&X-Amz-Signature")
    let_in = 0
    for old, new in itertools.permutations([token.encode() for token in TOKENS], 2):
        for match in re.finditer(re.escape(old), whole):
            mutated = whole[: match.start()] + new + whole[match.end() :]
            changed = replace(ODD, **{target: mutated + mark + signed_with})
            if signed_form in canonical_requests(changed, signature, "UNSIGNED-PAYLOAD"):
                # A slash that is escaped parts no bucket from its key: there is no such bucket.
                assert meaning(changed) == meaning(ODD) or "/" in meaning(changed)[0]
                let_in += 1
    assert let_in
