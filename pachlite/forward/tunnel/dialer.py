"""Reach a target through a tunnel, or directly where there is none: the forwarder's dialers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from pachlite.forward.api import Dialer, MakeLeg
from pachlite.forward.tunnel.client import TunnelClient
from pachlite.forward.tunnel.dialling import Opened, open_tunnel
from pachlite.forward.tunnel.handshake import NoTunnel, TunnelDenied


class TunnelDialer:
    """The way to a gateway through a tunnel. It is the forwarder's `Dialer`.

    Args:
        direct: How links are made.
        host: What the gateway is called in requests.
        token: Who asks; empty where nobody wants to know.
        on_link: Told True when there is a link, False when it is lost.
    """

    def __init__(
        self,
        direct: Dialer,
        host: str,
        token: str,
        rng: Random,
        on_link: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._direct = direct
        self._host = host
        self._token = token
        self._client = TunnelClient(self._open, rng, on_link)

    async def dial(self, make_leg: MakeLeg) -> None:
        """Open a stream; raise `OSError` while there is no link."""
        await self._client.connect(0, make_leg)

    async def probe(self) -> None:
        """Wait for the link; raise `OSError` when it cannot be made."""
        await self._client.ready()

    def end(self) -> None:
        """End the tunnel, but keep the way without it."""
        self._client.close()

    def close(self) -> None:
        """End everything."""
        self.end()
        self._direct.close()

    async def _open(self) -> Opened:
        return await open_tunnel(self._direct.dial, self._host, self._token)

    def __str__(self) -> str:
        return str(self._direct)


class ChoosingDialer:
    """Finds out at the first chance whether a target has tunnels, and goes that way from then on.

    Args:
        direct: The way without a tunnel.
        tunnel: The way with one.
        explain: Told, once, why it is the way without.
    """

    def __init__(
        self, direct: Dialer, tunnel: TunnelDialer, explain: Callable[[str], None]
    ) -> None:
        self._direct = direct
        self._tunnel = tunnel
        self._explain = explain
        self._chosen: Dialer | None = None

    async def dial(self, make_leg: MakeLeg) -> None:
        """Open a leg the chosen way."""
        await (await self._choose()).dial(make_leg)

    async def probe(self) -> None:
        """Find out whether the chosen way is open."""
        await (await self._choose()).probe()

    def close(self) -> None:
        """Let go of both ways."""
        self._tunnel.close()

    async def _choose(self) -> Dialer:
        """Return the way to go.

        Raises:
            OSError: The target cannot be asked now.
        """
        if self._chosen is not None:
            return self._chosen
        try:
            await self._tunnel.probe()
        except (NoTunnel, TunnelDenied) as error:
            self._tunnel.end()
            if self._chosen is None:
                self._explain(f"{self._direct}: without a tunnel, since {error}")
            self._chosen = self._direct
        else:
            self._chosen = self._tunnel
        return self._chosen

    def __str__(self) -> str:
        return str(self._direct)
