"""S3 through a tunnel to a real gateway, while the link is cut again and again."""

import hashlib
import json
import random

import pytest

from tests.cli.forwarders import echoing, exchange, running_forwarder
from tests.s3.process import Gateway, running_gateway

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with running_gateway(tmp_path_factory.mktemp("tunnel") / "home") as running:
        running.request("PUT", "/b.r")
        yield running


def through(forwarder, gateway) -> Gateway:
    """Return the gateway as it is seen at the near end of a forwarder."""
    near = f"http://127.0.0.1:{forwarder.port}"
    return Gateway(gateway.process, near, gateway.home, gateway.log)


def target_of(gateway):
    return "{}:{}".format(*gateway.address)


def test_objects_pass_whole_through_a_link_that_is_cut(gateway, tmp_path):
    content = random.Random(1).randbytes(24 * MIB)
    with running_forwarder(
        tmp_path / "home", target_of(gateway), "--mode", "tunnel", "--chaos", "cut=3MiB"
    ) as forwarder:
        near = through(forwarder, gateway)
        put = near.request("PUT", "/b.r/big", content)
        got = near.request("GET", "/b.r/big")
        forwarder.wait_for_log("cause=lost")

    assert (put.status, got.status) == (200, 200)
    assert hashlib.sha256(got.body).digest() == hashlib.sha256(content).digest()
    assert put.headers["etag"] == f'"{hashlib.md5(content).hexdigest()}"'


def test_a_tunnel_goes_over_tls(tmp_path):
    home = tmp_path / "home"
    with (
        running_gateway(home, "--tls", "auto") as secure,
        running_forwarder(
            tmp_path / "near",
            f"https://{target_of(secure)}",
            "--mode",
            "tunnel",
            SSL_CERT_FILE=str(secure.ca),
        ) as forwarder,
    ):
        near = through(forwarder, secure)
        assert near.request("PUT", "/b.r").status == 200
        assert near.request("PUT", "/b.r/x", b"secret").status == 200
        assert near.request("GET", "/b.r/x").body == b"secret"


def test_a_gateway_that_stops_lets_the_tunnel_finish_first(tmp_path):
    with (
        running_gateway(tmp_path / "home") as stopping,
        running_forwarder(tmp_path / "near", target_of(stopping), "--mode", "tunnel") as forwarder,
    ):
        near = through(forwarder, stopping)
        connection = near.connect()
        connection.request("GET", "/")
        assert connection.getresponse().read()
        stopping.process.terminate()
        assert connection.sock.recv(1) == b""
        connection.close()


def test_a_gateway_that_is_killed_resets_whoever_is_served(tmp_path):
    with (
        running_gateway(tmp_path / "home") as dying,
        running_forwarder(
            tmp_path / "near", target_of(dying), "--mode", "tunnel", "--hold", "0"
        ) as forwarder,
    ):
        near = through(forwarder, dying)
        near.request("PUT", "/b.r")
        connection = near.connect()
        connection.putrequest("PUT", "/b.r/x")
        connection.putheader("content-length", "1000000")
        connection.endheaders(b"x")
        forwarder.wait_for_log("up ")
        port = dying.address[1]
        dying.kill()
        with (
            running_gateway(tmp_path / "other", "--port", str(port)),
            pytest.raises(ConnectionResetError),
        ):
            connection.getresponse()
        connection.close()


def test_a_target_without_tunnels_is_reached_without_one(tmp_path):
    with (
        echoing() as port,
        running_forwarder(tmp_path / "home", f"127.0.0.1:{port}", "--mode", "raw") as forwarder,
        forwarder.connect() as connection,
    ):
        assert exchange(connection, b"hello") == b"hello"


def test_only_who_has_a_token_gets_a_tunnel(tmp_path):
    from pachlite.config import StoreConfig
    from pachlite.wiring import open_store

    with open_store(StoreConfig(tmp_path / "home")) as pfs:
        token = pfs.activate_auth()
    contexts = {"c": {"session_token": token}}
    config = {"v2": {"active_context": "c", "contexts": contexts}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with running_gateway(tmp_path / "home") as guarded:
        refused = guarded.request("GET", "/~/tunnel", headers=UPGRADE)
        assert refused.status == 403
        assert "a token is needed" in refused.headers["x-pachlite-tunnel"]
        with running_forwarder(
            tmp_path / "near",
            target_of(guarded),
            "--mode",
            "tunnel",
            PACH_CONFIG=str(tmp_path / "config.json"),
        ) as forwarder:
            near = through(forwarder, guarded)
            assert near.request("GET", "/b.r").code == "AccessDenied"


def test_a_page_in_a_browser_gets_no_tunnel(gateway):
    headers = {**UPGRADE, "origin": "https://elsewhere.example.com"}
    refused = gateway.request("GET", "/~/tunnel", headers=headers)
    assert refused.status == 403
    assert "browser" in refused.headers["x-pachlite-tunnel"]


UPGRADE = {
    "upgrade": "websocket",
    "connection": "upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    "sec-websocket-protocol": "pachlite-tunnel.1",
}


@pytest.mark.parametrize("missing", ["sec-websocket-key", "sec-websocket-protocol"])
def test_another_websocket_is_told_what_is_spoken(gateway, missing):
    headers = {name: value for name, value in UPGRADE.items() if name != missing}
    assert gateway.request("GET", "/~/tunnel", headers=headers).status == 426


def test_what_is_no_tunnel_frame_ends_the_link(gateway):
    connection = gateway.connect()
    connection.request("GET", "/~/tunnel", headers=UPGRADE)
    connection.sock.sendall(b"\x82\x85\0\0\0\0hello")
    received = connection.sock.recv(1000)
    while block := connection.sock.recv(1000):
        received += block
    connection.close()

    assert received.startswith(b"HTTP/1.1 101 ")
    assert gateway.request("GET", "/~/healthz").status == 200
