"""Put listeners, targets and the ways to reach them together, as the only place that knows all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from random import Random

from pachlite.forward.api import Dialer
from pachlite.forward.connect import TcpDialer
from pachlite.forward.events import Event, EventName, Observe
from pachlite.forward.faulty import FaultyDialer
from pachlite.forward.forwarder import Forwarder, Way
from pachlite.forward.listening import Listener
from pachlite.forward.resolve import Resolver
from pachlite.forward.settings import Mode, Probe, Settings
from pachlite.forward.targets import LOCALHOST, Target, is_loopback
from pachlite.forward.tunnel.dialer import ChoosingDialer, TunnelDialer
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
    make = make_dialer or dialers_for(settings, observe, rng)
    upstreams: dict[int | None, Upstream] = {}
    for listener in listeners:
        port = listener.route.remote_port
        if port not in upstreams:
            dialers = [make(each.at_port(port)) for each in settings.targets]
            upstreams[port] = Upstream(dialers, clock=time.monotonic, rng=rng, observe=observe)
    ways = [Way(listener, upstreams[listener.route.remote_port]) for listener in listeners]
    return Forwarder(ways, settings, clock=time.monotonic, rng=rng, observe=observe)


def dialers_for(settings: Settings, observe: Observe, rng: Random) -> MakeDialer:
    """Return what makes a dialer for a target: through a tunnel or not, as the settings say."""
    direct = tcp_dialers(settings)
    gateways = {(each.host, each.port) for each in settings.targets}

    def make(target: Target) -> Dialer:
        plain = direct(target)
        leads_elsewhere = (target.host, target.port) not in gateways  # a tunnel ends at the gateway
        if settings.mode is Mode.RAW or leads_elsewhere or is_raw_by_nature(target, settings.mode):
            return plain

        def tell(cause: str) -> None:
            observe(Event(EventName.TUNNEL, target=str(target), cause=cause))

        def on_link(is_up: bool) -> None:
            tell("up" if is_up else "lost")

        tunnel = TunnelDialer(plain, target.netloc, settings.token, rng, on_link)
        return ChoosingDialer(plain, tunnel, tell) if settings.mode is Mode.AUTO else tunnel

    return make


def is_raw_by_nature(target: Target, mode: Mode) -> bool:
    """Say whether a target is so near that a tunnel has nothing to offer."""
    if mode is not Mode.AUTO:
        return False
    try:
        return is_loopback(target.host)
    except ValueError:
        return target.host == LOCALHOST


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
