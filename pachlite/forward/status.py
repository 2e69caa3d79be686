"""How a forwarder is doing, as values that can be shown, sent and counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pachlite.forward.upstream import TargetStatus


@dataclass(frozen=True, slots=True)
class Status:
    """A forwarder at one moment.

    Attributes:
        pid: Its process.
        uptime_s: How long it has been listening.
        listening: Addresses and ports.
        targets: The targets of the first listener, the best first.
        is_up: Whether every listener has a target that can be reached.
        connections: Connections that are open to a target.
        held: Clients that wait for a target.
        accepted: Clients that ever came in.
        unserved: Clients for which no target could be reached in time.
        broken: Connections that ended in a reset.
        up_bytes: Bytes from clients to targets, those of open connections included.
        down_bytes: Bytes from targets to clients.
        reconnects: How often a target came back after all were lost.
        last_loss_s: How long ago that was; None if it never happened.
        is_draining: Whether it has stopped accepting.
    """

    pid: int
    uptime_s: float
    listening: tuple[str, ...]
    targets: tuple[TargetStatus, ...]
    is_up: bool
    connections: int
    held: int
    accepted: int
    unserved: int
    broken: int
    up_bytes: int
    down_bytes: int
    reconnects: int
    last_loss_s: float | None
    is_draining: bool = False

    def record(self) -> dict[str, object]:
        """Return all fields, targets included, for JSON."""
        return asdict(self)


def prometheus(status: Status) -> str:
    """Return a status as Prometheus reads it."""
    lines: list[str] = []
    for name, kind, text, value in (
        ("up", "gauge", "Whether every listener has a target.", int(status.is_up)),
        ("connections", "gauge", "Connections open to a target.", status.connections),
        ("held_clients", "gauge", "Clients waiting for a target.", status.held),
        ("accepted_total", "counter", "Clients that came in.", status.accepted),
        ("unserved_total", "counter", "Clients that no target was found for.", status.unserved),
        ("broken_total", "counter", "Connections that ended in a reset.", status.broken),
        ("sent_bytes_total", "counter", "Bytes from clients to targets.", status.up_bytes),
        ("received_bytes_total", "counter", "Bytes from targets to clients.", status.down_bytes),
        ("reconnects_total", "counter", "Times a target came back.", status.reconnects),
        ("uptime_seconds", "gauge", "Seconds since it listens.", round(status.uptime_s, 3)),
    ):
        full = f"pachlite_forward_{name}"
        lines += [f"# HELP {full} {text}", f"# TYPE {full} {kind}", f"{full} {value}"]
    name = "pachlite_forward_target_up"
    lines += [f"# HELP {name} Whether a target can be reached.", f"# TYPE {name} gauge"]
    lines += [
        f'{name}{{target="{_label(each.name)}"}} {int(each.state == "up")}'
        for each in status.targets
    ]
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
