"""What happens in a forwarder, as values. It knows nothing of who looks at them, or how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum


class EventName(StrEnum):
    """What can happen."""

    LISTEN = "listen"
    ACCEPT = "accept"
    HOLD = "hold"
    DIAL_FAILED = "dial_failed"
    UP = "up"
    LOST = "lost"
    RESUME = "resume"
    FAILOVER = "failover"
    TUNNEL = "tunnel"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened.

    Attributes:
        conn: The number of the connection that it is about; 0 if it is about none.
        listener: Where the client came in, or where it listens.
        client: The address of the client.
        target: The target it is about; after a failover the new one.
        up_bytes: Bytes from the client to the target.
        down_bytes: Bytes from the target to the client.
        duration_s: How long the connection lasted, the target was away or the machine slept.
        cause: Why, in words.
    """

    name: EventName
    conn: int = 0
    listener: str = ""
    client: str = ""
    target: str = ""
    up_bytes: int | None = None
    down_bytes: int | None = None
    duration_s: float | None = None
    cause: str = ""

    def record(self) -> dict[str, object]:
        """Return the fields that say something, the name of the event first."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        record = {name: value for name, value in found.items() if value not in {None, "", 0}}
        del record["name"]
        if self.duration_s is not None:
            record["duration_s"] = round(self.duration_s, 3)
        if self.name is EventName.CLOSE:
            record |= {"up_bytes": self.up_bytes, "down_bytes": self.down_bytes}
        return {"event": str(self.name), **record}


Observe = Callable[[Event], None]
