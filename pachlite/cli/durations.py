"""Read spans of time as people type them: `90s`, `1h30m`, `30d`. Pure."""

from __future__ import annotations

import re
from typing import Final

from pachlite.errors import InvalidOption

_UNITS_S: Final = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 24 * 3600.0,
    "w": 7 * 24 * 3600.0,
}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_MAX_S: Final = 200 * 366 * 24 * 3600.0  # times are exact for so long


def parse_duration(text: str) -> float:
    """Return the seconds that `text` means; raise `InvalidOption`."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise InvalidOption(f"{text!r} is not a span of time", hint="for example 90s, 1h30m or 30d")
    seconds = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if not 0 < seconds <= _MAX_S:
        raise InvalidOption(f"{text!r} is too short or too long a time")
    return seconds
