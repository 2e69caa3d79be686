"""Run a forwarder until a signal: its loop, its supervision, and how it ends.

It reads no environment and prints nothing; whoever calls it is told.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pachlite.forward.assembly import assemble
from pachlite.forward.clocks import SleepWatch
from pachlite.forward.events import Event, EventName
from pachlite.forward.hooks import ReconnectHook
from pachlite.forward.listening import Listener
from pachlite.forward.metrics_server import serving_metrics
from pachlite.forward.prober import reach_first, watch
from pachlite.forward.settings import NEVER_REACHED, NORMAL, TARGET_LOST, Probe, Service, Settings
from pachlite.forward.status import Status, prometheus
from pachlite.forward.status_socket import telling_status
from pachlite.malloc import keep_large_buffers

try:
    import uvloop
except ImportError:  # not everywhere that Python is
    uvloop = None  # type: ignore[assignment]

_TICK_S: Final = 1.0
_HOOK_PATIENCE_S: Final = 2.0


class Audience(Protocol):
    """Who is told what goes on."""

    def observe(self, event: Event) -> None:
        """Take note of an event."""

    def ready(self, status: Status, notes: Sequence[str]) -> None:
        """Take note that clients can come; notes tell what else there is, or is not."""

    def ending(self, status: Status, drain_s: float) -> None:
        """Take note that no more clients come, and how long connections may go on."""

    async def follow(self, status: Callable[[], Status]) -> None:
        """Show how it is doing, until it is cancelled."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a run is for.

    Attributes:
        status_directory: Where other processes can ask how it is doing.
    """

    listeners: Sequence[Listener]
    settings: Settings
    service: Service
    audience: Audience
    status_directory: Path


def run(occasion: Occasion) -> int:
    """Forward until SIGTERM or SIGINT, then drain; a second signal ends at once.

    Returns:
        The exit code: 0; 2 when all targets are lost and that was to end it; 3 when none was
        reached in the time it had to get ready.
    """
    keep_large_buffers()
    loop_factory = uvloop.new_event_loop if uvloop else None
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(_Run(occasion).to_the_end())


class _Run:
    def __init__(self, occasion: Occasion) -> None:
        self._settings = occasion.settings
        self._service = occasion.service
        self._audience = occasion.audience
        self._status_directory = occasion.status_directory
        self._code = NORMAL
        self._stopping = asyncio.Event()
        self._ending_now = asyncio.Event()
        self._hook = ReconnectHook(occasion.service.on_reconnect)
        self._rng = random.Random()  # noqa: S311 - it spreads attempts
        self._forwarder = assemble(occasion.listeners, occasion.settings, self._observe, self._rng)

    async def to_the_end(self) -> int:
        self._hear_signals()
        async with AsyncExitStack() as around:
            notes = await self._open_windows(around)
            async with asyncio.TaskGroup() as group:
                background = [group.create_task(each) for each in self._background()]
                try:
                    await self._serve(notes)
                finally:
                    for task in background:
                        task.cancel()
                    await self._forwarder.stop()
        self._hook.wait(_HOOK_PATIENCE_S)
        return self._code

    async def _serve(self, notes: Sequence[str]) -> None:
        self._forwarder.start()
        if not await self._is_ready():
            return
        self._audience.ready(self._forwarder.status(), notes)
        await self._stopping.wait()
        if not self._ending_now.is_set():
            self._audience.ending(self._forwarder.status(), self._settings.drain_s)
            drained = self._forwarder.drain(self._settings.drain_s)
            await _first_of(drained, self._ending_now)

    async def _is_ready(self) -> bool:
        """Wait for the targets, if that is wanted; say whether to go on."""
        if self._service.wait_ready_s is None:
            return True
        try:
            async with asyncio.timeout(self._service.wait_ready_s):
                for upstream in self._forwarder.upstreams:
                    await _first_of(reach_first(upstream, self._rng), self._stopping)
        except TimeoutError:
            self._code = NEVER_REACHED
            return False
        return not self._stopping.is_set()

    async def _open_windows(self, around: AsyncExitStack) -> list[str]:
        """Let others look in; return what to say about that."""
        notes = []
        if self._service.metrics:
            serving = serving_metrics(
                self._service.metrics, lambda: prometheus(self._forwarder.status())
            )
            notes.append(f"metrics: {await around.enter_async_context(serving)}")
        try:
            await around.enter_async_context(
                telling_status(self._status_directory, lambda: self._forwarder.status().record())
            )
        except OSError as error:
            notes.append(f"warning: --status will not find it: {error}")
        return notes

    def _background(self) -> list[Coroutine[None, None, None]]:
        tasks = [self._tick(), self._audience.follow(self._forwarder.status)]
        if self._settings.probe is not Probe.OFF:
            tasks += [
                watch(each, is_busy=lambda: self._forwarder.status().connections > 0)
                for each in self._forwarder.upstreams
            ]
        return tasks

    async def _tick(self) -> None:
        sleep_watch = SleepWatch(time.time, time.monotonic)
        while True:
            await asyncio.sleep(_TICK_S)
            slept_s = sleep_watch.slept_s()
            if slept_s:
                self._observe(
                    Event(EventName.RESUME, duration_s=slept_s, cause="the machine slept")
                )
                self._forwarder.retry_now()
            if self._settings.idle_timeout_s:
                self._forwarder.cut_idle()

    def _observe(self, event: Event) -> None:
        self._audience.observe(event)
        if event.name is EventName.UP and event.duration_s is not None:
            self._hook.run(event)
        if event.name is EventName.TUNNEL:
            for upstream in self._forwarder.upstreams:
                upstream.suspect()
        if event.name is EventName.LOST and self._service.exits_on_loss:
            self._end_if_lost()

    def _end_if_lost(self) -> None:
        if any(each.is_lost for each in self._forwarder.upstreams):
            self._code = TARGET_LOST
            self._ending_now.set()
            self._stopping.set()

    def _hear_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._forwarder.retry_now)

    def _stop(self) -> None:
        if self._stopping.is_set():
            self._ending_now.set()
        self._stopping.set()


async def _first_of(work: Coroutine[None, None, None], event: asyncio.Event) -> None:
    """Do some work, or leave it when something happens."""
    working, waiting = asyncio.create_task(work), asyncio.create_task(event.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        working.cancel()
        waiting.cancel()
