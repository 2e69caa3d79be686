"""Tell an end that TLS confirms from one that it does not: event loops report both alike.

An attacker, or a process that is killed, can end the stream below TLS; that must not look complete.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast


class ConfirmedEnd(asyncio.Protocol):
    """Stands between a TLS transport and a leg, and takes an unconfirmed end for a reset."""

    def __init__(self, leg: asyncio.Protocol) -> None:
        self._leg = leg
        self._is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._leg.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on."""
        self._leg.data_received(data)

    def eof_received(self) -> bool:
        """Pass an end on if the other side has said that it is one; the transport closes."""
        if self._has_said_goodbye():
            self._leg.eof_received()
        else:
            self._lose(ConnectionResetError("TLS: ended without saying so"))
            self._transport.abort()
        return False

    def pause_writing(self) -> None:
        """Pass on that the other side is slow."""
        self._leg.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the other side takes more."""
        self._leg.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on that it is over, once."""
        self._lose(exc)

    def _lose(self, exc: Exception | None) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._leg.connection_lost(exc)

    def _has_said_goodbye(self) -> bool:
        secure: ssl.SSLObject = self._transport.get_extra_info("ssl_object")
        try:
            return not secure.read(1)
        except ssl.SSLError:  # it would wait for more
            return False
