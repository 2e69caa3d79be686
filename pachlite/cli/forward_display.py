"""What `port-forward` shows: where it listens, what happens, how it is doing."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pachlite.cli.formats import printable, size, timestamp
from pachlite.cli.output import Format, Output, View, show_list
from pachlite.forward.events import Event, EventName
from pachlite.forward.status import Status

if TYPE_CHECKING:
    from rich.live import Live

_FRAME_S: Final = 0.25
_LINE_S: Final = 60.0
_TOLD: Final = {
    EventName.LISTEN,
    EventName.UP,
    EventName.LOST,
    EventName.RESUME,
    EventName.FAILOVER,
    EventName.TUNNEL,
}
"""What is worth a line of text; JSON has everything."""


class LogFormat(StrEnum):
    """What `--log-format` takes."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Rates:
    """Bytes per second at the moment."""

    up: float = 0.0
    down: float = 0.0


class Display:
    """The audience of a forwarder: standard output, standard error, a line on a terminal.

    Args:
        asked: How many connections were asked for; there may be fewer.
    """

    def __init__(self, log_format: LogFormat, *, is_json: bool, asked: int) -> None:
        self._log_format = log_format
        self._is_json = is_json
        self._asked = asked
        self._live: Live | None = None

    def warn(self, warnings: Iterable[str]) -> None:
        """Write warnings."""
        for each in warnings:
            self._write(f"warning: {printable(each)}")

    def observe(self, event: Event) -> None:
        """Write an event down, if it is of interest."""
        now = timestamp(datetime.now(UTC).replace(microsecond=0))
        if self._log_format is LogFormat.JSON:
            self._write(json.dumps({"time": now, **event.record()}))
        elif event.name in _TOLD:
            self._write(f"{now} {event_text(event)}")

    def ready(self, status: Status, notes: Sequence[str]) -> None:
        """Print where it listens."""
        targets = [each.name for each in status.targets]
        if self._is_json:
            ports = [int(each.rpartition(":")[2]) for each in status.listening]
            record = {
                "listening": status.listening,
                "port": ports[0],
                "targets": targets,
                "pid": status.pid,
            }
            sys.stdout.write(json.dumps(record) + "\n")
        else:
            where = ", ".join(status.listening)
            sys.stdout.write(f"forwarding {where} to {', '.join(targets)}\n")
        sys.stdout.flush()
        for note in notes:
            self._write(note)

    def ending(self, status: Status, drain_s: float) -> None:
        """Say what it waits for."""
        count = status.connections + status.held
        if count:
            noun = "connection" if count == 1 else "connections"
            self._write(
                f"waiting up to {drain_s:g} s for {count} {noun}; interrupt again to end at once"
            )

    async def follow(self, status: Callable[[], Status]) -> None:
        """Show how it is doing: a line that changes on a terminal, else a line per minute."""
        is_terminal = sys.stderr.isatty() and self._log_format is LogFormat.TEXT
        if not is_terminal:
            await self._write_now_and_then(status)
            return
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
            self._live = live
            try:
                async for line in _lines(status, _FRAME_S):
                    live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)
            finally:
                self._live = None

    async def _write_now_and_then(self, status: Callable[[], Status]) -> None:
        while True:
            await asyncio.sleep(_LINE_S)
            if self._log_format is LogFormat.JSON:
                self._write(json.dumps({"event": "status", **status().record()}))
            else:
                self._write(status_line(status(), Rates()))

    def _write(self, line: str) -> None:
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False)
            return
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def event_text(event: Event) -> str:
    """Return an event in words."""
    record = event.record()
    name = record.pop("event")
    return printable(" ".join([f"{name}", *(f"{key}={_value(record[key])}" for key in record)]))


def status_line(status: Status, rates: Rates) -> str:
    """Return how it is doing, on one line."""
    port = status.listening[0].rpartition(":")[2]
    current = next((each for each in status.targets if each.state == "up"), status.targets[0])
    sign = "●" if status.is_up else "○"
    parts = [
        f"{port} → {current.name} {sign} {current.state}",
        f"{status.connections} conn",
        *([f"{status.held} held"] if status.held else []),
        *([f"↓ {size(int(rates.down))}/s ↑ {size(int(rates.up))}/s"] if rates != Rates() else []),
        f"total {size(status.up_bytes + status.down_bytes)}",
        f"reconnects {status.reconnects}",
    ]
    if status.last_loss_s is not None:
        parts.append(f"last loss {status.last_loss_s:.0f} s ago")
    return printable("  ".join(parts))


def show_running(directory: Path, *, is_json: bool) -> None:
    """Print the forwarders of this user that run now."""
    from pachlite.forward.status_socket import running

    output = Output(format=Format.JSON if is_json else Format.TABLE)
    show_list(running(directory), _RUNNING, output)


async def _lines(status: Callable[[], Status], pause_s: float) -> Any:  # noqa: ANN401
    before, moment = status(), time.monotonic()
    while True:
        await asyncio.sleep(pause_s)
        found, now = status(), time.monotonic()
        yield status_line(found, _rates(before, found, now - moment))
        before, moment = found, now


def _rates(before: Status, after: Status, seconds: float) -> Rates:
    return Rates(
        (after.up_bytes - before.up_bytes) / seconds,
        (after.down_bytes - before.down_bytes) / seconds,
    )


def _value(value: object) -> str:
    text = str(value)
    return json.dumps(text) if " " in text else text


def _first_target(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{each['name']} ({each['state']})" for each in found["targets"])


_RUNNING: Final[View[Mapping[str, Any]]] = View(
    columns={
        "PID": lambda found, _: str(found["pid"]),
        "LISTENING": lambda found, _: ", ".join(found["listening"]),
        "TARGETS": lambda found, _: _first_target(found),
        "CONNECTIONS": lambda found, _: str(found["connections"]),
        "HELD": lambda found, _: str(found["held"]),
        "TRANSFERRED": lambda found, _: size(found["up_bytes"] + found["down_bytes"]),
        "RECONNECTS": lambda found, _: str(found["reconnects"]),
    },
    details={},
    record=lambda found: found,
    raw=lambda found: found,
)
