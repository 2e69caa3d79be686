"""Which bucket a host names."""

import pytest

from pachlite.errors import InvalidOption
from pachlite.gateway.hosts import bucket_of_host, check_domains


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("images.example.com", "images"),
        ("dev.images.example.com", "dev.images"),
        ("Dev.images.EXAMPLE.com:30600", "Dev.images"),
        ("dev.images.s3.example.com", "dev.images"),
        ("example.com", ""),
        ("s3.example.com:30600", ""),
        ("images.other.com", ""),
        ("notexample.com", ""),
        ("127.0.0.1:30600", ""),
        ("[::1]:30600", ""),
        ("", ""),
    ],
)
def test_bucket_is_what_stands_before_the_domain(host, bucket):
    assert bucket_of_host(host, check_domains(["example.com", "s3.example.com"])) == bucket


def test_domains_are_compared_in_lower_case_and_the_longest_wins():
    assert check_domains(["Example.com.", "s3.example.com"]) == ("s3.example.com", "example.com")


@pytest.mark.parametrize("domain", ["", "a b", "http://example.com", "example.com:80", "-a.com"])
def test_what_is_no_domain_is_refused(domain):
    with pytest.raises(InvalidOption):
        check_domains([domain])
