"""What proxies say of a client counts only if they are trusted."""

from ipaddress import ip_network

import pytest

from pachlite.gateway.proxies import behind_proxies

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1"))


def scope(peer="10.0.0.1", **said):
    headers = [(b"host", b"inside:30600")]
    headers += [(f"x-forwarded-{name}".encode(), value.encode()) for name, value in said.items()]
    return {"client": (peer, 4711), "scheme": "http", "headers": headers}


def test_a_stranger_is_not_believed():
    asked = scope("192.0.2.7", **{"for": "1.2.3.4"}, proto="https", host="evil")
    assert behind_proxies(asked, TRUSTED) is asked
    assert behind_proxies(scope(), ()) == scope()


def test_a_trusted_proxy_tells_address_scheme_and_host():
    seen = behind_proxies(scope(**{"for": "192.0.2.7"}, proto="https", host="s3.example"), TRUSTED)
    assert seen["client"][0] == "192.0.2.7"
    assert seen["scheme"] == "https"
    assert dict(seen["headers"])[b"host"] == b"s3.example"


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("192.0.2.7, 10.9.9.9", "192.0.2.7"),
        ("6.6.6.6, 192.0.2.7", "192.0.2.7"),
        ("10.9.9.9", "10.9.9.9"),
        ("garbage", "10.0.0.1"),
        ("192.0.2.7, garbage", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_proxy_of_ours(chain, expected):
    assert behind_proxies(scope(**{"for": chain}), TRUSTED)["client"][0] == expected


@pytest.mark.parametrize("peer", ["::1", "::ffff:10.0.0.9"])
def test_addresses_of_version_6_are_looked_up_too(peer):
    assert behind_proxies(scope(peer, proto="https"), TRUSTED)["scheme"] == "https"


@pytest.mark.parametrize("said", [{"proto": "gopher"}, {"host": ""}])
def test_nonsense_changes_nothing(said):
    seen = behind_proxies(scope(**said), TRUSTED)
    assert seen["scheme"] == "http"
    assert dict(seen["headers"])[b"host"] == b"inside:30600"
