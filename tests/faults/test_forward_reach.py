"""How targets are reached: by the fastest address, through TLS, with dead peers noticed."""

import asyncio
import os
import socket
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from pachlite.forward.connect import TcpDialer, connect_to_fastest
from pachlite.forward.prober import reach_first
from pachlite.forward.resolve import Address, Resolver
from pachlite.forward.sockets import tune
from pachlite.forward.targets import Target
from pachlite.tls.self_signed import ensure_certificate
from tests.faults.forwarding import (
    LOOPS,
    Client,
    TargetLeg,
    TargetServer,
    exchange,
    forwarding,
    on_loop,
    settled,
)


@pytest.fixture(params=LOOPS)
def loop(request):
    return request.param


def at(port):
    return Address(socket.AF_INET, ("127.0.0.1", port))


class BlackHole:
    """An address that never answers: its queue is full, and nobody takes from it."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self._waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(self._listener.getsockname())
            self._waiting.append(client)
        return self._listener.getsockname()[1]

    def __exit__(self, *_):
        for each in (*self._waiting, self._listener):
            each.close()


def test_an_address_that_does_not_answer_keeps_nobody_waiting(loop):
    async def main():
        with BlackHole() as silent:
            async with TargetServer() as target:
                sock = await connect_to_fastest((at(silent), at(target.port)), head_start_s=0.01)
                assert sock.getpeername()[1] == target.port
                sock.close()

    on_loop(loop, main)


def test_an_address_that_refuses_is_passed_over_at_once(loop):
    async def main():
        async with TargetServer() as target:
            refusing = TargetServer().port
            addresses = (at(refusing), at(target.port))
            sock = await connect_to_fastest(addresses, head_start_s=3600)
            assert sock.getpeername()[1] == target.port
            sock.close()

    on_loop(loop, main)


def test_what_the_first_address_said_is_told_when_none_answers(loop):
    async def main():
        with pytest.raises(ConnectionRefusedError):
            await connect_to_fastest((at(TargetServer().port), at(TargetServer().port)))

    on_loop(loop, main)


def test_whoever_asks_for_a_name_meanwhile_gets_the_same_answer(loop):
    async def main():
        resolver = Resolver()
        first, second = await asyncio.gather(*(resolver.resolve("localhost", 1) for _ in range(2)))
        assert first == second
        assert {each.sockaddr[1] for each in first} == {1}
        assert not resolver._under_way
        with pytest.raises(socket.gaierror):
            await resolver.resolve("nowhere..invalid", 1)

    on_loop(loop, main)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux has all these options")
def test_both_legs_notice_dead_peers(loop):
    async def main():
        async with TargetServer() as target, forwarding(target.port, dead_after_s=20) as forward:
            client = await Client.connect(forward.port)
            await client.send(b"x")
            assert await client.reader.readexactly(1) == b"x"
            (connection,) = forward.forwarder._connections
            for leg in (connection.pump.client, connection.pump.target):
                sock = leg.transport.get_extra_info("socket")
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 5
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
            await client.close()

    on_loop(loop, main)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux has all these options")
def test_dead_peers_are_left_to_the_system_where_that_is_wanted():
    with socket.socket() as sock:
        tune(sock, dead_after_s=0, is_upstream=True)
        assert not sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert not sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)


def test_a_target_is_waited_for(loop):
    async def main():
        target = TargetServer()
        async with forwarding(target.port) as forward:
            reaching = asyncio.create_task(reach_first(forward.upstream, forward.forwarder._rng))
            await settled(lambda: forward.upstream.is_lost)
            async with target:
                await reaching
            assert forward.status.is_up

    on_loop(loop, main)


class Health(asyncio.Protocol):
    """Answers every request with one status."""

    def __init__(self, status):
        self.status = status

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        assert data.startswith(b"GET /~/healthz HTTP/1.1\r\nHost: 127.0.0.1:")
        self.transport.write(self.status and b"HTTP/1.1 %d x\r\n\r\n" % self.status)
        self.transport.close()


@pytest.mark.parametrize(
    ("status", "is_well"), [(200, True), (404, True), (503, False), (0, False)]
)
def test_a_gateway_is_asked_how_it_is(loop, status, is_well):
    async def main():
        running = asyncio.get_running_loop()
        server = await running.create_server(lambda: Health(status), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        target = Target("127.0.0.1", port, is_http=True)
        dialer = TcpDialer(target, Resolver(), asks_health=True)
        if is_well:
            await dialer.probe()
        else:
            with pytest.raises(ConnectionError):
                await dialer.probe()
        server.close()
        await server.wait_closed()

    on_loop(loop, main)


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for 127.0.0.1 that this machine trusts."""
    files = ensure_certificate(tmp_path, ["127.0.0.1"], datetime.now(UTC))
    monkeypatch.setenv("SSL_CERT_FILE", str(files.certificate))
    return files


@asynccontextmanager
async def tls_target(files, **options):
    target = TargetServer(**options)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    running = asyncio.get_running_loop()
    target._server = await running.create_server(
        lambda: TlsLeg(target), "127.0.0.1", target.port, ssl=context
    )
    yield target
    await target.kill()


class TlsLeg(TargetLeg):
    def eof_received(self) -> bool:
        return False


def through_tls(target, *, host="127.0.0.1", **options):
    return forwarding(targets=(Target(host, target.port, is_tls=True),), **options)


def test_bytes_go_through_tls(loop, certificate):
    data = os.urandom(3_000_000)

    async def main():
        async with tls_target(certificate) as target, through_tls(target) as forward:
            client = await Client.connect(forward.port)
            sending = asyncio.create_task(client.send(data))
            assert await client.reader.readexactly(len(data)) == data
            await sending
            target.legs[-1].transport.close()  # says so, as TLS can
            assert await client.outcome() == (b"", True)
            await client.close()
            await settled(lambda: not forward.status.connections)

    on_loop(loop, main)


def test_an_end_that_tls_does_not_confirm_is_seen_as_a_reset(loop, certificate):
    async def main():
        async with tls_target(certificate) as target, through_tls(target) as forward:
            client = await Client.connect(forward.port)
            await client.send(b"half")
            assert await client.reader.readexactly(4) == b"half"
            number = target.legs[-1].transport.get_extra_info("socket").fileno()
            with socket.socket(fileno=os.dup(number)) as sock:
                sock.shutdown(socket.SHUT_WR)
            assert await client.outcome() == (b"", False)
            await client.close()

    on_loop(loop, main)


def test_a_target_with_another_certificate_is_not_connected_to(loop, certificate, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")

    async def main():
        async with (
            tls_target(certificate) as target,
            through_tls(target, hold_s=0) as forward,
        ):
            assert await exchange(forward.port, b"") == (b"", False)
            assert forward.causes() == ["TLS: self-signed certificate"]

    on_loop(loop, main)
