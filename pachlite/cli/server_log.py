"""What a server writes to stderr: what goes wrong, and a line per request if that is wanted."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pachlite.gateway.exchange import Observer


class LogFormat(StrEnum):
    """What the log looks like."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """What is worth a line."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class _JsonFormatter(logging.Formatter):
    """Every record becomes an object on a line of its own."""

    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{record.msecs:03.0f}",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields)


def start_log(form: LogFormat, level: LogLevel) -> None:
    """Send what pachlite logs to stderr."""
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if form is LogFormat.JSON else text)
    logger = logging.getLogger("pachlite")
    logger.addHandler(handler)
    logger.setLevel(level.name)


@contextmanager
def opened_access_log(form: LogFormat, *, is_on: bool) -> Iterator[tuple[Observer, ...]]:
    """Give what writes about requests, if they are wanted; in the end all is written."""
    if not is_on:
        yield ()
        return
    from pachlite.gateway.access_log import AccessLog, as_json, as_text

    log = AccessLog(_write, as_json if form is LogFormat.JSON else as_text)
    try:
        yield (log,)
    finally:
        log.close()


def _write(lines: str) -> None:
    sys.stderr.write(lines)
    sys.stderr.flush()
