"""The bounds of a tunnel: what may wait in memory, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB


@dataclass(frozen=True, slots=True)
class TunnelLimits:
    """Bounds of one session, on one of its sides.

    Attributes:
        payload_bytes: The most that one frame carries.
        replay_bytes: What is kept until the far end has acknowledged it; then streams wait.
        first_window_bytes: What a stream may send before it is granted more. Both sides have to
            agree, so it is a part of the protocol.
        window_bytes: What a stream that is alone may have under way.
        windows_bytes: What all streams together may have under way, as long as each has its first
            window.
        stream_bytes: What waits of one stream before its writer is asked to pause.
        streams: How many connections there may be at once.
        ack_frames: Acknowledge after so many frames,
        ack_delay_s: or after so long.
        ping_s: How often to ask a silent link for a sign of life.
        dead_after_s: How long a link may be silent.
        detached_s: How long a session without a link is kept.
    """

    payload_bytes: int = 256 * KIB
    replay_bytes: int = 32 * MIB
    first_window_bytes: int = 256 * KIB
    window_bytes: int = 8 * MIB
    windows_bytes: int = 64 * MIB
    stream_bytes: int = 256 * KIB
    streams: int = 1024
    ack_frames: int = 16
    ack_delay_s: float = 0.02
    ping_s: float = 15.0
    dead_after_s: float = 20.0
    detached_s: float = 300.0


DEFAULT_LIMITS: Final = TunnelLimits()
