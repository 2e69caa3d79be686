"""The application for machines that watch: whether the gateway is healthy."""

import asyncio
import threading

import pytest

from pachlite import server
from pachlite.errors import InvalidOption, PermissionDenied, ProjectNotFound, Unavailable
from pachlite.server import create_app, parse_networks
from pachlite.wiring import open_memory_store


class Ill:
    """A file system whose reads end in a way of their own."""

    def __init__(self, pfs, read):
        self._pfs = pfs
        self.inspect_project = read

    def __getattr__(self, name):
        return getattr(self._pfs, name)


def health(read):
    """Ask a gateway whose store answers like that how it is."""

    async def ask():
        with open_memory_store() as pfs:
            app = create_app(Ill(pfs, read) if read else pfs)
            async with app.test_app():
                answer = await app.test_client().get("/~/healthz")
                return answer.status_code, await answer.get_data(as_text=True)

    return asyncio.run(ask())


def raising(error):
    def read(_name):
        raise error

    return read


def test_a_store_that_answers_is_healthy():
    assert health(None) == (200, "ok\n")


@pytest.mark.parametrize("error", [ProjectNotFound("default"), PermissionDenied("no")])
def test_a_refusal_is_an_answer(error):
    assert health(raising(error)) == (200, "ok\n")


def test_a_store_that_cannot_read_is_ill_and_says_why():
    status, text = health(raising(Unavailable("the disk is gone")))
    assert status == 503
    assert "the disk is gone" in text


def test_a_store_that_does_not_answer_is_ill(monkeypatch):
    monkeypatch.setattr(server, "HEALTH_TIMEOUT_S", 0.01)
    released = threading.Event()
    threading.Timer(0.5, released.set).start()
    assert health(lambda _name: released.wait(60)) == (503, "the store does not answer\n")


def test_proxies_are_addresses_or_networks():
    assert [str(each) for each in parse_networks(["10.1.2.3/8", "::1"])] == [
        "10.0.0.0/8",
        "::1/128",
    ]
    with pytest.raises(InvalidOption, match=r"10\.0\.0\.0/99"):
        parse_networks(["10.0.0.0/99"])
