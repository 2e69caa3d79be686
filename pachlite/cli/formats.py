"""Sizes, ages, times and names as people and scripts read them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_KIB: Final = 1024
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_WEEK: Final = 7 * _DAY
_MONTH: Final = 30 * _DAY
_YEAR: Final = 365 * _DAY

_AGES: Final = (  # below how many seconds, in which unit of how many seconds
    (_MINUTE, "second", 1),
    (_HOUR, "minute", _MINUTE),
    (2 * _DAY, "hour", _HOUR),
    (2 * _WEEK, "day", _DAY),
    (2 * _MONTH, "week", _WEEK),
    (2 * _YEAR, "month", _MONTH),
)
_ONE: Final = {"second": "1 second", "minute": "About a minute", "hour": "About an hour"}


def size(count: int) -> str:
    """Return a number of bytes in binary units with four digits: `12B`, `1.5KiB`."""
    amount, unit = float(count), 0
    while amount >= _KIB and unit < len(_UNITS) - 1:
        amount, unit = amount / _KIB, unit + 1
    return f"{amount:.4g}{_UNITS[unit]}"


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago `moment` was, in the words of pachctl: `2 minutes ago`."""
    seconds = (now - moment) / timedelta(seconds=1)
    if seconds < 1:
        return "Less than a second ago"
    if seconds >= _HOUR:
        seconds = round(seconds / _HOUR) * _HOUR
    for below, unit, unit_s in _AGES:
        if seconds < below:
            count = int(seconds / unit_s)
            return f"{_ONE[unit] if count == 1 else f'{count} {unit}s'} ago"
    return f"{int(seconds / _YEAR)} years ago"


def timestamp(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC, without empty fractions."""
    text = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    head, dot, fraction = text.removesuffix("Z").partition(".")
    return f"{head}{dot}{fraction.rstrip('0')}Z" if dot else text


def printable(text: str) -> str:
    r"""Return `text` on one line and without control characters, which show as `\x1b`."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
