"""Lines about requests: what is in them, and what never is."""

import threading
from datetime import UTC, datetime

import pytest

from pachlite.gateway import access_log
from pachlite.gateway.access_log import AccessLog, agent_name, as_json, as_text
from pachlite.gateway.exchange import Exchange

NOW = datetime(2026, 11, 22, 10, 0, 0, 7500, tzinfo=UTC).timestamp()


def exchange(**known):
    fields = {
        "request_id": "0" * 16,
        "begun_s": 1.0,
        "client": "192.0.2.7",
        "agent": "",
        "method": "GET",
        "resource": "/a/b",
        "query": b"",
        "ended_s": 1.0025,
    }
    return Exchange(**{**fields, **known})


def test_what_is_unknown_is_a_dash():
    assert as_text(exchange(), NOW) == (
        "2026-11-22T10:00:00.007Z 192.0.2.7 - - GET /a/b - - - in=0 out=0 2.5ms 0000000000000000\n"
    )


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("aws-cli/2.31.0 md/awscrt#0.27 ua/2.1 os/linux", "aws-cli"),
        ("Boto3/1.40.1 md/Botocore#1.40.1 ua/2.1", "boto3"),
        ("MinIO (linux; amd64) minio-go/v7.0.90 mc/RELEASE.2025-08-13", "mc"),
        ("MinIO (linux; amd64) minio-go/v7.0.90", "minio-go"),
        ("rclone/v1.71.0", "rclone"),
        ("aiobotocore/2.24 md/Botocore#1.40", "s3fs"),
        ("something/1.0 (b)", "something"),
        ("", "-"),
        ("\x1b[31m/1", "-"),
        ("x" * 1000, "x" * 24),
    ],
)
def test_clients_are_known_by_name(agent, name):
    assert agent_name(agent) == name


@pytest.mark.parametrize("form", [as_text, as_json])
def test_a_line_is_one_line_whatever_is_in_it(form):
    hostile = "a\n\r\x1b\u2028\x85 \\"
    line = form(
        exchange(agent=hostile, subject=hostile, bucket=hostile, key=hostile, method=hostile), NOW
    )
    assert line.endswith("\n")
    assert line[:-1].isprintable()


@pytest.mark.parametrize(
    "query",
    [
        b"X-Amz-Signature=SECRET",
        b"x-amz-signature=SECRET",
        b"a=1&X-Amz-Credential=SECRET&b",
        b"X-Amz-Security-Token=SECRET",
        b"AWSAccessKeyId=SECRET",
        b"Signature=SECRET&Signature=SECRET",
        b"%53ignature=SECRET",
        b"X-Amz-Signature==SECRET",
    ],
)
@pytest.mark.parametrize("form", [as_text, as_json])
def test_what_signs_a_request_is_left_out(form, query):
    assert "SECRET" not in form(exchange(query=query), NOW)


def test_lines_are_written_in_order_and_all_of_them_in_the_end():
    written = []
    log = AccessLog(written.append, lambda each, _: f"{each.request_id}\n")
    for number in range(500):
        log(exchange(request_id=str(number)))
    log.close()
    assert "".join(written).split() == [str(number) for number in range(500)]


def test_a_reader_that_takes_nothing_costs_lines_and_is_told(monkeypatch, caplog):
    monkeypatch.setattr(access_log, "MAX_WAITING_LINES", 10)
    released, written = threading.Event(), []

    def write(lines):
        released.wait(60)
        written.append(lines)

    log = AccessLog(write, lambda each, _: f"{each.request_id}\n")
    for number in range(1000):
        log(exchange(request_id=str(number)))
    released.set()
    log.close()
    assert "".join(written).count("\n") < 100
    assert "lines left out" in caplog.text
