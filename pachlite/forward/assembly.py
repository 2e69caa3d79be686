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
from pachlite.forward.kubernetes.cluster import Cluster
from pachlite.forward.kubernetes.dialer import PodDialer
from pachlite.forward.kubernetes.target import ClusterTarget, Place
from pachlite.forward.listening import Listener
from pachlite.forward.resolve import Resolver
from pachlite.forward.settings import Mode, Probe, Settings
from pachlite.forward.targets import LOCALHOST, Target, is_loopback
from pachlite.forward.tunnel.dialer import ChoosingDialer, TunnelDialer
from pachlite.forward.upstream import Upstream

AnyTarget = Target | ClusterTarget
MakeDialer = Callable[[AnyTarget], Dialer]


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
    direct = direct_dialers(settings, rng)

    def make(target: AnyTarget) -> Dialer:
        plain = direct(target)
        leads_elsewhere = target not in settings.targets  # a tunnel ends at the gateway
        if settings.mode is Mode.RAW or leads_elsewhere or is_raw_by_nature(target, settings.mode):
            return plain

        def tell(cause: str) -> None:
            observe(Event(EventName.TUNNEL, target=str(target), cause=cause))

        def on_link(is_up: bool) -> None:
            tell("up" if is_up else "lost")

        tunnel = TunnelDialer(plain, target.netloc, settings.token, rng, on_link)
        return ChoosingDialer(plain, tunnel, tell) if settings.mode is Mode.AUTO else tunnel

    return make


def is_raw_by_nature(target: AnyTarget, mode: Mode) -> bool:
    """Say whether a target is so near that a tunnel has nothing to offer."""
    if mode is not Mode.AUTO or isinstance(target, ClusterTarget):
        return False
    try:
        return is_loopback(target.host)
    except ValueError:
        return target.host == LOCALHOST


def direct_dialers(settings: Settings, rng: Random) -> MakeDialer:
    """Return what makes a dialer for a target, with the faults that are asked for."""
    over_tcp, to_pods = tcp_dialers(settings), pod_dialers(settings, rng)

    def make(target: AnyTarget) -> Dialer:
        dialer = over_tcp(target) if isinstance(target, Target) else to_pods(target)
        if settings.chaos is None:
            return dialer
        return FaultyDialer(dialer, settings.chaos, clock=time.monotonic)

    return make


def pod_dialers(settings: Settings, rng: Random) -> Callable[[ClusterTarget], Dialer]:
    """Return what makes a dialer for a target in a cluster; those of a place share credentials."""
    clusters: dict[Place, Cluster] = {}

    def make(target: ClusterTarget) -> Dialer:
        cluster = clusters.setdefault(target.place, Cluster(target.place))
        return PodDialer(
            target, cluster, clock=time.monotonic, rng=rng, dead_after_s=settings.dead_after_s
        )

    return make


def tcp_dialers(settings: Settings) -> Callable[[Target], Dialer]:
    """Return what makes a dialer for an address."""
    resolver = Resolver()

    def make(target: Target) -> Dialer:
        asks_health = settings.probe is Probe.HTTP or (
            settings.probe is Probe.AUTO and target.is_http
        )
        return TcpDialer(
            target, resolver, dead_after_s=settings.dead_after_s, asks_health=asks_health
        )

    return make
