"""What else than Ctrl-C asks a command to end: `kill`, `timeout`, a terminal that is closed."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Final, NoReturn

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
_OF_A_SIGNAL: Final = 128
"""What shells add to the number of a signal for the exit code."""


def end_in_good_order() -> None:
    """Let these signals take the way of Ctrl-C, so that no half-written file stays behind.

    Who was told to ignore one, as `nohup` does, goes on ignoring it.
    """
    for number in _ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    for each in _ENDING:  # `timeout` sends it twice; cleaning up is not to be cut short
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(_OF_A_SIGNAL + number)
