import threading

import pytest

from pachlite.cli.parallel import Stopped, work_through


@pytest.mark.parametrize("count", [0, 1, 4])
def test_everything_is_worked_through(count):
    seen, lock = [], threading.Lock()

    def work(item, stop):
        with lock:
            seen.append(item)

    work_through(range(50), work, count=count)

    assert sorted(seen) == list(range(50))


def test_several_threads_work_at_once():
    barrier = threading.Barrier(4, timeout=30)

    work_through(range(4), lambda _item, _stop: barrier.wait(), count=4)


def test_the_first_error_stops_the_others_and_is_the_one_raised():
    started = threading.Event()

    def work(item, stop):
        if item == "bad":
            assert started.wait(30)
            raise KeyError("bad")
        started.set()
        assert stop.wait(30), "nobody said stop"
        raise Stopped

    with pytest.raises(KeyError, match="bad"):
        work_through(["slow", "bad", "never"], work, count=2)
