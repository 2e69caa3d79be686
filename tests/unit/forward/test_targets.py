"""What can be typed as a target, a route or an address to listen on."""

import pytest

from pachlite.errors import InvalidOption
from pachlite.forward.preflight import check
from pachlite.forward.targets import Route, Target, listen_addresses


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("gw", Target("gw", 30600)),
        ("gw:9000", Target("gw", 9000)),
        ("10.0.0.1:1", Target("10.0.0.1", 1)),
        ("[::1]:9000", Target("::1", 9000)),
        ("[fe80::1]", Target("fe80::1", 30600)),
        ("fe80::1", Target("fe80::1", 30600)),
        ("http://gw", Target("gw", 30600, is_http=True)),
        ("grpc://gw:1", Target("gw", 1, is_http=True)),
        ("https://gw.example.com:443/", Target("gw.example.com", 443, is_tls=True, is_http=True)),
        ("grpcs://gw", Target("gw", 30600, is_tls=True, is_http=True)),
    ],
)
def test_a_target_is_understood(typed, target):
    assert Target.parse(typed) == target
    assert Target.parse(str(target)).netloc == target.netloc


@pytest.mark.parametrize(
    "typed",
    ["", ":80", "gw:", "gw:x", "gw:0", "gw:70000", "ftp://gw", "http://gw/path", "a b", "[::1"],
)
def test_what_is_no_target_is_refused(typed):
    with pytest.raises(InvalidOption, match="target"):
        Target.parse(typed)


def test_a_route_names_a_local_and_a_remote_port():
    assert Route.parse("9000:80", ("127.0.0.1",)) == Route(("127.0.0.1",), 9000, 80)
    assert Route.parse("0:80", ("::1",)) == Route(("::1",), 0, 80)
    assert Route.parse("10.0.0.1:9000:80", ()) == Route(("10.0.0.1",), 9000, 80)
    assert Route.parse("[::1]:9000:80", ()) == Route(("::1",), 9000, 80)
    assert Route.parse("localhost:9:80", ()).addresses == ("127.0.0.1", "::1")


@pytest.mark.parametrize("typed", ["", "80", "a:80", "80:a", "80:0", "x:80:80", "80:70000"])
def test_what_is_no_route_is_refused(typed):
    with pytest.raises(InvalidOption):
        Route.parse(typed, ("127.0.0.1",))


def test_localhost_is_both_addresses_of_this_machine():
    assert listen_addresses(["localhost", "127.0.0.1"]) == ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("addresses", "target"),
    [
        (("127.0.0.1", "::1"), Target("127.0.0.1", 30600)),
        (("127.0.0.1", "::1"), Target("localhost", 30600)),
        (("0.0.0.0",), Target("127.0.0.1", 30600)),
    ],
)
def test_a_target_that_is_the_listener_is_refused(addresses, target):
    with pytest.raises(InvalidOption, match="where the forwarder itself listens"):
        check([target], [Route(addresses, 30600)])


def test_another_port_or_another_address_is_no_loop():
    assert check([Target("127.0.0.1", 30601)], [Route(("127.0.0.1",), 30600)]) == []
    assert check([Target("127.0.0.2", 30600)], [Route(("127.0.0.1",), 30600)]) == []


def test_listening_for_others_is_warned_about():
    warnings = check([Target("127.0.0.1", 1)], [Route(("0.0.0.0",), 30600)])

    assert "everybody who can reach 0.0.0.0:30600" in warnings[0]


def test_a_host_that_does_not_exist_is_refused_where_it_is_the_only_one():
    lost = Target("nowhere..invalid", 1)  # refused without asking anybody
    there = Target("127.0.0.1", 1)

    with pytest.raises(InvalidOption, match="cannot resolve nowhere"):
        check([lost], [Route()])
    assert "cannot resolve nowhere" in check([lost, there], [Route()])[0]
