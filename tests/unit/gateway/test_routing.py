"""Method, level and subresource choose the operation; anything unknown touches nothing."""

import itertools

import pytest

from pachlite.gateway.errors import S3Refusal
from pachlite.gateway.messages import S3Request
from pachlite.gateway.misplaced import Misplaced
from pachlite.gateway.routing import (
    COPY,
    ROUTES,
    SUBRESOURCES,
    Operation,
    UploadOperation,
    Work,
    find_operation,
    level_of,
)

LEVELS = {"service": ("", ""), "bucket": ("b", ""), "object": ("b", "k")}


def request(method, level, *names, headers=(), **parameters):
    bucket, key = LEVELS[level]
    query = {**dict.fromkeys(names, ""), **parameters}
    return S3Request(method, bucket, key, query, dict(headers), "/")


def route(*args, **kwargs):
    return find_operation(request(*args, **kwargs)).name


def refusal(*args, **kwargs):
    with pytest.raises(S3Refusal) as refused:
        find_operation(request(*args, **kwargs))
    return refused.value.s3.name


@pytest.mark.parametrize("chosen", ROUTES, ids=str)
def test_every_route_is_found(chosen):
    subresource, _, header = chosen.subresource.partition(COPY)
    names = [subresource.strip()] if subresource.strip() else []
    if chosen.method == "PUT" and "uploadId" in names:
        names.append("partNumber")
    headers = {COPY: "/b/k"} if COPY in chosen.subresource else {}
    if chosen.subresource == COPY:
        assert not header
    found = find_operation(request(chosen.method, chosen.level, *names, headers=headers))
    assert found is ROUTES[chosen]


@pytest.mark.parametrize("chosen", [each for each in ROUTES if each.method != "OPTIONS"], ids=str)
def test_route_with_a_parameter_that_is_not_its_own_is_not_implemented(chosen):
    names = [chosen.subresource] if chosen.subresource in SUBRESOURCES else []
    if chosen.method == "PUT" and "uploadId" in names:
        names.append("partNumber")
    assert refusal(chosen.method, chosen.level, *names, "surprise") == "NotImplemented"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "subresource",
    ["torrent", "select", "restore", "accelerate", "analytics", "inventory", "metrics", "session"],
)
def test_unknown_subresource_is_never_taken_for_the_plain_operation(method, level, subresource):
    assert refusal(method, level, subresource) == "NotImplemented"


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(sorted(SUBRESOURCES), 2)))
def test_two_subresources_at_once_are_not_implemented(one, other):
    assert refusal("GET", "bucket", one, other) == "NotImplemented"


@pytest.mark.parametrize("subresource", ["policy", "lifecycle", "website", "object-lock"])
def test_what_can_only_be_asked_for_cannot_be_put(subresource):
    assert refusal("PUT", "bucket", subresource) == "NotImplemented"


def test_preflight_is_about_what_will_be_asked_and_nobody_signs_it():
    found = find_operation(request("OPTIONS", "object", "uploads", "surprise"))
    assert (found.name, found.is_signed) == ("Preflight", False)
    assert all(
        operation is found or not isinstance(operation, Operation) or operation.is_signed
        for chosen, operation in ROUTES.items()
        if chosen.method != "OPTIONS"
    )


@pytest.mark.parametrize(
    ("method", "level"),
    [("PATCH", "bucket"), ("DELETE", "service"), ("HEAD", "service"), ("PUT", "service")],
)
def test_method_that_a_level_does_not_have_is_not_allowed(method, level):
    assert refusal(method, level) == "MethodNotAllowed"
    with pytest.raises(S3Refusal) as refused:
        find_operation(request(method, level))
    assert dict(refused.value.details) == {"Method": method, "ResourceType": level.upper()}


def test_form_is_not_asked_for_a_signature_since_it_has_its_own():
    operation = find_operation(request("POST", "bucket"))
    assert (operation.name, operation.is_signed) == ("PostObject", False)
    unsigned = {each.name for each in ROUTES.values() if not each.is_signed}
    assert unsigned == {"PostObject", "Preflight"}


@pytest.mark.parametrize("value", ["", "x"])
def test_subresource_counts_with_and_without_a_value(value):
    assert route("GET", "bucket", location=value) == "GetBucketLocation"


@pytest.mark.parametrize(
    "parameters",
    [
        {"x-id": "GetObject"},
        {"X-Amz-Signature": "s", "X-Amz-Expires": "60"},
        {"AWSAccessKeyId": "a", "Signature": "s", "Expires": "1"},
    ],
)
def test_parameters_of_signatures_and_sdks_change_nothing(parameters):
    assert route("GET", "object", **parameters) == "GetObject"


def test_copy_header_makes_a_put_a_copy_and_nothing_else():
    assert route("PUT", "object", headers={COPY: "b/k"}) == "CopyObject"
    assert route("PUT", "object", uploadId="u", partNumber="1", headers={COPY: "b/k"}) == (
        "UploadPartCopy"
    )
    assert refusal("PUT", "object", "tagging", headers={COPY: "b/k"}) == "NotImplemented"


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
@pytest.mark.parametrize("level", ["bucket", "object"])
def test_source_of_a_copy_is_for_puts_only(method, level):
    assert refusal(method, level, headers={COPY: "b/k"}) == "InvalidArgument"


@pytest.mark.parametrize(
    ("method", "level", "names", "code"),
    [
        ("PUT", "object", ["partNumber"], "InvalidArgument"),
        ("PUT", "object", ["uploadId"], "MethodNotAllowed"),
        ("GET", "object", ["uploads"], "InvalidRequest"),
        ("GET", "object", ["versions"], "InvalidRequest"),
        ("POST", "service", [], "MethodNotAllowed"),
        ("POST", "object", [], "MethodNotAllowed"),
    ],
)
def test_mistake_that_can_be_seen_without_knowing_who_asks_is_named(method, level, names, code):
    with pytest.raises(Misplaced) as refused:
        find_operation(request(method, level, *names))
    assert refused.value.s3.name == code


def test_object_without_a_bucket_is_still_an_object():
    assert level_of(S3Request("GET", "", "k", {}, {}, "/")) == "object"


def test_everything_that_writes_runs_in_a_worker():
    for chosen, operation in ROUTES.items():
        if chosen.method in {"PUT", "POST", "DELETE"}:
            assert isinstance(operation, UploadOperation) or operation.work is Work.SLOW
