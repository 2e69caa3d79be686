import threading
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from pachlite.errors import DiskFull, FileNotFound, Retry, StoreBusy
from pachlite.metadata.sqlite import SqliteDatabase
from pachlite.store import writer as module
from pachlite.store.writer import GroupWriter


class Syncs:
    """Counts how often it was told to sync."""

    is_synced = True

    def __init__(self):
        self.count = 0

    def sync(self):
        self.count += 1


@pytest.fixture
def database():
    made = SqliteDatabase.in_memory()
    with made.transaction() as tx:
        tx.execute("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT UNIQUE)")
    yield made
    made.close()


@pytest.fixture
def syncs():
    return Syncs()


@pytest.fixture
def writer(database, syncs):
    made = GroupWriter(database, syncs)
    yield made
    made.close()


class Gate:
    """A mutation that keeps the writer busy until it is opened, so that others queue up."""

    def __init__(self, writer):
        self._entered, self._opened = threading.Event(), threading.Event()
        self.future = writer.submit(self)
        self._entered.wait(10)

    def __call__(self, tx):
        self._entered.set()
        assert self._opened.wait(10)

    def open(self):
        self._opened.set()
        self.future.result(10)


def add(text):
    return lambda tx: tx.insert("INSERT INTO word (text) VALUES (?)", text)


def words(database):
    return {text for (text,) in database.reader.all("SELECT text FROM word")}


def test_run_returns_what_the_mutation_returned(writer, database):
    assert writer.run(add("one")) == 1
    assert words(database) == {"one"}


def test_whatever_waits_is_committed_at_once(writer, database, syncs):
    gate = Gate(writer)
    futures = [writer.submit(add(str(number))) for number in range(100)]
    before = syncs.count
    gate.open()
    assert len({future.result(10) for future in futures}) == 100
    assert syncs.count == before + 1
    assert len(words(database)) == 100


def test_a_mutation_that_raises_undoes_only_its_own_changes(writer, database):
    gate = Gate(writer)
    one, failed, two = writer.submit(add("one")), writer.submit(fail), writer.submit(add("two"))
    gate.open()
    with pytest.raises(FileNotFound):
        failed.result(10)
    assert one.result(10) != two.result(10)
    assert words(database) == {"one", "two"}


def fail(tx):
    add("gone")(tx)
    raise FileNotFound("default/a", "master", "/x")


def joining(writer, mutation, *, fails=False, **options):
    """Submit a mutation that submits another while it runs; return the futures of both."""
    inner = []

    def submit(tx):
        if not inner:
            inner.append(writer.submit(mutation, **options))
        return (fail if fails else add("outer"))(tx)

    outer = writer.submit(submit, is_repeatable=True)
    futures.wait([outer], 10)
    return outer, inner[0]


def test_what_comes_while_others_run_joins_them(writer, database, syncs):
    outer, inner = joining(writer, add("inner"), is_repeatable=True)
    assert (outer.result(10), inner.result(10)) == (1, 2)
    assert syncs.count == 1
    assert words(database) == {"inner", "outer"}


def test_what_comes_with_bytes_to_sync_waits_for_the_next_transaction(writer, database, syncs):
    syncs.is_synced = False
    outer, inner = joining(writer, add("inner"), is_repeatable=True)
    assert (outer.result(10), inner.result(10)) == (1, 2)
    assert syncs.count == 2


def test_what_cannot_be_repeated_joins_nobody(writer, database, syncs):
    outer, inner = joining(writer, fail)
    assert outer.result(10) == 1
    assert isinstance(inner.exception(10), FileNotFound)
    assert syncs.count == 2
    assert words(database) == {"outer"}


@pytest.mark.parametrize("fails", [False, True])
def test_a_failure_of_one_that_joined_is_its_own(writer, database, fails):
    outer, inner = joining(writer, add("inner") if fails else fail, fails=fails, is_repeatable=True)
    errors = [outer.exception(10), inner.exception(10)]
    assert [isinstance(error, FileNotFound) for error in errors] == [fails, not fails]
    assert words(database) == {"inner" if fails else "outer"}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_repeatable_mutation_that_raises_undoes_only_its_own_changes(writer, database, place):
    mutations = [add("one"), add("two")]
    mutations.insert(place, fail)
    gate = Gate(writer)
    futures = [writer.submit(mutation, is_repeatable=True) for mutation in mutations]
    gate.open()
    with pytest.raises(FileNotFound):
        futures.pop(place).result(10)
    assert futures[0].result(10) != futures[1].result(10)
    assert words(database) == {"one", "two"}


def test_only_what_may_be_repeated_runs_twice(writer, database):
    runs = []

    def count(tx):
        runs.append(add("once")(tx))

    gate = Gate(writer)
    counted = writer.submit(count)
    failed = writer.submit(fail, is_repeatable=True)
    gate.open()
    counted.result(10)
    assert isinstance(failed.exception(10), FileNotFound)
    assert len(runs) == 1
    assert words(database) == {"once"}


def test_a_mutation_that_is_alone_and_raises_undoes_everything(writer, database):
    with pytest.raises(FileNotFound):
        writer.run(fail)
    writer.run(add("after"))
    assert words(database) == {"after"}


def test_when_the_disk_is_full_nobody_is_told_otherwise(writer, database):
    def limit(pages):
        return lambda tx: tx.one(f"PRAGMA max_page_count = {pages}")

    (pages,) = database.reader.one("PRAGMA page_count")
    writer.run(limit(pages + 4))
    gate = Gate(writer)
    futures = {str(number) * 3000: None for number in range(10)}
    for text in futures:
        futures[text] = writer.submit(add(text))
    gate.open()
    errors = {text: future.exception(10) for text, future in futures.items()}
    assert {text for text, error in errors.items() if error is None} == words(database)
    assert all(isinstance(error, DiskFull) for error in errors.values() if error)
    assert any(errors.values())
    writer.run(limit(1_000_000))
    writer.run(add("after"))
    assert "after" in words(database)


class BusyDatabase:
    """A database whose lock others hold, as long as it is told so."""

    def __init__(self, database):
        self._database = database
        self.is_busy = True

    def __getattr__(self, name):
        return getattr(self._database, name)

    def transaction(self):
        if self.is_busy:
            raise StoreBusy("process 1 (other)", 60)
        return self._database.transaction()


def test_when_the_store_is_busy_everybody_who_waits_is_told(database, syncs):
    busy = BusyDatabase(database)
    writer = GroupWriter(busy, syncs)
    futures = [writer.submit(add(str(number))) for number in range(3)]
    assert all(isinstance(future.exception(10), StoreBusy) for future in futures)
    busy.is_busy = False
    assert writer.run(add("one")) == 1
    writer.close()


class ForgetfulDatabase(BusyDatabase):
    """A database that fails to commit as long as it is told so."""

    def transaction(self):
        return self._database.transaction() if not self.is_busy else self._failing()

    @contextmanager
    def _failing(self):
        with self._database.transaction() as tx:
            yield tx
            raise DiskFull("here")


def test_when_the_commit_fails_nothing_of_the_batch_is_kept(database, syncs):
    forgetful = ForgetfulDatabase(database)
    writer = GroupWriter(forgetful, syncs)
    futures = [writer.submit(add(str(number))) for number in range(3)]
    assert all(isinstance(future.exception(10), DiskFull) for future in futures)
    assert words(database) == set()
    forgetful.is_busy = False
    writer.run(add("one"))
    writer.close()
    assert words(database) == {"one"}


def test_a_batch_that_takes_too_long_is_committed_in_pieces(writer, database, syncs, monkeypatch):
    monkeypatch.setattr(module, "_MAX_BATCH_S", 0)
    gate = Gate(writer)
    futures = [writer.submit(add(str(number))) for number in range(5)]
    before = syncs.count
    gate.open()
    assert sorted(future.result(10) for future in futures) == [1, 2, 3, 4, 5]
    assert syncs.count == before + 5


def test_a_cancelled_mutation_is_not_run(writer, database):
    gate = Gate(writer)
    future = writer.submit(add("one"))
    assert future.cancel()
    gate.open()
    writer.run(add("two"))
    assert words(database) == {"two"}


def test_a_mutation_cannot_wait_for_another_one(writer):
    with pytest.raises(RuntimeError, match="must not wait"):
        writer.run(lambda tx: writer.run(add("one")))


def test_closing_finishes_what_is_queued(database, syncs):
    writer = GroupWriter(database, syncs)
    futures = [writer.submit(add(str(number))) for number in range(300)]
    writer.close()
    writer.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with pytest.raises(Retry, match="closing"):
        writer.run(add("late"))
    assert repr(writer) == "<GroupWriter closed>"


def test_a_writer_that_nobody_used_has_no_thread(database, syncs):
    before = threading.active_count()
    writer = GroupWriter(database, syncs)
    assert threading.active_count() == before
    assert repr(writer) == "<GroupWriter open>"
    writer.close()


def test_an_idle_writer_lets_the_database_do_its_housekeeping(syncs, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_IDLE_S", 0.01)
    is_done = threading.Event()

    class Noting(BusyDatabase):
        def checkpoint(self):
            self._database.checkpoint()
            is_done.set()

    database = SqliteDatabase.open(tmp_path)
    noting = Noting(database)
    noting.is_busy = False
    writer = GroupWriter(noting, syncs)
    writer.run(lambda tx: tx.execute("CREATE TABLE t (x)"))
    assert is_done.wait(10)
    assert (tmp_path / "metadata.db-wal").stat().st_size == 0
    writer.close()
    database.close()


def test_many_threads_get_their_own_answers(writer, database):
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda number: writer.run(add(str(number))), range(500)))
    assert sorted(results) == list(range(1, 501))
    assert words(database) == {str(number) for number in range(500)}
