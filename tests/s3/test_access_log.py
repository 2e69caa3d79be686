"""The access log of a running gateway: a line per request, and no secrets in it."""

import json
import re
import socket

import boto3
import pytest
from botocore.config import Config

from tests.s3.process import running_gateway

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?P<client>\S+) (?P<agent>\S+) (?P<subject>\S+)"
    r" (?P<method>\S+) (?P<path>\S+) (?P<operation>\S+) (?P<status>\S+) (?P<error>\S+)"
    r" in=(?P<received>\d+) out=(?P<sent>\d+) \d+\.\dms (?P<id>[0-9A-F]{16})"
)


def lines(gateway, count):
    """Return what the log says of requests, as soon as there is so much."""

    def found():
        return [match for line in gateway.log.read_text().splitlines() if (match := match_of(line))]

    gateway.wait_for(lambda: len(found()) >= count)
    return found()


def match_of(line):
    return LINE.fullmatch(line)


@pytest.fixture
def logging_gateway(tmp_path):
    with running_gateway(tmp_path / "home", "--access-log") as gateway:
        yield gateway


def test_every_request_has_a_line_that_its_answer_names(logging_gateway):
    gateway = logging_gateway
    gateway.request("PUT", "/log")
    put = gateway.request("PUT", "/log/a%20b", b"12345", {"user-agent": "Boto3/1.40 md/x"})
    gateway.request("GET", "/log/a%20b")
    gateway.request("GET", "/log/none?versionId=x%26y")
    found = lines(gateway, 4)
    assert [each["operation"] for each in found] == [
        "CreateBucket",
        "PutObject",
        "GetObject",
        "GetObject",
    ]
    assert found[1]["id"] == put.headers["x-amz-request-id"]
    assert (found[1]["path"], found[1]["agent"]) == ("/log/a%20b", "boto3")
    assert (found[1]["received"], found[2]["sent"]) == ("5", "5")
    assert (found[3]["status"], found[3]["path"]) != ("200", "/log/none")
    assert found[0]["client"] == "127.0.0.1"


def test_a_presigned_url_cannot_be_used_by_who_reads_the_log(logging_gateway):
    gateway = logging_gateway
    client = boto3.client(
        "s3",
        endpoint_url=gateway.endpoint,
        aws_access_key_id="TOKEN-AND-KEY",
        aws_secret_access_key="secret",
        aws_session_token="SESSION",
        region_name="us-east-1",
        config=Config(signature_version="s3v4"),
    )
    url = client.generate_presigned_url("get_object", Params={"Bucket": "log", "Key": "a"})
    client.close()
    gateway.request("GET", url.removeprefix(gateway.endpoint))
    gateway.request("GET", "/log/a?AWSAccessKeyId=TOKEN-AND-KEY&Signature=SIGNED%3D&Expires=9")
    gateway.request("GET", "/log/a?X%2DAmz-Cr%65dential=TOKEN-AND-KEY&x-id=GetObject")
    lines(gateway, 3)
    text = gateway.log.read_text()
    signature = re.search("X-Amz-Signature=([0-9a-f]+)", url)[1]
    assert not any(each in text for each in ("TOKEN-AND-KEY", "SESSION", "SIGNED", signature))
    assert "x-id=GetObject" in text
    assert "X-Amz-Signature=..." in text


def test_nothing_that_a_client_sends_begins_a_line(logging_gateway):
    gateway = logging_gateway
    with socket.create_connection(gateway.address) as connection:
        connection.sendall(
            b"GET /log/%0A2026-01-01T00:00:00.000Z?x=%0D%0A HTTP/1.1\r\nhost: x\r\n"
            b"user-agent: \x1b[31mevil\tname\xff/1\r\nconnection: close\r\n\r\n"
        )
        while connection.recv(1000):
            pass
    gateway.request("GET", "/log", headers={"user-agent": "a b\\n" * 100})
    assert len(lines(gateway, 1)) >= 1
    assert all(
        character.isprintable() or character == "\n" for character in gateway.log.read_text()
    )


def test_lines_for_programs_are_json(tmp_path):
    with running_gateway(tmp_path / "home", "--access-log", "--log-format", "json") as gateway:
        gateway.request("PUT", "/log")
        gateway.request("PUT", "/log/%E2%82%AC%0A", b"1", {"user-agent": "curl/8"})
        gateway.request("GET", "/none.such/a?acl")
        gateway.wait_for(lambda: gateway.log.read_text().count('"request_id"') == 3)
        texts = [line for line in gateway.log.read_text().splitlines() if "request_id" in line]
        made, put, failed = map(json.loads, texts)
    assert made["operation"] == "CreateBucket"
    assert (put["bucket"], put["key"], put["agent"]) == ("log", "\u20ac\n", "curl")
    assert (put["bytes_in"], put["status"], put["error"]) == (1, 200, None)
    assert (failed["status"], failed["error"]) == (404, "NoSuchBucket")
    assert failed["duration_ms"] > 0


def test_without_the_option_nothing_is_written_about_requests(own_gateway):
    own_gateway.request("PUT", "/log")
    own_gateway.request("GET", "/none")
    own_gateway.kill()
    assert "/none" not in own_gateway.log.read_text()
