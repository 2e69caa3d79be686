"""How long a client waits between two dials."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pachlite.forward.backoff import REDIAL, Backoff, Schedule


@given(failures=st.integers(1, 10_000), seed=st.integers())
def test_a_delay_is_between_half_and_all_of_what_has_grown_to_a_second(failures, seed):
    grown = min(1.0, 0.05 * 2 ** min(failures - 1, 20))

    delay = REDIAL.delay_s(failures, Random(seed))

    assert grown / 2 <= delay <= grown


def test_delays_grow_with_failures_and_start_again_after_a_success():
    backoff = Backoff(Random(1), Schedule(least_share=1))

    assert [backoff.next_s() for _ in range(7)] == [0.05, 0.1, 0.2, 0.4, 0.8, 1, 1]
    assert repr(backoff) == "Backoff(failures=7)"
    backoff.reset()
    assert backoff.next_s() == 0.05
