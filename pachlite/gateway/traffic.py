"""What goes on in a server at this moment. Whoever begins something counts it, and its end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Traffic:
    """Connections that are open, and requests under way."""

    connections: int = 0
    requests: int = 0
