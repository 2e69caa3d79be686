"""What `port-forward` shows on a terminal and in a log."""

import os
import pty
import subprocess
from dataclasses import replace

from pachlite.cli.forward_display import Rates, event_text, status_line
from pachlite.forward.events import Event, EventName
from pachlite.forward.status import Status, prometheus
from pachlite.forward.upstream import TargetStatus
from tests.programs import environment, program

STATUS = Status(
    pid=1,
    uptime_s=10,
    listening=("127.0.0.1:30600", "[::1]:30600"),
    targets=(TargetStatus("gw:30600", "up", 5, ""),),
    is_up=True,
    connections=3,
    held=0,
    accepted=7,
    unserved=0,
    broken=1,
    up_bytes=1024,
    down_bytes=2048,
    reconnects=2,
    last_loss_s=12.4,
)


def test_a_line_says_how_it_is_doing():
    line = status_line(STATUS, Rates(up=1 << 20, down=400 << 20))

    assert line == (
        "30600 → gw:30600 ● up  3 conn  ↓ 400MiB/s ↑ 1MiB/s  total 3KiB  reconnects 2"
        "  last loss 12 s ago"
    )


def test_a_line_says_who_waits():
    lost = replace(STATUS, targets=(TargetStatus("gw:30600", "lost", 5, ""),), is_up=False, held=4)

    assert status_line(lost, Rates()).startswith("30600 → gw:30600 ○ lost  3 conn  4 held  total")


def test_an_event_is_a_line_of_fields_that_mean_something():
    event = Event(EventName.LOST, target="gw:30600", cause="connection refused")

    assert event_text(event) == 'lost target=gw:30600 cause="connection refused"'


def test_a_close_tells_bytes_even_if_there_were_none():
    event = Event(EventName.CLOSE, conn=1, up_bytes=0, down_bytes=0, duration_s=0.12345)

    assert event.record() == {
        "event": "close",
        "conn": 1,
        "up_bytes": 0,
        "down_bytes": 0,
        "duration_s": 0.123,
    }


def test_names_in_metrics_cannot_break_out():
    odd = replace(STATUS, targets=(TargetStatus('a"b\\', "up", 5, ""),))

    assert 'target_up{target="a\\"b\\\\"} 1\n' in prometheus(odd)


def test_a_terminal_gets_a_line_that_changes(tmp_path):
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        program("pachlite", "port-forward", "--port", "0", "127.0.0.1:1"),
        env={**environment(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=terminal,
    )
    os.close(terminal)
    with process:
        seen = b""
        while "○ ".encode() not in seen or b"lost" not in seen:
            seen += os.read(main, 1 << 16)
        process.terminate()
    os.close(main)
    assert process.returncode == 0
    assert b"Traceback" not in seen
