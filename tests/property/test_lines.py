"""Lines agree with a model that keeps every commit in full, whatever is done to them."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pachlite.store import lines
from tests.property.comparison import compare, entries
from tests.property.histories import History

STEPS = 60
SEEDS = st.integers(0, 2**32)
# A smaller seed does not make a simpler history, so looking for one is of no use.
WITHOUT_SHRINKING = settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])


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


@WITHOUT_SHRINKING
@given(seed=SEEDS)
def test_lines_agree_with_the_model(seed):
    run_history(lines, seed)


class Interrupted:
    """A reader between whose statements the history goes on."""

    def __init__(self, history: History) -> None:
        self._history = history

    def one(self, sql: str, *params: Any) -> Any:
        self._interrupt()
        return self._history.db.one(sql, *params)

    def all(self, sql: str, *params: Any) -> Any:
        self._interrupt()
        return self._history.db.all(sql, *params)

    def _interrupt(self) -> None:
        if self._history.rng.random() < 0.5:
            self._history.step()


def read_while_written(module, seed: int) -> None:
    """Read commits while the history goes on; say what was done when something else is read."""
    history = History(module, random.Random(seed))
    try:
        for _ in range(30):
            history.step()
        for _ in range(10):
            _read(history, Interrupted(history))
    except BaseException as error:
        error.add_note("\n".join([f"seed {seed}:", *history.trace]))
        raise
    finally:
        history.db.close()


def _read(history: History, q: Interrupted) -> None:
    commit = history.rng.choice([c for c in history.commits if c.is_kept and not c.is_open])
    expected = [(path, version.content) for path, version in sorted(commit.files.items())]
    path = history.rng.choice(history.paths)
    page = history.lines.scan(q, commit.at, lower="", upper="", limit=100)
    row = history.lines.get(q, commit.at, path)
    first = history.lines.seek(q, commit.at, "", "")
    span = history.lines.Span("", "/", "", "")
    first_of_each = history.lines.skim(q, commit.at, span, limit=100)
    if not commit.is_kept:  # it was deleted meanwhile
        return
    assert [(r.path, r.value.size) for r in page] == expected
    assert (row and row.value.size) == dict(expected).get(path)
    assert (first and first.path) == (expected[0][0] if expected else None)
    if first_of_each is not None:
        assert [r.path for r in first_of_each] == entries([p for p, _ in expected], "", "/")


@WITHOUT_SHRINKING
@given(seed=SEEDS)
def test_reads_of_a_commit_are_not_disturbed_by_what_happens_between_their_statements(seed):
    read_while_written(lines, seed)
