"""The step that asks who somebody is, over a store in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.credentials import Credentials

from pachlite.errors import NotAuthorized, UnknownAccessKey
from pachlite.gateway.admission import admit
from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.request import parse_request
from pachlite.pfs.refs import parse_branch, parse_repo
from pachlite.wiring import open_memory_store
from tests.unit.gateway.signing import raw_request, sign

SIGNERS = {
    "V4 header": lambda keys: S3SigV4Auth(keys, "s3", "r"),
    "V4 query": lambda keys: S3SigV4QueryAuth(keys, "s3", "r", expires=60),
    "V2 header": HmacV1Auth,
    "V2 query": lambda keys: HmacV1QueryAuth(keys, expires=60),
}
ANONYMOUS = raw_request("GET", "http://localhost:30600/images/a")


@pytest.fixture
def pfs():
    with open_memory_store() as pfs:
        pfs.create_branch(parse_branch("images@master"), create_repo=True)
        yield pfs


@pytest.fixture
def guarded(pfs):
    pfs.activate_auth()
    return pfs


def enter(pfs, raw, **options):
    return admit(pfs, raw, parse_request(raw, options.get("domains", ())), **options)


def key_pair(pfs, **options):
    pair = pfs.create_s3_key("user:alice", **options)
    return Credentials(pair.access_key, pair.secret_key)


def refusal(pfs, raw, **options):
    with pytest.raises(S3Refusal) as caught:
        enter(pfs, raw, **options)
    return caught.value


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_while_auth_is_off_everybody_sees_everything(pfs, signer):
    for raw in (ANONYMOUS, sign(signer(Credentials("any", "key")))):
        admission = enter(pfs, raw)
        assert admission.pfs is pfs
        assert (admission.subject, admission.chain) == ("", None)


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("AWS HAHAHA", "InvalidArgument"),
        ("AWS4-HMAC-SHA256 Credential=HAHAHA", "AuthorizationHeaderMalformed"),
    ],
)
def test_while_auth_is_off_a_broken_signature_is_refused_all_the_same(pfs, authorization, code):
    raw = replace(ANONYMOUS, headers={"authorization": authorization})
    assert refusal(pfs, raw).s3.name == code


@pytest.mark.parametrize("authorization", ["", "Basic dXNlcjpwYXNz", "Bearer abc"])
def test_what_is_meant_for_a_proxy_is_nobody(pfs, authorization):
    raw = replace(ANONYMOUS, headers={"authorization": authorization})
    assert enter(pfs, raw).pfs is pfs
    pfs.activate_auth()
    code = "InvalidArgument" if authorization else "AccessDenied"
    assert refusal(pfs, raw).s3.name == code


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_whoever_signs_is_told_apart(guarded, signer):
    admission = enter(guarded, sign(signer(key_pair(guarded))))
    assert admission.subject == "user:alice"
    with pytest.raises(NotAuthorized):
        admission.pfs.delete_repo(parse_repo("images"))
    assert guarded.inspect_repo(parse_repo("images"))


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_wrong_secret_is_refused(guarded, signer):
    wrong = Credentials(key_pair(guarded).access_key, "wrong")
    assert refusal(guarded, sign(signer(wrong))).s3.name == "SignatureDoesNotMatch"


@pytest.mark.parametrize("signer", [S3SigV4Auth, S3SigV4QueryAuth])
def test_signature_for_another_service_is_refused_once_auth_is_on(pfs, signer):
    raw = sign(signer(Credentials("any", "key"), "s3-object-lambda", "r"))
    assert enter(pfs, raw).pfs is pfs
    pfs.activate_auth()
    error = refusal(pfs, raw)
    assert error.s3.status == 400
    assert 'incorrect service "s3-object-lambda"' in error.message


@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_unknown_and_revoked_keys_are_refused(guarded, signer):
    pair = key_pair(guarded)
    raw = sign(signer(pair))
    enter(guarded, raw)
    guarded.revoke_s3_key(pair.access_key)
    for each in (raw, sign(signer(Credentials("unknown", "x")))):
        with pytest.raises(UnknownAccessKey):
            enter(guarded, each)


@pytest.mark.parametrize("name", SIGNERS)
def test_token_signs_headers_but_no_urls(guarded, name):
    token = guarded.create_token("user:alice")
    raw = sign(SIGNERS[name](Credentials(token, token)))
    if "header" in name:
        assert enter(guarded, raw).subject == "user:alice"
        return
    error = refusal(guarded, raw)
    assert error.s3.name == "AccessDenied"
    assert "create-s3-key" in error.hint
    assert token not in str(error)


def test_time_is_asked_once_and_given(guarded):
    late = datetime.now(UTC) + timedelta(minutes=20)
    raw = sign(SIGNERS["V4 header"](key_pair(guarded)))
    assert refusal(guarded, raw, now=lambda: late).s3.name == "RequestTimeTooSkewed"


def test_host_that_names_the_bucket_is_signed_by_version_2_as_part_of_the_path(guarded):
    # What is signed is the path with the bucket, wherever the bucket is named.
    raw = sign(SIGNERS["V2 header"](key_pair(guarded)), path="/images/a")
    hosted = replace(raw, path=b"/a", headers={**raw.headers, "host": "images.s3.test:30600"})
    assert enter(guarded, hosted, domains=("s3.test",)).subject == "user:alice"
    assert refusal(guarded, hosted).s3.name == "SignatureDoesNotMatch"


def test_chunks_that_are_signed_have_a_chain(guarded):
    class ChunkSigner(S3SigV4Auth):
        def payload(self, request):
            return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

    raw = sign(ChunkSigner(key_pair(guarded), "s3", "r"), "PUT")
    assert enter(guarded, raw).chain is not None
