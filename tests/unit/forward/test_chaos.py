"""Faults as they are asked for, and what is drawn."""

from random import Random

import pytest

from pachlite.errors import InvalidOption
from pachlite.forward.chaos import ChaosPlan, Fault, FaultKind, parse_duration


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("reset", Fault(FaultKind.RESET)),
        ("reset,p=0.25,after=1s", Fault(FaultKind.RESET, probability=0.25, after_s=1)),
        ("reset-up,every=5s", Fault(FaultKind.RESET_UP, every_s=5)),
        ("cut=1M", Fault(FaultKind.CUT, 1 << 20)),
        ("cut=64KiB", Fault(FaultKind.CUT, 1 << 16)),
        ("delay=250ms,p=1", Fault(FaultKind.DELAY, 0.25)),
        ("drip=100", Fault(FaultKind.DRIP, 100)),
        ("refuse,every=10s", Fault(FaultKind.REFUSE, every_s=10)),
    ],
)
def test_a_fault_is_understood(typed, fault):
    assert Fault.parse(typed) == fault


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "explode",
        "reset=1",
        "cut",
        "cut=0",
        "cut=many",
        "delay",
        "delay=soon",
        "reset,p=2",
        "reset,p=x",
        "reset,after",
        "reset,after=0",
        "reset,colour=red",
        "delay=1s,after=1s",
        "cut=1,every=1s",
    ],
)
def test_what_is_no_fault_is_refused(typed):
    with pytest.raises(InvalidOption):
        Fault.parse(typed)


def test_the_same_seed_draws_the_same_faults():
    plan = ChaosPlan((Fault(FaultKind.RESET, probability=0.5),) * 10)

    assert plan.draw(Random(3)) == plan.draw(Random(3))
    assert 0 < len(plan.draw(Random(3))) < 10


def test_a_periodic_fault_strikes_at_multiples_of_its_period():
    fault = Fault.parse("reset,every=5s")

    assert fault.strikes_in_s(0) == 5
    assert fault.strikes_in_s(12) == 3
    assert Fault.parse("reset,after=2s").strikes_in_s(12) == 2


def test_a_target_refuses_in_the_first_half_of_each_period():
    fault = Fault.parse("refuse,every=10s")

    assert [fault.is_refusing(now) for now in (0, 4, 6, 11, 19)] == [True, True, False, True, False]
    assert Fault.parse("refuse").is_refusing(3)


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("0", 0), ("2.5", 2.5), ("250ms", 0.25), ("30s", 30), ("5m", 300), ("1h", 3600)],
)
def test_a_duration_is_understood(typed, seconds):
    assert parse_duration(typed) == seconds


@pytest.mark.parametrize("typed", ["", "-1", "soon", "1d", "1 s 2"])
def test_what_is_no_duration_is_refused(typed):
    with pytest.raises(InvalidOption, match="no duration"):
        parse_duration(typed)
