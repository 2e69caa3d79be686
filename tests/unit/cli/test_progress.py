import sys
import threading

import pytest

from pachlite.cli.progress import Expectation, Meter, progress


class _Recorder:
    """Standard error that says when somebody has written to it."""

    def __init__(self, wanted):
        self.text, self._wanted, self.written = "", wanted, threading.Event()

    def isatty(self):
        return False

    def write(self, text):
        self.text += text
        if self._wanted in self.text:
            self.written.set()

    def flush(self):
        pass


def test_a_line_says_how_far_it_is():
    meter = Meter(Expectation("put", 4, 4096))
    meter.advance(1024)
    meter.finish_file()

    assert meter.line(2.0) == "put 1 of 4 files, 1KiB of 4KiB (25%), 512B/s"


def test_a_line_says_what_is_known_when_the_total_is_not():
    meter = Meter(Expectation("get", None, None))
    meter.advance(2048)

    assert meter.line(0.0) == "get 0 files, 2KiB, 0B/s"
    assert meter.summary() == "get 0 files, 2KiB"


def test_a_long_transfer_is_reported_in_lines_where_there_is_no_terminal(monkeypatch):
    recorder = _Recorder("put ")
    monkeypatch.setattr(sys, "stderr", recorder)

    with progress(Expectation("put", 2, 10), wanted=None, delay_s=0) as meter:
        meter.finish_file()
        # The line is written by another thread; the test goes on as soon as it is there.
        assert recorder.written.wait(30)

    assert recorder.text.startswith("put ")


@pytest.mark.parametrize(("wanted", "delay_s"), [(False, 0), (None, 3600)])
def test_nothing_is_shown_of_short_transfers_or_when_not_wanted(capsys, wanted, delay_s):
    with progress(Expectation("put", 1, 1), wanted=wanted, delay_s=delay_s) as meter:
        meter.advance(1)

    assert capsys.readouterr().err == ""
