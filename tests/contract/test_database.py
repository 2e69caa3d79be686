"""What every database must do, whatever holds the rows."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pachlite.errors import DiskFull, StoreBusy, StoreCorrupt, StoreNotWritable, StoreTooNew
from pachlite.metadata.migrate import MIGRATIONS, migrate
from pachlite.metadata.sqlite import FILE_NAME, SqliteDatabase


@pytest.fixture(params=["disk", "memory"])
def database(request, tmp_path):
    made = SqliteDatabase.open(tmp_path) if request.param == "disk" else SqliteDatabase.in_memory()
    with made.transaction() as tx:
        tx.execute("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT UNIQUE) STRICT")
    yield made
    made.close()


@pytest.fixture
def on_disk(tmp_path):
    made = SqliteDatabase.open(tmp_path)
    with made.transaction() as tx:
        tx.execute("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT) STRICT")
    yield made
    made.close()


def words(database):
    return [text for (text,) in database.reader.all("SELECT text FROM word ORDER BY id")]


def test_what_a_transaction_wrote_is_read_afterwards(database):
    with database.transaction() as tx:
        assert tx.insert("INSERT INTO word (text) VALUES (?)", "one") == 1
        tx.many("INSERT INTO word (text) VALUES (?)", [("two",), ("three",)])
        assert tx.execute("UPDATE word SET text = upper(text) WHERE id > ?", 1) == 2
        assert tx.one("SELECT count(*) FROM word") == (3,)
    assert words(database) == ["one", "TWO", "THREE"]
    assert database.reader.one("SELECT text FROM word WHERE id = ?", 9) is None


def test_an_exception_undoes_the_whole_transaction(database):
    with pytest.raises(ValueError, match="enough"), database.transaction() as tx:
        tx.insert("INSERT INTO word (text) VALUES (?)", "one")
        raise ValueError("enough")
    assert words(database) == []


def test_a_savepoint_undoes_its_block_only(database):
    with database.transaction() as tx:
        tx.insert("INSERT INTO word (text) VALUES (?)", "before")
        with pytest.raises(ValueError), database.savepoint(tx):
            tx.insert("INSERT INTO word (text) VALUES (?)", "inside")
            with database.savepoint(tx):
                tx.insert("INSERT INTO word (text) VALUES (?)", "deeper")
            raise ValueError
        with database.savepoint(tx):
            tx.insert("INSERT INTO word (text) VALUES (?)", "after")
    assert words(database) == ["before", "after"]


def test_a_mistake_in_a_statement_is_undone_by_its_savepoint(database):
    with database.transaction() as tx:
        tx.insert("INSERT INTO word (text) VALUES (?)", "one")
        with pytest.raises(sqlite3.IntegrityError), database.savepoint(tx):
            tx.insert("INSERT INTO word (text) VALUES (?)", "two")
            tx.insert("INSERT INTO word (text) VALUES (?)", "one")
        tx.insert("INSERT INTO word (text) VALUES (?)", "three")
    assert words(database) == ["one", "three"]


def test_a_transaction_that_has_ended_takes_no_statement(database):
    with database.transaction() as tx:
        pass
    with pytest.raises(RuntimeError, match="has ended"):
        tx.execute("INSERT INTO word (text) VALUES ('late')")
    assert words(database) == []


def test_readers_in_other_threads_never_see_what_is_not_committed(database):
    is_written, is_read = threading.Event(), threading.Event()
    seen = []

    def read():
        is_written.wait(10)
        is_read.set()
        seen.append(database.reader.one("SELECT count(*) FROM word"))

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(ValueError), database.transaction() as tx:
            future = pool.submit(read)
            tx.insert("INSERT INTO word (text) VALUES (?)", "one")
            is_written.set()
            is_read.wait(10)
            raise ValueError
        future.result(10)
    assert seen == [(0,)]


def test_writers_in_many_threads_lose_nothing(database):
    with database.transaction() as tx:
        tx.insert("INSERT INTO word (id, text) VALUES (0, '0')")

    def count_up(_):
        with database.transaction() as tx:
            (text,) = tx.one("SELECT text FROM word WHERE id = 0")
            tx.execute("UPDATE word SET text = ? WHERE id = 0", str(int(text) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(80)))
    assert words(database) == ["80"]


def test_a_second_writer_gives_up_after_its_time(database):
    def write():
        with database.transaction(wait_s=0.01):
            pass

    with (
        database.transaction(),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(StoreBusy, match="this process"),
    ):
        pool.submit(write).result(10)


def test_running_out_of_space_is_disk_full_and_leaves_the_database_usable(database):
    # In a transaction, as on disk each connection counts for itself.
    with pytest.raises(DiskFull), database.transaction() as tx:
        (pages,) = tx.one("PRAGMA page_count")
        tx.one(f"PRAGMA max_page_count = {pages + 2}")
        for number in range(100):
            tx.insert("INSERT INTO word (text) VALUES (?)", str(number) * 4000)
    with database.transaction() as tx:
        tx.one("PRAGMA max_page_count = 1000000")
        tx.insert("INSERT INTO word (text) VALUES (?)", "one")
    assert words(database) == ["one"]


def test_close_twice_is_harmless(database):
    database.close()
    database.close()


def test_closing_does_not_cut_off_a_transaction(on_disk, tmp_path, monkeypatch):
    monkeypatch.setattr("pachlite.metadata.sqlite._CLOSE_PATIENCE_S", 0.01)
    with on_disk.transaction() as tx, ThreadPoolExecutor(1) as pool:
        pool.submit(on_disk.close).result(10)
        tx.insert("INSERT INTO word (text) VALUES (?)", "one")
    on_disk._writer.close()
    on_disk._lock.close()
    again = SqliteDatabase.open(tmp_path)
    assert words(again) == ["one"]
    again.close()


def test_migrate_makes_the_tables_once(database):
    with database.transaction() as tx:
        tx.execute("DROP TABLE word")
    for _ in range(2):
        migrate(database, where="here")
    assert database.reader.one("SELECT count(*) FROM commits") == (0,)
    assert database.reader.one("PRAGMA user_version") == (len(MIGRATIONS),)


def test_migrate_refuses_what_a_later_release_wrote(database):
    with database.transaction() as tx:
        tx.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreTooNew):
        migrate(database, where="here")


@pytest.mark.parametrize("version", [-1, 0])
def test_migrate_leaves_what_somebody_else_wrote_alone(database, version):
    with database.transaction() as tx:
        tx.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StoreCorrupt, match="not one of pachlite"):
        migrate(database, where="here")
    found = database.reader.all("SELECT name FROM sqlite_schema WHERE type = 'table'")
    assert found == [("word",)]


def test_rows_survive_closing(tmp_path):
    for number in range(3):
        database = SqliteDatabase.open(tmp_path)
        with database.transaction() as tx:
            tx.execute("CREATE TABLE IF NOT EXISTS word (id INTEGER PRIMARY KEY, text TEXT)")
            tx.insert("INSERT INTO word (text) VALUES (?)", str(number))
        database.close()
    database = SqliteDatabase.open(tmp_path)
    assert words(database) == ["0", "1", "2"]
    database.close()


def test_a_new_database_has_the_settings_that_cannot_change_later(on_disk):
    assert on_disk.reader.one("PRAGMA auto_vacuum") == (2,)
    assert on_disk.reader.one("PRAGMA page_size") == (4096,)
    assert on_disk.reader.one("PRAGMA journal_mode") == ("wal",)
    for session in (on_disk.reader, on_disk._writer):
        assert session.one("PRAGMA synchronous") == (2,)
        assert session.one("PRAGMA wal_autocheckpoint") == (0,)


def test_readers_cannot_write(on_disk):
    with pytest.raises(StoreNotWritable):
        on_disk.reader.one("INSERT INTO word (text) VALUES ('x')")


def test_readers_go_on_during_a_transaction(on_disk):
    with on_disk.transaction() as tx, ThreadPoolExecutor(1) as pool:
        tx.insert("INSERT INTO word (text) VALUES (?)", "one")
        assert words(on_disk) == []
        assert pool.submit(words, on_disk).result(10) == []
        assert tx.one("SELECT text FROM word") == ("one",)


def test_the_connection_of_a_thread_that_ended_is_closed(on_disk):
    sessions = on_disk.reader._open
    words(on_disk)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: words(on_disk), range(16)))
    assert len(sessions) == 1


def test_a_thread_that_comes_after_closing_reads_nothing(on_disk):
    on_disk.close()
    with pytest.raises(sqlite3.ProgrammingError):
        words(on_disk)


def test_checkpoint_empties_the_log(on_disk, tmp_path):
    wal = tmp_path / f"{FILE_NAME}-wal"
    assert wal.stat().st_size > 0
    on_disk.checkpoint()
    assert wal.stat().st_size == 0
    assert words(on_disk) == []


def test_checkpoint_leaves_a_writer_alone(on_disk, tmp_path):
    before = (tmp_path / f"{FILE_NAME}-wal").stat().st_size
    with on_disk.transaction(), ThreadPoolExecutor(1) as pool:
        pool.submit(on_disk.checkpoint).result(10)
        assert (tmp_path / f"{FILE_NAME}-wal").stat().st_size == before


def test_a_large_log_is_folded_before_the_next_transaction(on_disk, tmp_path):
    on_disk._wal_limit_bytes = 100_000
    with on_disk.transaction() as tx:
        tx.many("INSERT INTO word (text) VALUES (?)", [("x" * 4000,)] * 50)
    assert (tmp_path / f"{FILE_NAME}-wal").stat().st_size > 100_000
    with on_disk.transaction() as tx:
        tx.insert("INSERT INTO word (text) VALUES (?)", "y")
    assert (tmp_path / f"{FILE_NAME}-wal").stat().st_size < 100_000
    assert len(words(on_disk)) == 51


def test_a_reader_in_the_middle_does_not_stop_writing_when_the_log_is_large(on_disk, tmp_path):
    on_disk._wal_limit_bytes = 100_000
    with on_disk.transaction() as tx:
        tx.many("INSERT INTO word (text) VALUES (?)", [("x" * 4000,)] * 50)
    held = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    held.execute("BEGIN")
    held.execute("SELECT count(*) FROM word").fetchone()
    for _ in range(3):
        with on_disk.transaction() as tx:
            tx.insert("INSERT INTO word (text) VALUES (?)", "y")
    held.close()
    assert len(words(on_disk)) == 53


def test_closing_the_last_connection_leaves_no_log(on_disk, tmp_path):
    on_disk.close()
    assert not (tmp_path / f"{FILE_NAME}-wal").exists()


def test_a_damaged_file_is_reported_as_such(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"not a database, not at all" * 400)
    with pytest.raises(StoreCorrupt):
        SqliteDatabase.open(tmp_path)


def test_a_directory_that_is_missing_cannot_be_written(tmp_path):
    with pytest.raises(StoreNotWritable):
        SqliteDatabase.open(tmp_path / "missing")
