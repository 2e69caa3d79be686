"""Run a command of the user when a target is back; at most one at a time."""

from __future__ import annotations

import logging
import os
import subprocess

from pachlite.forward.events import Event

_LOG = logging.getLogger(__name__)
_STDERR: int = 2


class ReconnectHook:
    """Runs a shell command, with what has happened in its environment.

    Args:
        command: Nothing is run when it is empty.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._running: subprocess.Popen[bytes] | None = None

    def run(self, event: Event) -> None:
        """Start the command, unless it still runs from the last time."""
        if not self._command or (self._running is not None and self._running.poll() is None):
            return
        environment = {
            **os.environ,
            "PACHLITE_FORWARD_TARGET": event.target,
            "PACHLITE_FORWARD_AWAY_S": f"{event.duration_s or 0:.3f}",
        }
        try:
            self._running = subprocess.Popen(  # noqa: S602 - the user's own command line
                self._command,
                shell=True,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=_STDERR,
            )
        except OSError as error:
            _LOG.warning("cannot run %s: %s", self._command, error.strerror)

    def wait(self, seconds: float) -> None:
        """Give a command that still runs a moment to end."""
        if self._running is None:
            return
        try:
            self._running.wait(seconds)
        except subprocess.TimeoutExpired:
            _LOG.warning("left running: %s", self._command)
