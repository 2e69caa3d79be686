"""Results as Markdown, and the page that holds them: docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.measure import Goal, Row, Series, Unit
from bench.topic import Topic

PAGE: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"

_INTRODUCTION: Final = """# Benchmarks

<!-- Written by `python -m bench --write`; do not edit. -->

Each measurement stands beside a peer or a physical limit that is measured in the same run, in turn
with it: A B A B. What disturbs one disturbs the other, so **the ratio tells more than the values**:
how many times the peer's cost pachlite has, as the median over the pairs. Values are medians, with
the smallest and the largest behind them. *CPU* is what the operation computes, without waiting for
anything; it is the least noisy of all.

`make bench` measures everything again, `python -m bench NAME` one section; with `--quick` it only
shows that everything runs.
"""

_SCALES: Final = ((1.0, "s", 1.0), (1e-3, "ms", 1e3), (0.0, "µs", 1e6))


def section(topic: Topic, rows: Sequence[Row], load: tuple[float, float]) -> str:
    """Return one section with its table, and under which conditions it was measured."""
    return (
        f"## {topic.title}\n\n`python -m bench {topic.name}`. {topic.peer}\n\n{table(rows)}\n"
        f"{machine_facts()}; load average {load[0]:.1f} before, {load[1]:.1f} after.\n"
    )


def machine_facts() -> str:
    facts = (
        f"{datetime.now(UTC):%Y-%m-%d}",
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
    )
    return "Measured on " + "; ".join(facts)


def table(rows: Sequence[Row]) -> str:
    """Return rows as a table, without the columns that nothing would be in."""
    cells = [_cells(row) for row in rows]
    heads = [head for head in cells[0] if any(line[head] for line in cells)]
    lines = [heads, ["---"] * len(heads), *([line[head] for head in heads] for line in cells)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write(topic: Topic, section: str, order: Sequence[Topic]) -> None:
    """Replace one section of the page and leave the others as they are."""
    texts = _present_sections() | {topic.title: section}
    known = [texts[topic.title] for topic in order if topic.title in texts]
    PAGE.write_text("\n".join([_INTRODUCTION, *known]))


def _present_sections() -> dict[str, str]:
    if not PAGE.exists():
        return {}
    parts = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def _cells(row: Row) -> dict[str, str]:
    return {
        "What": row.what,
        "pachlite": _spread(row.ours, row.unit),
        "peer": _spread(row.peer, row.unit),
        "ratio": _ratio(row.ratio),
        "CPU": _seconds(row.ours.cpu_s),
        "CPU of peer": _seconds(row.peer.cpu_s),
        "CPU ratio": _ratio(row.cpu_ratio),
        "goal": _goal(row.goal, row.unit, is_met=row.is_met),
    }


def _spread(series: Series, unit: Unit) -> str:
    values = series.values
    low, high = _value(min(values), unit), _value(max(values), unit)
    return f"{_value(series.median, unit)} ({low} to {high})"


def _value(value: float, unit: Unit) -> str:
    if unit is Unit.SECONDS:
        return _seconds(value)
    return f"{_digits(value)}{'' if unit is Unit.PER_SECOND else ' '}{unit.value}"


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    name, factor = next((name, factor) for least, name, factor in _SCALES if value >= least)
    return f"{_digits(value * factor)} {name}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{_digits(value)}x"


def _goal(goal: Goal | None, unit: Unit, *, is_met: bool | None) -> str:
    if goal is None:
        return ""
    limit = _ratio(goal.limit) if goal.is_ratio else _value(goal.limit, unit)
    return f"at most {limit}: {'met' if is_met else '**missed**'}"


def _digits(value: float) -> str:
    """Return a number with about three digits: no measurement has more to say."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"
