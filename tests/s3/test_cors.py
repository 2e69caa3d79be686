"""Web pages that use a bucket: CORS rules, preflights, and what answers tell a browser."""

import pytest

from tests.s3.guarded import guarded_gateway
from tests.s3.refusals import refused

RULES = [
    {
        "ID": "uploads & more",
        "AllowedOrigins": ["https://app.example.com", "http://*.dev"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["x-amz-*", "Content-Type"],
        "ExposeHeaders": ["x-amz-version-id"],
        "MaxAgeSeconds": 600,
    },
    {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"]},
]


@pytest.fixture
def shared(s3, bucket):
    """A bucket with rules and an object."""
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    return bucket


def ask(gateway, path, origin, method, headers=""):
    """Send what a browser sends before a request of a page."""
    asked = {"origin": origin, "access-control-request-method": method}
    if headers:
        asked["access-control-request-headers"] = headers
    return gateway.request("OPTIONS", path, headers=asked)


def told(answer):
    """Return what an answer tells a browser."""
    start = "access-control-"
    return {k.removeprefix(start): v for k, v in answer.headers.items() if k.startswith(start)}


def test_rules_are_kept_replaced_and_deleted(s3, bucket):
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=bucket)
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES[1:]})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES[1:]
    s3.delete_bucket_cors(Bucket=bucket)
    s3.delete_bucket_cors(Bucket=bucket)
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=bucket)


def test_rules_go_with_their_bucket_and_make_no_commit(s3, shared):
    version = s3.head_object(Bucket=shared, Key="a")["VersionId"]
    s3.delete_object(Bucket=shared, Key="a")
    s3.delete_object(Bucket=shared, Key="a", VersionId=version)
    s3.delete_bucket(Bucket=shared)
    s3.create_bucket(Bucket=shared)
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=shared)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"AllowedOrigins": [], "AllowedMethods": ["GET"]}, "MalformedXML"),
        ({"AllowedOrigins": ["*"], "AllowedMethods": []}, "MalformedXML"),
        ({"AllowedOrigins": ["*"], "AllowedMethods": ["get"]}, "InvalidRequest"),
        ({"AllowedOrigins": ["*"], "AllowedMethods": ["OPTIONS"]}, "InvalidRequest"),
        ({"AllowedOrigins": ["http://*.*"], "AllowedMethods": ["GET"]}, "InvalidRequest"),
        (
            {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*-*"]},
            "InvalidRequest",
        ),
        (
            {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "ExposeHeaders": ["a b"]},
            "InvalidRequest",
        ),
        (
            {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "ExposeHeaders": ["x-*"]},
            "InvalidRequest",
        ),
        ({"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "ID": "i" * 256}, "InvalidRequest"),
    ],
)
def test_rule_that_is_none_is_refused_and_changes_nothing(s3, shared, rule, code):
    with refused(code, 400):
        s3.put_bucket_cors(Bucket=shared, CORSConfiguration={"CORSRules": [rule]})
    assert s3.get_bucket_cors(Bucket=shared)["CORSRules"] == RULES


@pytest.mark.parametrize(("count", "code"), [(0, "MalformedXML"), (101, "InvalidRequest")])
def test_there_are_one_to_a_hundred_rules(s3, bucket, count, code):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES[1:] * 100})
    with refused(code, 400):
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES[1:] * count})


def test_preflight_is_told_what_the_first_rule_that_fits_allows(gateway, shared):
    answer = ask(gateway, f"/{shared}/a", "https://app.example.com", "PUT", "X-Amz-Date")
    assert answer.status == 200
    assert told(answer) == {
        "allow-origin": "https://app.example.com",
        "allow-methods": "GET, PUT",
        "allow-headers": "x-amz-date",
        "expose-headers": "x-amz-version-id, ETag",
        "max-age": "600",
        "allow-credentials": "true",
    }
    assert "Origin" in answer.headers["vary"]
    anybody = told(ask(gateway, f"/{shared}", "https://anywhere", "HEAD"))
    assert (anybody["allow-origin"], anybody["allow-credentials"]) == ("*", "false")
    assert ask(gateway, f"/{shared}/new?uploads", "http://a.dev", "PUT").status == 200


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("https://app.example.com.evil", "GET", ""),
        ("http://.de", "GET", ""),
        ("https://app.example.com", "DELETE", ""),
        ("https://app.example.com", "PUT", "x-amz-date,authorization"),
        ("https://anywhere", "HEAD", "x-amz-date"),
    ],
)
def test_preflight_that_no_rule_fits_is_forbidden(gateway, shared, origin, method, headers):
    answer = ask(gateway, f"/{shared}/a", origin, method, headers)
    assert (answer.status, answer.code, told(answer)) == (403, "AccessForbidden", {})
    assert f"<Method>{method}</Method><ResourceType>OBJECT<".encode() in answer.body


def test_preflight_that_does_not_ask_properly_is_a_bad_request(gateway, shared):
    path = f"/{shared}/a"
    assert gateway.request("OPTIONS", path).code == "BadRequest"
    assert gateway.request("OPTIONS", path, headers={"origin": "http://a.dev"}).status == 400
    assert ask(gateway, path, "http://a.dev", "get").code == "BadRequest"
    assert ask(gateway, path, "http://a.dev", "GET", "a b").code == "BadRequest"


def test_preflight_of_a_bucket_without_rules_or_of_none_is_refused(gateway, bucket):
    assert ask(gateway, f"/{bucket}", "http://a.dev", "GET").code == "AccessForbidden"
    assert ask(gateway, "/nowhere/a", "http://a.dev", "GET").code == "NoSuchBucket"


def test_answers_tell_the_browser_what_the_page_may_read(gateway, shared):
    page = {"origin": "http://a.dev"}
    for path, status in ((f"/{shared}/a", 200), (f"/{shared}/missing", 404), (f"/{shared}", 200)):
        answer = gateway.request("GET", path, headers=page)
        assert (answer.status, told(answer)["allow-origin"]) == (status, "http://a.dev")
        assert told(answer)["expose-headers"] == "x-amz-version-id"
    assert told(gateway.request("DELETE", f"/{shared}/b", headers=page)) == {}
    assert told(gateway.request("GET", f"/{shared}/a", headers={"origin": "http://b"})) == {}
    assert told(gateway.request("GET", f"/{shared}/a")) == {}
    assert told(gateway.request("GET", "/nowhere/a", headers=page)) == {}


def test_page_of_another_site_writes_only_where_rules_let_it(gateway, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    page = {"origin": "https://b.example", "sec-fetch-site": "cross-site"}
    document = b"<Delete><Object><Key>a</Key></Object></Delete>"
    for path in (f"/{bucket}?delete", f"/{bucket}/b?uploads", f"/{bucket}"):
        answer = gateway.request("POST", path, document, page)
        assert (answer.status, answer.code) == (403, "AccessForbidden"), path
    assert gateway.request("GET", f"/{bucket}/a", headers=page).body == b"1"
    for other in ({**page, "sec-fetch-site": "same-site"}, {}):
        assert gateway.request("POST", f"/{bucket}/b?uploads", headers=other).status == 200
    rule = {"AllowedOrigins": ["https://b.example"], "AllowedMethods": ["POST"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    assert gateway.request("POST", f"/{bucket}?delete", document, page).status == 200


def test_commit_bucket_has_the_rules_of_its_branch_and_takes_none(s3, gateway, shared):
    commit = s3.head_object(Bucket=shared, Key="a")["VersionId"]
    frozen = f"{commit}.{shared}"
    assert ask(gateway, f"/{frozen}/a", "http://a.dev", "GET").status == 200
    for change in (s3.delete_bucket_cors, s3.delete_bucket_tagging):
        with refused("AccessDenied", 403):
            change(Bucket=frozen)
    assert s3.get_bucket_cors(Bucket=frozen)["CORSRules"] == RULES


def test_browser_asks_without_a_signature_even_where_requests_need_one(tmp_path):
    with guarded_gateway(tmp_path / "home") as world:
        s3 = world.s3(world.alice)
        s3.create_bucket(Bucket="shared")
        s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": RULES})
        s3.create_bucket(Bucket="closed")
        s3.close()
        hidden = [ask(world.gateway, f"/{name}/a", "http://a", "GET") for name in ("closed", "no")]
        assert [answer.code for answer in hidden] == ["AccessForbidden"] * 2
        answer = ask(world.gateway, "/shared/a", "http://a.dev", "PUT", "authorization")
        assert answer.code == "AccessForbidden"
        assert ask(world.gateway, "/shared/a", "http://a.dev", "PUT").status == 200
        refusal = world.gateway.request("GET", "/shared/a", headers={"origin": "http://a.dev"})
        assert (refusal.status, refusal.code) == (403, "AccessDenied")
        assert told(refusal)["allow-origin"] == "http://a.dev"
