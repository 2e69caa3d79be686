"""What is forwarded to in a cluster: parse and print. It asks no cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from pachlite.errors import InvalidOption
from pachlite.forward.targets import DEFAULT_PORT, is_port


class Kind(StrEnum):
    """What leads to pods."""

    SERVICE = "svc"
    POD = "pod"
    DEPLOYMENT = "deploy"


_KINDS: Final = {
    "svc": Kind.SERVICE,
    "service": Kind.SERVICE,
    "services": Kind.SERVICE,
    "po": Kind.POD,
    "pod": Kind.POD,
    "pods": Kind.POD,
    "deploy": Kind.DEPLOYMENT,
    "deployment": Kind.DEPLOYMENT,
    "deployments": Kind.DEPLOYMENT,
}
_TYPED: Final = re.compile(r"(?P<kind>[a-z]+)/(?P<name>[^/:]*)(?::(?P<port>[^/:]*))?")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PORT_NAME: Final = re.compile(r"[a-z0-9-]{1,15}")
_HINT: Final = "name it as svc/NAME, pod/NAME or deploy/NAME, with :PORT behind it for a port"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look.

    Attributes:
        namespace: Empty is the one of the context.
        context: Of the kubeconfig; empty is the current one.
        kubeconfig: A file; empty is where kubectl finds it.
    """

    namespace: str = ""
    context: str = ""
    kubeconfig: str = ""


@dataclass(frozen=True, slots=True)
class ClusterTarget:
    """A service, pod or deployment, and a port of it: a number, or what the port is called."""

    kind: Kind
    name: str
    port: int | str = DEFAULT_PORT
    place: Place = Place()

    @classmethod
    def parse(cls, text: str, place: Place) -> Self:
        """Understand `svc/NAME`, `pod/NAME` or `deploy/NAME`, with or without `:PORT`."""
        typed = _TYPED.fullmatch(text)
        kind = _KINDS.get(typed["kind"]) if typed else None
        if typed is None or kind is None or not _NAME.fullmatch(typed["name"]):
            raise InvalidOption(f"target {text!r} cannot be understood", hint=_HINT)
        port = typed["port"]
        return cls(kind, typed["name"], DEFAULT_PORT if port is None else _port(port), place)

    @property
    def netloc(self) -> str:
        """How requests for the gateway behind it name it."""
        return f"{self.name}:{self.port}"

    def at_port(self, port: int | None) -> ClusterTarget:
        """Return the same target at another port, if one is given."""
        return self if port is None else replace(self, port=port)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}:{self.port}"


def is_in_cluster(text: str) -> bool:
    """Say whether a target is meant to be found in a cluster."""
    return text.partition("/")[0] in _KINDS and "/" in text


def _port(text: str) -> int | str:
    if is_port(text) and int(text):
        return int(text)
    if not _PORT_NAME.fullmatch(text) or text.isdigit():
        raise InvalidOption(f"{text!r} is no port of a target", hint=_HINT)
    return text
