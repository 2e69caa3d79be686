"""From what a cluster says about services and pods to a port of a pod. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod.

    Attributes:
        state: Its phase, and what keeps it from being ready.
        ports: The numbers of the ports that have a name.
    """

    name: str
    is_ready: bool = False
    state: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, found: Json) -> Pod:
        """Understand a pod as the cluster describes it."""
        status, metadata = found.get("status") or {}, found["metadata"]
        phase = str(status.get("phase") or "Unknown")
        is_ready = any(
            each["type"] == "Ready" and each["status"] == "True"
            for each in status.get("conditions") or ()
        )
        if metadata.get("deletionTimestamp"):
            return cls(metadata["name"], state="terminating")
        state = phase if is_ready or phase != "Running" else "Running but not ready"
        containers = (found.get("spec") or {}).get("containers") or ()
        ports = {
            str(port["name"]): int(port["containerPort"])
            for container in containers
            for port in container.get("ports") or ()
            if port.get("name")
        }
        return cls(metadata["name"], is_ready and phase == "Running", state, ports)

    def number_of(self, port: int | str) -> int | None:
        """Return the number of a port; None if it has none of that name."""
        return port if isinstance(port, int) else self.ports.get(port)


@dataclass(frozen=True, slots=True)
class Choice:
    """What leads to the pods of a target.

    Attributes:
        selector: Which pods, in the words of the API.
        port: The number or the name that the port has in the pods.
    """

    selector: str
    port: int | str


def read_service(found: Json, port: int | str) -> Choice:
    """Return what a service leads to.

    Raises:
        ConnectionRefusedError: It leads to no pods, or has no such port.
    """
    spec = found.get("spec") or {}
    if not spec.get("selector"):
        raise ConnectionRefusedError("the service selects no pods")
    ports: Sequence[Json] = spec.get("ports") or ()
    for each in ports:
        if port in {each["port"], each.get("name")}:
            return Choice(_labels(spec["selector"]), each.get("targetPort") or each["port"])
    has = ", ".join(_shown(each) for each in ports) or "none"
    raise ConnectionRefusedError(f"the service has no port {port}; its ports: {has}")


def read_deployment(found: Json, port: int | str) -> Choice:
    """Return what a deployment leads to."""
    selector: Json = (found.get("spec") or {}).get("selector") or {}
    wanted = [_labels(selector.get("matchLabels") or {})]
    wanted += [_requirement(each) for each in selector.get("matchExpressions") or ()]
    return Choice(",".join(filter(None, wanted)), port)


def usable(pods: Iterable[Pod], port: int | str) -> list[Pod]:
    """Return the pods that can be connected to.

    Raises:
        ConnectionRefusedError: There is none; it says why.
    """
    pods = list(pods)
    ready = [each for each in pods if each.is_ready]
    if not ready:
        raise ConnectionRefusedError(_none_ready(pods))
    found = [each for each in ready if each.number_of(port) is not None]
    if not found:
        raise ConnectionRefusedError(f"no container of pod {ready[0].name} names a port {port}")
    return found


def _none_ready(pods: Sequence[Pod]) -> str:
    if not pods:
        return "no pod is ready: there are none"
    states = Counter(each.state for each in pods)
    shown = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"no pod is ready: of {len(pods)}, {shown}"


def _labels(labels: Json) -> str:
    return ",".join(f"{name}={value}" for name, value in labels.items())


def _requirement(found: Json) -> str:
    key, values = found["key"], ",".join(found.get("values") or ())
    words: dict[str, str] = {
        "In": f"{key} in ({values})",
        "NotIn": f"{key} notin ({values})",
        "Exists": key,
        "DoesNotExist": f"!{key}",
    }
    return words[str(found["operator"])]


def _shown(port: Json) -> str:
    return f"{port['port']} ({port['name']})" if port.get("name") else str(port["port"])
