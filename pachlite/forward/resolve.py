"""Names to addresses, asked anew for every dial. It keeps no answer; whoever asks in the meantime
waits for the same one.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from threading import Thread
from typing import Final

SECONDS_TO_RESOLVE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a socket can connect to."""

    family: int
    sockaddr: tuple[str, int] | tuple[str, int, int, int]


Addresses = tuple[Address, ...]


def lookup(host: str, port: int, *, flags: int = 0) -> Addresses:
    """Return all addresses of a host, families in turn. It may take a while.

    Raises:
        socket.gaierror: There is none, or nobody can say.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "no name can be like that") from error
    addresses = dict.fromkeys(Address(family, sockaddr) for family, *_, sockaddr in found)  # type: ignore[arg-type] # a TCP address is one of both
    return _in_turn(tuple(addresses))


class Resolver:
    """Looks names up in threads of their own, which nobody has to wait for in the end."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[str, int], asyncio.Future[Addresses]] = {}

    async def resolve(self, host: str, port: int) -> Addresses:
        """Return all addresses of a host.

        Raises:
            OSError: There is none, or nobody can say in time.
        """
        try:
            return lookup(host, port, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass  # a name
        answer = self._under_way.get((host, port))
        if answer is None:
            answer = self._ask(host, port)
        async with asyncio.timeout(SECONDS_TO_RESOLVE):
            return await asyncio.shield(answer)

    def _ask(self, host: str, port: int) -> asyncio.Future[Addresses]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Addresses] = loop.create_future()
        self._under_way[host, port] = answer

        def settle(found: Addresses | OSError) -> None:
            del self._under_way[host, port]
            if isinstance(found, OSError):
                answer.set_exception(found)
                answer.exception()  # whoever asked may have gone
            else:
                answer.set_result(found)

        def work() -> None:
            found: Addresses | OSError
            try:
                found = lookup(host, port)
            except OSError as error:
                found = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, found)

        Thread(target=work, name=f"resolve {host}", daemon=True).start()
        return answer


def _in_turn(addresses: Addresses) -> Addresses:
    """Return addresses of both families in turn, beginning with the family that came first."""
    first = [each for each in addresses if each.family == addresses[0].family]
    others = [each for each in addresses if each.family != addresses[0].family]
    mixed: list[Address] = []
    while first or others:
        mixed += first[:1] + others[:1]
        first, others = first[1:], others[1:]
    return tuple(mixed)
