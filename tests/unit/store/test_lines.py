"""What random histories of lines are too small for, or seldom come upon."""

from __future__ import annotations

import pytest

from pachlite.store import lines
from pachlite.store.lines import FILE, Snapshot, Value
from tests.property.rows import Rows

MANY = 25_000  # more changes than are sorted for every page


@pytest.fixture
def db():
    rows = Rows()
    yield rows
    rows.close()


def make_line(db, parent=None, *, files=0, tip=1):
    """Make a line with a commit of so many files."""
    line = lines.create_line(db, 1, parent, 0)
    lines.stage_many(db, line, [(f"f{n:06}", Value(FILE, n)) for n in range(files)])
    commit(db, line, tip)
    return line


def commit(db, line, seq):
    db.execute("UPDATE line SET tip = ?, next_seq = ? WHERE id = ?", seq, seq + 1, line)
    db.execute(
        "INSERT INTO commits (id, repo, line, seq, branch, origin, started, finished) "
        "VALUES (?, 1, ?, ?, '', 0, 0, 0)",
        bytes([line, seq]),
        line,
        seq,
    )


def depth(db, line):
    return len(lines.read_chain(db, Snapshot(line, 1)))


def test_many_changes_are_paged_in_byte_order_once_each(db):
    line = make_line(db, files=MANY)
    for n in range(0, MANY, 1000):
        lines.write(db, Snapshot(line, 2), f"f{n:06}", Value(FILE, 1))
    lines.write(db, Snapshot(line, 2), "f000001", None)
    commit(db, line, 2)
    found, after = [], ""
    while page := lines.changed(db, line, 0, 2, after=after, limit=1000):
        found += page
        after = page[-1]
    assert found == [f"f{n:06}" for n in range(MANY)]
    assert lines.changed(db, line, 1, 2, limit=3) == ["f000000", "f000001", "f001000"]


def test_a_write_behind_the_tip_of_its_line_is_refused(db):
    line = make_line(db, tip=3)
    with pytest.raises(AssertionError):
        lines.write(db, Snapshot(line, 2), "a", Value(FILE))


def test_a_listing_leaves_parts_to_a_single_read(db):
    line = make_line(db)
    lines.write(db, Snapshot(line, 1), "a", Value(FILE, 1, sums="s", parts=b"p"))
    (row,) = lines.scan(db, Snapshot(line, 1), lower="", upper="", limit=1)
    assert row.value == Value(FILE, 1, sums="s")
    assert lines.get(db, Snapshot(line, 1), "a").value == Value(FILE, 1, sums="s", parts=b"p")


def test_shallow_lines_are_not_flattened(db):
    line = make_line(db)
    for _ in range(3):
        line = make_line(db, Snapshot(line, 1), files=1)
    assert depth(db, line) == 4
    assert lines.flatten_plan(db, line) == 0
    assert lines.flatten(db, line, limit_rows=10)
    assert depth(db, line) == 4


def test_small_ancestors_are_absorbed_and_a_large_one_is_left(db):
    line = make_line(db, files=500)
    for _ in range(5):
        line = make_line(db, Snapshot(line, 1), files=2)
    assert lines.flatten_plan(db, line) == 4
    while not lines.flatten(db, line, limit_rows=1):
        assert lines.flatten_plan(db, line) == 4
    assert depth(db, line) == 2
    assert db.one("SELECT count(*) FROM ent WHERE line = ?", line) == (2,)


def test_ancestors_of_like_size_are_absorbed_down_to_nothing(db):
    line = make_line(db, files=20)
    for _ in range(5):
        line = make_line(db, Snapshot(line, 1), files=10)
    steps = 1
    while not lines.flatten(db, line, limit_rows=5):
        steps += 1
    assert steps >= 20 // 5
    assert depth(db, line) == 1
    assert lines.check_line(db, line) == []
    assert len(lines.scan(db, Snapshot(line, 1), lower="", upper="", limit=99)) == 20


def test_the_depth_of_ever_new_lines_stays_small(db):
    line = make_line(db, files=1000)
    for _ in range(60):
        line = make_line(db, Snapshot(line, 1), files=1)
        while not lines.flatten(db, line, limit_rows=100):
            pass
        assert depth(db, line) <= 6
    assert len(lines.scan(db, Snapshot(line, 1), lower="", upper="", limit=2000)) == 1000


def test_flattening_takes_delete_markers_out_of_the_way_of_listings(db):
    base = make_line(db, files=10)
    line = lines.create_line(db, 1, Snapshot(base, 1), 0)
    for n in range(9):
        lines.write(db, Snapshot(line, 1), f"f{n:06}", None)
    commit(db, line, 1)
    markers = "SELECT count(*) FROM ent WHERE line = ? AND kind = 0"
    assert db.one(markers, line) == (9,)
    while not lines.flatten(db, line, limit_rows=2, levels=1):
        pass
    assert db.one(markers, line) == (0,)
    (row,) = lines.scan(db, Snapshot(line, 1), lower="", upper="", limit=99)
    assert (row.path, row.origin) == ("f000009", Snapshot(base, 1))


def test_a_line_is_erased_in_bounded_steps(db):
    line, other = make_line(db, files=10), make_line(db, files=1)
    for n in range(5):
        lines.write(db, Snapshot(line, 2), f"f{n:06}", Value(FILE, 1))
        lines.hide(db, Snapshot(line, 2), f"f{n:06}", Snapshot(line, 1))
    steps = 1
    while not lines.erase(db, line, limit_rows=6):
        steps += 1
    assert steps == 20 // 6 + 1
    for table in ("ent", "hist", "hidden"):
        assert db.one(f"SELECT count(*) FROM {table} WHERE line = ?", line) == (0,)
    assert db.one("SELECT count(*) FROM ent WHERE line = ?", other) == (1,)
    assert db.all("SELECT id FROM line") == [(other,)]


def test_problems_of_a_line_are_found(db):
    line = make_line(db, files=3)
    lines.write(db, Snapshot(line, 2), "f000000", Value(FILE, 1))
    commit(db, line, 2)
    assert lines.check_line(db, line) == []
    db.execute("UPDATE hist SET to_seq = 3 WHERE line = ?", line)
    db.execute("UPDATE ent SET seq = 9 WHERE path = 'f000001'")
    problems = lines.check_line(db, line)
    assert len(problems) == 3, problems
    assert all(problem.startswith(f"line {line}: ") for problem in problems)
    assert "holds during [1, 3), but again from 2 on" in problems[0]
    assert "the tip is 2" in problems[1]


def test_a_deletion_that_lets_an_ancestor_show_through_is_found(db):
    base = make_line(db, files=1)
    line = make_line(db, Snapshot(base, 1))
    db.execute(
        "INSERT INTO hist (line, path, seq, to_seq, kind) VALUES (?, 'f000000', 1, ?, 0)",
        line,
        2**63 - 1,
    )
    assert "shows through" in lines.check_line(db, line)[0]
