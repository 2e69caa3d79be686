"""What can be set about a forwarder, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pachlite.forward.chaos import ChaosPlan
from pachlite.forward.kubernetes.target import ClusterTarget
from pachlite.forward.targets import Route, Target

NORMAL: Final = 0
TARGET_LOST: Final = 2
NEVER_REACHED: Final = 3
"""How a run can end, as exit codes."""


class Probe(StrEnum):
    """How to find out whether a target can be reached."""

    AUTO = "auto"
    TCP = "tcp"
    HTTP = "http"
    OFF = "off"


class Mode(StrEnum):
    """How connections get to a target."""

    AUTO = "auto"
    RAW = "raw"
    TUNNEL = "tunnel"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a forwarder behaves.

    Attributes:
        targets: Where to forward to, the best first.
        routes: Where to listen.
        hold_s: How long a client waits for a target; with 0 it is refused at once.
        dead_after_s: How long a silent peer counts as alive; 0 leaves it to the system.
        idle_timeout_s: How long a connection may carry nothing; 0 is for ever.
        drain_s: How long connections may go on after the signal to stop.
        max_connections: More wait in the kernel, and so do clients above `max_pending` held ones.
        mode: Whether connections go through a tunnel; `AUTO` is raw for targets on this machine and
            for those without tunnels.
        token: Who asks for a tunnel.
        chaos: Faults to inject, for tests of whatever connects.
    """

    targets: tuple[Target | ClusterTarget, ...]
    routes: tuple[Route, ...] = (Route(),)
    hold_s: float = 30.0
    dead_after_s: float = 20.0
    idle_timeout_s: float = 0.0
    drain_s: float = 10.0
    max_connections: int = 512
    max_pending: int = 256
    probe: Probe = Probe.AUTO
    mode: Mode = Mode.AUTO
    token: str = field(default="", repr=False)
    chaos: ChaosPlan | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What runs around a forwarder.

    Attributes:
        wait_ready_s: Report readiness only when a target was reached, within that time.
        exits_on_loss: End when all targets are lost.
        on_reconnect: A shell command to run when a target is back; empty for none.
        metrics: Address and port to serve metrics on, if any.
    """

    wait_ready_s: float | None = None
    exits_on_loss: bool = False
    on_reconnect: str = ""
    metrics: Route | None = None
