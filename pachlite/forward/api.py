"""What the forwarder asks of whoever reaches a target. It knows no way of reaching one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

MakeLeg = Callable[[], asyncio.Protocol]


class Dialer(Protocol):
    """One target of the forwarder, and the way to it.

    `str()` of a dialer names the target for people.
    """

    async def dial(self, make_leg: MakeLeg) -> None:
        """Open a leg to the target: a byte stream of its own for one client.

        Once the stream is open, and not before, `make_leg` is called, once, and what it returns
        gets `connection_made` with an `asyncio.Transport`. From then on the rules of asyncio hold:
        `data_received`, `eof_received` and in the end `connection_lost` on the protocol;
        on the transport `write`, `write_eof`, `close`, `abort`, `is_closing`, `can_write_eof`,
        `pause_reading`, `resume_reading`, `set_write_buffer_limits`, `get_write_buffer_size`
        and `get_extra_info`. `abort` has to tell the far end that the stream is broken; where
        `get_extra_info("socket")` is a socket, the forwarder makes it close with a reset.

        When it fails or is cancelled, nothing stays open and `make_leg` was not called.

        Raises:
            OSError: The target cannot be reached now.
        """

    async def probe(self) -> None:
        """Find out whether the target can be reached, at little cost.

        Raises:
            OSError: It cannot.
        """

    def close(self) -> None:
        """Let go of everything that is kept open; it is not used any more."""
