"""Times as S3 writes them. Both forms drop fractions of a second, so they always agree."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from math import floor


def http_date(moment: datetime) -> str:
    """Return the form for headers: `Sun, 22 Nov 2026 10:00:00 GMT`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return format_datetime(utc, usegmt=True)


def xml_date(moment: datetime) -> str:
    """Return the form for documents: `2026-11-22T10:00:00.000Z`."""
    return _xml_second(floor(moment.timestamp()))


@lru_cache(maxsize=4096)
def _xml_second(seconds: int) -> str:
    """Return the form for documents; listings have many objects of the same second."""
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.000Z"


def parse_moment(text: str) -> datetime | None:
    """Return the moment, to the second, that a text names in either form; None when in neither."""
    moment = parse_http_date(text)
    if moment is None:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return aware.replace(microsecond=0)


def parse_http_date(text: str) -> datetime | None:
    """Return the moment that a header names, or None when it names none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
