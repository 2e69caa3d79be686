"""Comparing lines with the model: files, pages, versions, differences, and the rows themselves."""

from __future__ import annotations

from typing import Any

from tests.property.histories import BOUNDS, History
from tests.property.model import Commit, Shown


def compare(history: History) -> None:
    """Compare the files of every kept commit, and a head and another commit from every side."""
    commits = [commit for commit in history.commits if commit.is_kept]
    for commit in commits:
        _compare_files(history, commit)
    some = [history.rng.choice(history.branches), history.rng.choice(commits)]
    for commit in some:
        _compare_paths(history, commit)
        _compare_ranges(history, commit)
        _compare_entries(history, commit)
        _compare_versions(history, commit)
    _compare_difference(history, *some)
    lines = [line for (line,) in history.db.all("SELECT id FROM line")]
    for line in history.rng.sample(lines, min(3, len(lines))):
        assert history.lines.check_line(history.db, line) == []


def _compare_files(history: History, commit: Commit) -> None:
    found = history.lines.scan(history.db, commit.at, lower="", upper="", limit=100)
    expected = [(path, v.content, v.at) for path, v in sorted(commit.files.items())]
    assert [(row.path, row.value.size, row.origin) for row in found] == expected, commit


def _compare_paths(history: History, commit: Commit) -> None:
    q, lines, files = history.db, history.lines, commit.files
    for path in history.paths:
        row = lines.get(q, commit.at, path)
        version = files.get(path)
        assert (row and row.value.size) == (version and version.content), (commit, path)
        if row is None or version is None:
            continue
        assert row.origin == version.at
        assert row.value.sums == f"sums {version.content}"
        named = next(shown for shown in commit.versions(path) if shown.is_latest)
        assert lines.version_commit(q, row, commit.at)[1] == named.keeper.id


def _compare_ranges(history: History, commit: Commit) -> None:
    q, lines = history.db, history.lines
    for limit in (1, history.rng.choice([2, 3])):
        lower, upper = history.rng.choice(BOUNDS), history.rng.choice(BOUNDS)
        expected = [p for p in sorted(commit.files) if lower <= p and (p < upper or not upper)]
        first = lines.seek(q, commit.at, lower, upper)
        assert (first and first.path) == (expected[0] if expected else None)
        found: list[str] = []
        after = False
        while page := lines.scan(q, commit.at, lower=lower, upper=upper, limit=limit, after=after):
            assert len(page) <= limit
            found += [row.path for row in page]
            lower, after = found[-1], True
        assert found == expected, (commit, limit)


def entries(paths: list[str], prefix: str, delimiter: str) -> list[str]:
    """Return the first path of each entry of a listing by common prefix."""
    found: dict[str, str] = {}
    for path in paths:
        if path.startswith(prefix):
            rest, split, _ = path[len(prefix) :].partition(delimiter)
            found.setdefault(rest + split, path)
    return list(found.values())


def _compare_entries(history: History, commit: Commit) -> None:
    prefix, delimiter = history.rng.choice(["", "a", "a/"]), history.rng.choice(["/", "b", "/b"])
    upper = prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else ""
    limit = history.rng.choice([1, 2, 100])
    span = history.lines.Span(prefix, delimiter, prefix, upper)
    found = history.lines.skim(history.db, commit.at, span, limit=limit)
    if found is not None:  # it need not know
        expected = entries(sorted(commit.files), prefix, delimiter)[:limit]
        assert [row.path for row in found] == expected


def _compare_versions(history: History, commit: Commit) -> None:
    q, lines = history.db, history.lines
    lower, upper = history.rng.choice(("", *BOUNDS)), history.rng.choice(("", "", *BOUNDS))
    paths = [p for p in history.paths if lower <= p and (p < upper or not upper)]
    expected = [shown for path in paths for shown in commit.versions(path)]
    limit = history.rng.choice([1, 2, 3, 100])
    path, position = "", None
    found: list[Any] = []
    while True:
        page = lines.versions(
            q,
            commit.at,
            lower=lower,
            upper=upper,
            after_path=path,
            after_position=position,
            limit=limit,
        )
        found += page
        if len(page) < limit:
            break
        # The next page may be asked for by the row, or by the commit that names the version.
        path, position = page[-1].path, page[-1].position
        if history.rng.random() < 0.5:
            position = expected[len(found) - 1].keeper.at
    described = [(r.path, r.position, r.origin, r.commit_id, r.is_latest) for r in found]
    assert described == [_describe(shown) for shown in expected], commit
    contents = [r.value.size or None for r in found]
    assert contents == [shown.version.content for shown in expected]
    for shown in expected:
        _compare_version(history, commit, shown)


def _compare_version(history: History, view: Commit, shown: Shown) -> None:
    q, lines = history.db, history.lines
    assert not lines.is_hidden(q, view.at, shown.path, shown.version.at)
    kept = lines.kept_commit(q, shown.writer.at, view.at)
    assert kept == (shown.keeper.cid, shown.keeper.id)
    row = lines.find_version(q, view.at, shown.path, shown.keeper.at)
    assert (row.path, row.position, row.origin, row.commit_id, row.is_latest) == _describe(shown)


def _describe(shown: Shown) -> tuple[Any, ...]:
    return (shown.path, shown.writer.at, shown.version.at, shown.keeper.id, shown.is_latest)


def _compare_difference(history: History, old: Commit, new: Commit) -> None:
    """Every path that differs between two commits was written since their histories parted."""
    way = old.ancestry
    shared = next((commit for commit in new.ancestry if commit in way), None)
    changed: set[str] = set()
    for commit in (old, new):
        changed |= _written_since(history, commit, shared)
    differing = {p for p in history.paths if _content(old, p) != _content(new, p)}
    assert differing <= changed, (old, new)


def _written_since(history: History, commit: Commit, shared: Commit | None) -> set[str]:
    found: set[str] = set()
    for line, seq in history.lines.ancestry(history.db, commit.at):
        is_last = shared is not None and line == shared.at.line
        low = shared.at.seq if is_last else 0
        found |= set(_pages(history, line, low, seq))
        if is_last:
            break
    return found


def _pages(history: History, line: int, low: int, high: int) -> list[str]:
    paths: list[str] = []
    limit = history.rng.choice([1, 2, 100])
    after = ""
    while page := history.lines.changed(history.db, line, low, high, after=after, limit=limit):
        paths += page
        after = page[-1]
    assert paths == history.lines.changed(history.db, line, low, high) == sorted(set(paths))
    return paths


def _content(commit: Commit, path: str) -> int | None:
    version = commit.files.get(path)
    return version.content if version else None
