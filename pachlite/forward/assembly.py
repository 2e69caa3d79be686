"""Put listeners, targets and the ways to reach them together, as the only place that knows all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from random import Random

from pachlite.forward.api import Dialer
from pachlite.forward.connect import TcpDialer
from pachlite.forward.events import Observe
from pachlite.forward.faulty import FaultyDialer
from pachlite.forward.forwarder import Forwarder, Way
from pachlite.forward.listening import Listener
from pachlite.forward.resolve import Resolver
from pachlite.forward.settings import Probe, Settings
from pachlite.forward.targets import Target
from pachlite.forward.upstream import Upstream

MakeDialer = Callable[[Target], Dialer]


def assemble(
    listeners: Sequence[Listener],
    settings: Settings,
    observe: Observe,
    rng: Random,
    *,
    make_dialer: MakeDialer | None = None,
) -> Forwarder:
    """Return a forwarder. Listeners that lead to the same remote port share what is known of it."""
    make = make_dialer or tcp_dialers(settings)
    upstreams: dict[int | None, Upstream] = {}
    for listener in listeners:
        port = listener.route.remote_port
        if port not in upstreams:
            dialers = [make(each.at_port(port)) for each in settings.targets]
            upstreams[port] = Upstream(dialers, clock=time.monotonic, rng=rng, observe=observe)
    ways = [Way(listener, upstreams[listener.route.remote_port]) for listener in listeners]
    return Forwarder(ways, settings, clock=time.monotonic, rng=rng, observe=observe)


def tcp_dialers(settings: Settings) -> MakeDialer:
    """Return what makes a dialer for a target, with the faults that are asked for."""
    resolver = Resolver()

    def make(target: Target) -> Dialer:
        asks_health = settings.probe is Probe.HTTP or (
            settings.probe is Probe.AUTO and target.is_http
        )
        dialer = TcpDialer(
            target, resolver, dead_after_s=settings.dead_after_s, asks_health=asks_health
        )
        if settings.chaos is None:
            return dialer
        return FaultyDialer(dialer, settings.chaos, clock=time.monotonic)

    return make
