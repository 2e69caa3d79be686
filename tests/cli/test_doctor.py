"""`pachlite doctor`: what it looks at, and what it says about a client that does not work."""

import json
import os
import sys

import pytest

from pachlite.cli.diagnosis import advice, proxy_in_the_way
from tests.s3.clients import client_program, served
from tests.s3.process import running_gateway

STEPS = ["create", "put", "get", "list", "copy", "delete", "multipart", "version"]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """The way to the gateway is free, whatever the machine is like."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with running_gateway(tmp_path_factory.mktemp("doctor") / "home") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def secure_gateway(tmp_path_factory):
    home = tmp_path_factory.mktemp("doctor") / "home"
    with running_gateway(home, "--tls", "auto") as gateway:
        yield gateway


def buckets(gateway):
    return gateway.request("GET", "/").body.decode().count("<Bucket>")


def states(report):
    return {check["name"]: check["state"] for check in report["checks"]}


def fake_client(tmp_path, script):
    """A program in the place of s5cmd, which does what a broken one might."""
    path = tmp_path / "s5cmd"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_healthy_machine_with_a_gateway_is_well(cli, gateway):
    cli.ok("create", "repo", "images")
    report = cli.json("doctor", "--endpoint", gateway.endpoint)
    assert report["ok"] is True
    names = ("versions", "store", "disk", "gateway", "clock", "proxy")
    assert [states(report)[name] for name in names] == ["ok"] * len(names)


def test_looking_makes_no_store(cli):
    shown = cli.ok("doctor")
    assert f"none at {cli.home} yet" in shown
    assert "warn  gateway" in shown
    assert not cli.home.exists()


def test_gateway_that_was_named_has_to_be_there(cli):
    result = cli.run("doctor", "--endpoint", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "FAIL  gateway" in result.stdout
    assert "change: nothing listens there: start it with pachlite serve s3" in result.stdout


def test_damaged_store_is_found(cli):
    cli.home.mkdir(parents=True)
    (cli.home / "metadata.db").write_text("this is not a database, and long enough to tell" * 9)
    result = cli.run("doctor", "-o", "json")
    assert result.exit_code == 1
    assert states(json.loads(result.stdout))["store"] == "fail"


def test_proxy_in_the_way_is_found(cli, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    assert "HTTP_PROXY sends requests to a proxy" in cli.ok("doctor")
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert "none between clients and the gateway" in cli.ok("doctor")


def test_client_is_tried_out_at_a_gateway_of_its_own(cli):
    shown = cli.ok("doctor", "--client", "boto3", "--program", sys.executable).splitlines()
    assert [line.split()[:2] for line in shown] == [["ok", step] for step in (*STEPS, "altogether")]
    assert "boto3" in shown[-1]
    assert not cli.home.exists()


def test_trial_at_an_endpoint_leaves_nothing_behind(cli, gateway):
    with_store = {"PACHLITE_HOME": str(gateway.home)}
    words = ["doctor", "--client", "boto3", "--program", sys.executable]
    result = cli.run(*words, "--endpoint", gateway.endpoint, "-o", "json", env=with_store)
    report = json.loads(result.stdout)
    assert (report["ok"], report["client"], report["change"]) == (True, "boto3", "")
    assert [step["name"] for step in report["steps"]] == STEPS
    assert buckets(gateway) == 0
    assert cli.run("list", "repo", env=with_store).stdout.count("\n") == 1


def test_trial_that_fails_leaves_nothing_behind_and_says_why(cli, gateway, tmp_path):
    """The client makes the bucket, and then cannot put anything into it."""
    make = f"curl -sf -X PUT {gateway.endpoint}/$(basename $4)"
    script = (
        f'case "$*" in\n*version) echo v1-x;;\n*mb*) {make};;\n*) echo AccessDenied; exit 3;;\nesac'
    )
    client = fake_client(tmp_path, script)
    words = ["doctor", "--client", "s5cmd", "--program", client, "--endpoint", gateway.endpoint]
    result = cli.run(*words)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["ok", "create"], ["FAIL", "put"]]
    assert "sent:       s5cmd --retry-count 1 cp" in result.stdout
    assert "came back:  AccessDenied" in result.stdout
    assert "change:     this key may not do that" in result.stdout
    assert buckets(gateway) == 0


def test_client_that_sends_everything_again_is_found(cli, gateway, tmp_path):
    real = client_program("s5cmd")
    script = f'case "$*" in\n*" sync "*) exec {real} cp "$4" "$5";;\n*) exec {real} "$@";;\nesac'
    client = fake_client(tmp_path, script)
    words = ["doctor", "--client", "s5cmd", "--program", client, "--endpoint", gateway.endpoint]
    result = cli.run(*words, "-o", "json")
    last = json.loads(result.stdout)["steps"][-1]
    assert (last["name"], last["answer"]) == ("sync again", "3 new versions")
    assert result.exit_code == 1


def test_refused_key_is_explained(cli, tmp_path):
    """Also by a client that leaves it to the doctor to make the bucket."""
    with served(tmp_path / "guarded", "http") as guarded:
        for client in ("boto3", "pandas"):
            words = ["doctor", "--client", client, "--program", client_program(client)]
            result = cli.run(*words, "--endpoint", guarded.endpoint)
            assert result.exit_code == 1
            assert "FAIL  create" in result.stdout
            assert "the access key is unknown, expired or revoked" in result.stdout
        keys = ["--access-key", guarded.access_key, "--secret-key", guarded.secret_key]
        cli.ok("doctor", "--endpoint", guarded.endpoint, *keys)
        assert cli.run("doctor", "--endpoint", guarded.endpoint).exit_code == 1


@pytest.mark.parametrize("client", ["rclone", "polars"])
def test_client_that_is_not_there_is_named_with_what_installs_it(cli, client, tmp_path):
    result = cli.run("doctor", "--client", client, "--program", tmp_path / "nothing")
    assert result.exit_code == 1
    assert f"FAIL  start       {client} is not" in result.stdout
    assert f"change: pip install {client}" in result.stdout


def test_unknown_client_is_refused_with_a_proposal(cli):
    assert "did you mean boto3?" in cli.fails("doctor", "--client", "boto")


def test_client_that_cannot_be_tried_out_is_refused(cli):
    assert "spark cannot be tried out" in cli.fails("doctor", "--client", "spark")


def test_nothing_listening_is_explained(cli):
    words = ["doctor", "--client", "boto3", "--program", sys.executable]
    result = cli.run(*words, "--endpoint", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "nothing listens there" in result.stdout


def test_untrusted_certificate_is_explained(cli, secure_gateway):
    words = ["doctor", "--client", "boto3", "--program", sys.executable]
    where = ["--endpoint", secure_gateway.endpoint]
    result = cli.run(*words, *where)
    assert result.exit_code == 1
    assert "trust the certificate of the gateway" in result.stdout
    assert cli.run(*words, *where, "--ca-file", secure_gateway.ca).exit_code == 0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("dial tcp: lookup b.localhost: no such host", "path style"),
        ("SignatureDoesNotMatch: ...", "a proxy rewrote the request"),
        ("InvalidAccessKeyId", "unknown, expired or revoked"),
        ("RequestTimeTooSkewed", "the clock"),
        ("aws: error: unrecognized arguments: --x", "too old: pip install it"),
        ("ModuleNotFoundError: No module named 'x'", "not complete: pip install it"),
        ("SSL: WRONG_VERSION_NUMBER", "plain HTTP"),
        ("something else", "pachlite s3 config it"),
    ],
)
def test_advice_fits_what_came_back(answer, expected):
    assert expected in advice(answer, "it", "pip install it")


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, ""),
        ({"http_proxy": "http://p"}, "http_proxy"),
        ({"https_proxy": "http://p"}, ""),
        ({"ALL_PROXY": "http://p"}, "ALL_PROXY"),
        ({"http_proxy": "http://p", "no_proxy": "a,.example.org"}, ""),
        ({"http_proxy": "http://p", "no_proxy": "*"}, ""),
        ({"http_proxy": "http://p", "no_proxy": "ample.org"}, "http_proxy"),
        ({"http_proxy": ""}, ""),
    ],
)
def test_proxy_is_told_from_the_variables(variables, found):
    assert proxy_in_the_way("http://data.example.org:30600", variables) == found
