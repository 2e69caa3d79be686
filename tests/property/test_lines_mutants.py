"""The comparison of lines with the model notices mistakes: each of these is seeded and found."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from tests.property.test_lines import read_while_written, run_history

_IMPORT = re.compile(r"^from pachlite\.store\.(line_\w+)", re.MULTILINE)
MOST_HISTORIES = 300


@dataclass(frozen=True)
class Mutant:
    """A mistake: in which module, and which words take the place of which.

    Attributes:
        seed: A history that finds it. Others are tried when the histories have changed.
        test: What finds it.
    """

    module: str
    right: str
    wrong: str
    seed: int = 0
    test: Callable[[ModuleType, int], None] = run_history


MUTANTS = {
    "an interval includes its end": Mutant(
        "line_reads",
        "AND h.to_seq > ?",
        "AND h.to_seq >= ?",
    ),
    "a page looks at current rows only": Mutant(
        "line_reads", "AND l.tip > ?", "AND l.tip < -1 AND l.tip > ?"
    ),
    "a page loses what lies behind a full arm": Mutant(
        "line_reads",
        "if row[0] <= horizon and",
        "if",
        seed=12,
    ),
    "a marker never masks an ancestor": Mutant(
        "line_writes",
        "return line.flatten is not None or get(q, line.below, path) is not None",
        "return False",
    ),
    "a marker written while flattening masks nothing": Mutant(
        "line_writes",
        "return line.flatten is not None or get(",
        "return get(",
        seed=59,
    ),
    "a page is read through a parent that the line has left": Mutant(
        "line_reads",
        "if len(chain) == 1 or read_chain(q, at) == chain:",
        "if True:",
        test=read_while_written,
        seed=135,
    ),
    "the first path is looked for among current rows only": Mutant(
        "line_reads",
        "JOIN line l ON l.id = w.line AND l.tip > w.seq",
        "JOIN line l ON l.id = w.line AND l.tip < 0",
    ),
    "entries are looked for behind a change": Mutant(
        "line_skim",
        "if not _is_unchanged(arms, state):",
        "if False:",
        test=read_while_written,
        seed=28,
    ),
    "a marker hides a whole entry": Mutant(
        "line_skim", "first = seek(q, at, rest, end or span.upper)", "pass", seed=12
    ),
    "entries of lines as they were are looked for among current rows": Mutant(
        "line_skim", "for i, past in enumerate(is_past) if past]", "for i, past in enumerate(())]"
    ),
    "a page of entries ends at the first that is hidden": Mutant(
        "line_skim",
        "if len(tops) < limit or len(rows) >= limit:",
        "if True:",
    ),
    "an overwritten row is not kept": Mutant(
        "line_writes", "if top.is_current and top.seq < seq:", "if top.is_current and not seq:"
    ),
    "a new path deleted in its own commit leaves a marker": Mutant(
        "line_writes",
        "if top is None or top.seq < seq or _was_there_before(",
        "if True or _was_there_before(",
    ),
    "taking a row back forgets the row before it": Mutant(
        "line_writes",
        "    reopen(tx, line, seq - 1, path)\n",
        "",
        seed=3,
    ),
    "undoing forgets what other lines stand on": Mutant(
        "line_upkeep",
        "keep = max(keep_seq, last_kept(tx, line))",
        "keep = keep_seq",
        seed=1,
    ),
    "undoing keeps what was hidden": Mutant(
        "line_upkeep",
        "DELETE FROM hidden WHERE line = ? AND since > ?",
        "DELETE FROM hidden WHERE line = ? AND since < -?",
        seed=18,
    ),
    "undoing leaves earlier rows closed": Mutant(
        "line_upkeep",
        "        reopen(tx, known, keep, path)\n",
        "        pass\n",
        seed=1,
    ),
    "pruning ignores forks": Mutant(
        "line_upkeep",
        "WHERE l.vparent = hist.line AND",
        "WHERE l.vparent = -hist.line AND",
        seed=114,
    ),
    "pruning ignores deleted commits": Mutant(
        "line_upkeep",
        "WHERE c.line = hist.line AND",
        "WHERE c.deleted IS NULL AND c.line = hist.line AND",
        seed=6,
    ),
    "pruning ignores what an open commit replaced": Mutant(
        "line_upkeep",
        " OR c.finished IS NULL",
        "",
        seed=25,
    ),
    "flattening forgets markers over the target": Mutant(
        "line_flatten",
        "elif get(tx, target, row.path) is not None:",
        "elif False:",
        seed=13,
    ),
    "flattening leaves an own marker where it masks nothing": Mutant(
        "line_flatten",
        "            _move_to_ent(tx, line, row.path)\n",
        "",
        seed=126,
    ),
    "flattening loses rows that the line has overwritten": Mutant(
        "line_flatten", "elif first != COPIED:", "elif False:"
    ),
    "flattening trusts a target that is out of sight": Mutant(
        "line_flatten",
        "return chain.index(target) - 1 if target in chain else 0",
        "return chain.index(target) - 1 if target in chain else len(chain) - 1",
        seed=279,
    ),
    "flattening forgets where a version was made": Mutant(
        "line_flatten",
        "value = row.value._replace(vline=row.origin.line, vseq=row.origin.seq)",
        "value = row.value",
    ),
    "a staged delete of an absent path is published": Mutant(
        "line_stages",
        "if head is not None and get(tx, head, path) is not None:",
        "if True:",
        seed=1,
    ),
    "hiding reaches commits before it": Mutant(
        "line_hidden",
        "AND h.since <= a.seq",
        "",
        seed=3,
    ),
    "hiding does not follow a fork": Mutant(
        "line_hidden",
        "WHERE l.vparent IS NOT NULL",
        "WHERE l.vparent < 0",
        seed=3,
    ),
    "a squashed commit still names its versions": Mutant(
        "line_values",
        " AND c.deleted IS NULL",
        "",
        seed=1,
    ),
    "versions of squashed commits stay on their line": Mutant(
        "line_kept",
        "        low = 0\n",
        "        return None\n",
        seed=1,
    ),
    "all changes of a squashed commit are listed": Mutant(
        "line_versions", "if commit is None or commit == self.commit:", "if commit is None:"
    ),
    "a restored version is listed twice": Mutant(
        "line_versions",
        "if made_at is at or self._stands_for(at, made_at):",
        "if True:",
        seed=1,
    ),
    "a restored version is lost with its first row": Mutant(
        "line_versions",
        "return made_at != NOWHERE and shown_at(self.q, self.chain, self.path, made_at) == at",
        "return False",
        seed=10,
    ),
    "the newest row is the latest version": Mutant(
        "line_versions",
        "made_at == self.latest",
        "at == self.latest",
        seed=10,
    ),
    "deleting a version restores the one before, though hidden": Mutant(
        "line_versions",
        "if hidden and (self.path, made_at) in hidden:",
        "if False:",
        seed=3,
    ),
    "a delete marker that flattening dropped cannot be deleted": Mutant(
        "line_restore",
        "row = newest(q, ancestry(q, view), path)",
        "row = find(q, view, path)",
        seed=1,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_is_found(name, monkeypatch):
    mutant = MUTANTS[name]
    module = load("lines", mutant, monkeypatch)
    seeds = [mutant.seed, *range(MOST_HISTORIES)]
    assert any(differs(mutant, module, seed) for seed in seeds), "it was not found"


def differs(mutant: Mutant, module: ModuleType, seed: int) -> bool:
    try:
        mutant.test(module, seed)
    except Exception:  # noqa: BLE001 - however a mistake shows
        return True
    return False


def load(name: str, mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load a module anew with those of lines that it imports, one of them with a mistake."""
    if f"mutant.{name}" in sys.modules:
        return sys.modules[f"mutant.{name}"]
    source = Path(find_spec(f"pachlite.store.{name}").origin).read_text(encoding="utf-8")
    for imported in _IMPORT.findall(source):
        load(imported, mutant, monkeypatch)
    if name == mutant.module:
        assert source.count(mutant.right) == 1, "the mutant does not fit the source any more"
        source = source.replace(mutant.right, mutant.wrong)
    module = ModuleType(f"mutant.{name}")
    monkeypatch.setitem(sys.modules, f"mutant.{name}", module)
    exec(_IMPORT.sub(r"from mutant.\1", source), module.__dict__)
    return module
