"""When a target counts as lost, and when as up again."""

from random import Random

from pachlite.forward.clocks import SleepWatch
from pachlite.forward.health import Health, State, describe
from pachlite.forward.limits import connections_within

REFUSED = ConnectionRefusedError(111, "whatever")


def health():
    return Health(dialer="gw:1", rng=Random(1))


def test_three_failures_in_a_row_lose_a_target_and_two_probes_regain_it():
    target = health()
    assert target.succeed(1) is State.UP
    assert [target.fail(now, REFUSED) for now in (2, 4, 6)] == [None, None, State.LOST]
    assert not target.is_preferred(100)
    assert target.succeed(101, is_probe=True) is None
    assert target.succeed(102, is_probe=True) is State.UP
    assert target.is_preferred(102)


def test_a_failure_between_two_probes_begins_the_count_again():
    target = health()
    for now in (2, 4, 6):
        target.fail(now, REFUSED)
    target.succeed(7, is_probe=True)
    target.fail(10, REFUSED)
    assert target.succeed(11, is_probe=True) is None
    assert repr(target) == "Health(gw:1, lost, failures=4)"


def test_a_client_that_got_through_is_enough():
    target = health()
    for now in (2, 4, 6):
        target.fail(now, REFUSED)
    assert target.succeed(7) is State.UP


def test_many_clients_that_fail_at_once_are_one_failure():
    target = health()
    for _ in range(100):
        assert target.fail(5, REFUSED) is None
    assert target.failures == 1
    assert not target.is_preferred(5)
    assert target.is_preferred(5.06)


def test_causes_are_in_plain_words():
    assert describe(REFUSED) == "connection refused"
    assert describe(TimeoutError()) == "no answer in time"
    assert describe(EOFError()) == "EOFError"


def test_a_clock_that_jumped_tells_that_the_machine_slept():
    wall, monotonic = [1000.0], [50.0]
    watch = SleepWatch(lambda: wall[0], lambda: monotonic[0])
    wall[0], monotonic[0] = 1010.0, 60.0
    assert watch.slept_s() == 0
    wall[0], monotonic[0] = 1041.0, 61.0
    assert watch.slept_s() == 30
    wall[0], monotonic[0] = 1042.0, 62.0
    assert watch.slept_s() == 0


def test_connections_are_bounded_by_open_files():
    assert connections_within(1024) == 480
    assert connections_within(10) == 1
