"""Lines agree with a model that keeps every commit in full, whatever is done to them."""

from __future__ import annotations

import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pachlite.store import lines
from tests.property.comparison import compare
from tests.property.histories import History

STEPS = 60


def run_history(module, seed: int, steps: int = STEPS) -> None:
    """Make a history, comparing after every step; say what was done when it differs."""
    history = History(module, random.Random(seed))
    try:
        for _ in range(steps):
            history.step()
            compare(history)
    except BaseException as error:
        error.add_note("\n".join([f"seed {seed}:", *history.trace]))
        raise
    finally:
        history.db.close()


@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])  # smaller seeds are not simpler
@given(seed=st.integers(0, 2**32))
def test_lines_agree_with_the_model(seed):
    run_history(lines, seed)
