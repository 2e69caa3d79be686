"""How many connections there may be, and that they are counted to their end."""

import asyncio

import pytest

from pachlite.connections import KEPT_DESCRIPTORS, affordable_connections, bounded
from pachlite.gateway.traffic import Traffic


@pytest.mark.parametrize(
    ("wanted", "descriptors", "expected"),
    [
        (4096, 1_000_000, 4096),
        (4096, 1024, 1024 - KEPT_DESCRIPTORS),
        (4096, 64, 16),
        (20, 1024, 20),
    ],
)
def test_the_store_keeps_descriptors_for_its_files(wanted, descriptors, expected):
    assert affordable_connections(wanted, descriptors) == expected


class Writer:
    """What a refused client gets."""

    def __init__(self):
        self.written = b""

    def write(self, data):
        self.written += data

    def close(self):
        self.written += b"|"

    async def wait_closed(self):
        raise ConnectionResetError


def test_a_connection_too_many_is_refused_and_those_that_fail_are_over():
    async def test():
        traffic, ended, served = Traffic(), asyncio.Event(), []

        async def serve(name, _reader, _writer):
            served.append(name)
            await ended.wait()
            raise OSError(name)

        accept = bounded(serve, 2, traffic)
        tasks = [asyncio.create_task(accept(name, None, Writer())) for name in "ab"]
        await asyncio.sleep(0)
        assert traffic.connections == 2
        refused = Writer()
        await accept("c", None, refused)
        assert refused.written.startswith(b"HTTP/1.1 503 ")
        assert refused.written.endswith(b"</Error>|")
        ended.set()
        await asyncio.wait(tasks)
        assert {str(task.exception()) for task in tasks} == {"a", "b"}
        assert (traffic.connections, served) == (0, ["a", "b"])

    asyncio.run(test())
