"""The metrics of a running gateway."""

import re
from concurrent.futures import ThreadPoolExecutor


def metrics(gateway):
    """Return the value of every series."""
    answer = gateway.request("GET", "/~/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.body.decode().splitlines()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


def test_requests_bytes_errors_and_commits_are_counted(own_gateway):
    gateway = own_gateway
    gateway.request("PUT", "/counted")
    for number in range(3):
        gateway.request("PUT", f"/counted/{number}", b"12345")
    gateway.request("GET", "/counted/0")
    gateway.request("GET", "/counted/none")
    gateway.request("DELETE", "/counted/none")
    found = metrics(gateway)
    assert found['pachlite_requests_total{operation="PutObject",status="200"}'] == 3
    assert found['pachlite_requests_total{operation="GetObject",status="404"}'] == 1
    assert found['pachlite_errors_total{code="NoSuchKey"}'] == 1
    assert found["pachlite_received_bytes_total"] == 15
    assert found["pachlite_sent_bytes_total"] > 5
    assert found["pachlite_commits_total"] == 3
    assert found["pachlite_requests_in_flight"] == 0
    assert found["pachlite_open_connections"] == 1
    assert found['pachlite_request_duration_seconds_count{operation="PutObject"}'] == 3
    buckets = [
        value
        for name, value in found.items()
        if name.startswith('pachlite_request_duration_seconds_bucket{operation="PutObject"')
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 3
    assert found["process_open_fds"] > 3
    assert found["pachlite_store_database_bytes"] > 0


def test_the_text_is_what_a_scraper_reads(own_gateway):
    own_gateway.request("GET", "/")
    text = own_gateway.request("GET", "/~/metrics").body.decode()
    assert text.endswith("\n")
    seen = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in seen, "a family is declared once"
            seen.add(name)
        elif not line.startswith("# HELP "):
            assert re.fullmatch(r'[a-z_]+(\{([a-z]+="[^"\\]*",?)+\})? [0-9.e+-]+', line), line


def test_metrics_name_no_bucket_and_no_key(own_gateway):
    own_gateway.request("PUT", "/secret-bucket")
    own_gateway.request("PUT", "/secret-bucket/secret-key", b"1")
    own_gateway.request("SECRET", "/secret-bucket?secret=1")
    assert b"secret" not in own_gateway.request("GET", "/~/metrics").body.lower()


def test_metrics_are_served_while_requests_are_under_way(own_gateway):
    own_gateway.request("PUT", "/busy")

    def work(number):
        return own_gateway.request("PUT", f"/busy/{number}", bytes(100_000)).status

    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(work, number) for number in range(40)]
        assert metrics(own_gateway)["pachlite_open_connections"] >= 1
        assert {each.result() for each in writing} == {200}
    assert metrics(own_gateway)['pachlite_requests_total{operation="PutObject",status="200"}'] == 40
