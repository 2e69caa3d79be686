"""Accept clients, but only as many as are allowed; the others wait in the kernel.

It knows nothing of what becomes of them.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from typing import Final

from pachlite.forward.listening import Listener

_AT_ONCE: Final = 64
"""How many clients of one listener are accepted before anything else gets its turn."""
_SHORTAGE: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_SHORTAGE_PAUSE_S: Final = 0.5

Admit = Callable[[Listener, socket.socket], None]


class Gatekeeper:
    """Watches listeners while more clients are allowed.

    Args:
        listeners: The sockets; they are closed with it.
        has_room: Says whether one more client may come in.
        admit: Gets each client that does.
    """

    def __init__(
        self, listeners: Sequence[Listener], has_room: Callable[[], bool], admit: Admit
    ) -> None:
        self._listeners = list(listeners)
        self._has_room = has_room
        self._admit = admit
        self._is_watching = False
        self._is_short = False

    def open(self) -> None:
        """Accept, if there is room; called whenever there may be again."""
        if self._is_watching or self._is_short or not self._has_room():
            return
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.add_reader(listener.sock, self._accept, listener)
        self._is_watching = bool(self._listeners)

    def close(self) -> None:
        """Stop listening for good; the kernel resets who is still waiting there."""
        self._pause()
        for listener in self._listeners:
            listener.sock.close()
        self._listeners.clear()

    def _accept(self, listener: Listener) -> None:
        for _ in range(_AT_ONCE):
            if not self._has_room():
                self._pause()
                return
            try:
                client, _ = listener.sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in _SHORTAGE:
                    self._wait_for_resources()
                return
            client.setblocking(False)
            self._admit(listener, client)

    def _pause(self) -> None:
        if not self._is_watching:
            return
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.remove_reader(listener.sock)
        self._is_watching = False

    def _wait_for_resources(self) -> None:
        self._pause()
        self._is_short = True
        asyncio.get_running_loop().call_later(_SHORTAGE_PAUSE_S, self._try_again)

    def _try_again(self) -> None:
        self._is_short = False
        self.open()
