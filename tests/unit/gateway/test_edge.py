"""The edge, called as an ASGI application: what it runs where, and how failures end."""

import asyncio
import threading
from xml.etree import ElementTree

import pytest

from pachlite.errors import ContentCorrupt, DiskFull, StoreBusy
from pachlite.gateway.edge import Edge
from pachlite.pfs.refs import parse_branch, parse_commit
from pachlite.wiring import open_memory_store

MIB = 1024 * 1024
END = {"type": "http.request", "body": b"", "more_body": False}
GONE = {"type": "http.disconnect"}


class Fickle:
    """A file system in which some methods do something else."""

    def __init__(self, pfs, **replaced):
        self._pfs = pfs
        self.__dict__.update(replaced)

    def __getattr__(self, name):
        return getattr(self._pfs, name)


async def pages(scope, receive, send):
    await send({"type": "pages"})


@pytest.fixture
def pfs():
    with_master = open_memory_store()
    with_master.create_branch(parse_branch("images@master"), create_repo=True)
    yield with_master
    with_master.close()


def more(body):
    return {"type": "http.request", "body": body, "more_body": True}


def call(pfs, method, path, *events, headers=(), query=b""):
    """Send one request; return what the edge sends back, and the edge's own exception if any."""
    return asyncio.run(_call(pfs, scope_of(method, path, headers, query), events or (END,)))


def scope_of(method, path, headers=(), query=b""):
    return {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": list(headers),
    }


async def _call(pfs, scope, events, **options):
    edge, queue, sent = Edge(pfs, pages, **options), asyncio.Queue(), []
    for event in events:
        queue.put_nowait(event)

    async def send(event):
        sent.append(event)

    await edge(scope, queue.get, send)
    edge.close()
    return sent


def status(sent):
    return sent[0]["status"]


def code(sent):
    return ElementTree.fromstring(sent[1]["body"]).findtext("Code")


def length(size):
    return [(b"content-length", str(size).encode())]


def files(pfs):
    return [info.path for info in pfs.list_file(parse_commit("images@master")).files]


def test_upload_in_one_piece_and_in_many(pfs):
    for key, pieces in {"one": [b"abc"], "many": [b"x" * 100_000] * 30}.items():
        events = [*map(more, pieces), END]
        sent = call(pfs, "PUT", f"/images/{key}", *events, headers=length(sum(map(len, pieces))))
        assert status(sent) == 200
        got = call(pfs, "GET", f"/images/{key}")
        assert b"".join(event.get("body", b"") for event in got) == b"".join(pieces)
    assert files(pfs) == ["many", "one"]


@pytest.mark.parametrize("size", [10, 3 * MIB])
def test_client_that_goes_away_before_the_end_leaves_nothing(pfs, size):
    sent = call(pfs, "PUT", "/images/a", more(bytes(size)), GONE, headers=length(size + 1))
    assert sent == []
    assert files(pfs) == []


class WatchedWriter:
    """A writer that tells when it is given up."""

    def __init__(self, writer, fails=False):
        self._writer = writer
        self._fails = fails
        self.is_aborted = threading.Event()

    def __getattr__(self, name):
        return getattr(self._writer, name)

    def write(self, block):
        if self._fails:
            raise DiskFull("disk")
        self._writer.write(block)

    def abort(self):
        self._writer.abort()
        self.is_aborted.set()


@pytest.mark.parametrize("size", [10, 3 * MIB])
@pytest.mark.parametrize("end", ["gone", "wrong checksum", "disk full"])
def test_upload_that_fails_gives_its_writer_up(pfs, size, end):
    writers = []

    def put_file(*args, **kwargs):
        writers.append(WatchedWriter(pfs.put_file(*args, **kwargs), fails=end == "disk full"))
        return writers[0]

    last = GONE if end == "gone" else END
    headers = [*length(size), (b"x-amz-checksum-crc32", b"AAAAAA==")]
    call(
        Fickle(pfs, put_file=put_file), "PUT", "/images/a", more(bytes(size)), last, headers=headers
    )
    assert all(writer.is_aborted.wait(10) for writer in writers)
    assert len(writers) == (0 if end == "gone" and size == 10 else 1)
    assert files(pfs) == []


def test_refusal_of_an_upload_reads_what_is_still_coming(pfs):
    events = [*[more(bytes(MIB))] * 4, END]
    sent = call(pfs, "PUT", "/nowhere/a", *events, headers=length(4 * MIB))
    assert (status(sent), code(sent)) == (404, "NoSuchBucket")


def test_silent_client_is_given_up(pfs):
    scope = scope_of("PUT", "/images/a", length(2))
    sent = asyncio.run(_call(pfs, scope, [more(b"a")], stall_timeout_s=0.01))
    assert code(sent) == "RequestTimeout"
    assert (b"connection", b"close") in sent[0]["headers"]
    assert files(pfs) == []


def raising(error):
    def method(*args, **kwargs):
        raise error

    return method


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DiskFull("disk"), (507, "InsufficientStorage")),
        (StoreBusy("another", 3), (503, "SlowDown")),
        (ContentCorrupt("chunk 1", "gone"), (500, "InternalError")),
        (RuntimeError("a defect"), (500, "InternalError")),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_error_of_the_store_is_answered(pfs, caplog, method, error, expected):
    fickle = Fickle(pfs, put_file=raising(error), get_file=raising(error))
    sent = call(fickle, method, "/images/a", headers=length(0))
    assert (status(sent), code(sent)) == expected
    assert (b"retry-after" in dict(sent[0]["headers"])) is (expected[0] == 503)
    assert ("a defect" in caplog.text) is isinstance(error, RuntimeError)
    assert b"a defect" not in sent[1]["body"]


class BrokenReader:
    """Reads some blocks of a file, then fails."""

    is_small = False

    def __init__(self, reader, good_blocks):
        self._reader = reader
        self._good_blocks = good_blocks
        self.info = reader.info
        self.is_closed = threading.Event()

    def blocks(self, offset, size):
        for number, block in enumerate(self._reader.blocks(offset, size)):
            if number == self._good_blocks:
                raise ContentCorrupt("chunk 1", "gone")
            yield block

    def close(self):
        self.is_closed.set()


@pytest.fixture
def large(pfs):
    """A file system with a file of 5 MiB that is read through a reader that breaks."""
    call(pfs, "PUT", "/images/a", *[more(bytes(MIB))] * 5, END, headers=length(5 * MIB))
    readers = []

    def with_broken_reader(good_blocks):
        def get_file(file, *, version=""):
            readers.append(BrokenReader(pfs.get_file(file, version=version), good_blocks))
            return readers[-1]

        return Fickle(pfs, get_file=get_file)

    yield with_broken_reader
    assert all(reader.is_closed.wait(10) for reader in readers)


def test_content_that_is_damaged_at_once_is_an_error(large):
    sent = call(large(0), "GET", "/images/a")
    assert (status(sent), code(sent)) == (500, "InternalError")


def test_content_that_is_damaged_later_ends_without_its_last_bytes(large):
    sent = call(large(2), "GET", "/images/a")
    assert status(sent) == 200
    assert dict(sent[0]["headers"])[b"content-length"] == str(5 * MIB).encode()
    assert all(event["more_body"] for event in sent[1:])
    assert len(sent) == 3


def test_client_that_goes_away_stops_a_download(large):
    sent = call(large(99), "GET", "/images/a", END, GONE)
    assert all(event["more_body"] for event in sent[1:])
    assert len(sent) < 6


def test_reads_run_on_the_loop_where_the_store_allows_it(pfs):
    threads = []

    def inspect_file(*args, **kwargs):
        threads.append(threading.current_thread().name)
        return pfs.inspect_file(*args, **kwargs)

    call(pfs, "PUT", "/images/a")
    for is_inline in (True, False):
        call(Fickle(pfs, inspect_file=inspect_file, reads_inline=is_inline), "HEAD", "/images/a")
    assert threads[0] == threading.main_thread().name
    assert threads[1].startswith("s3")


@pytest.mark.parametrize(
    ("method", "path", "headers", "query"),
    [
        ("GET", "/", {b"accept": b"text/html,*/*"}, b""),
        ("HEAD", "/", {b"accept": b"text/html"}, b""),
        ("GET", "/~/healthz", {}, b""),
        ("PUT", "/~/api/v1/x", {}, b"a=b"),
    ],
)
def test_what_is_not_s3_is_passed_on(pfs, method, path, headers, query):
    sent = call(pfs, method, path, headers=headers.items(), query=query)
    assert sent == [{"type": "pages"}]


@pytest.mark.parametrize(
    ("path", "headers", "query"),
    [
        ("/", {}, b""),
        ("/", {b"accept": b"*/*"}, b""),
        ("/", {b"accept": b"text/html", b"authorization": b"AWS a:b"}, b""),
        ("/", {b"accept": b"text/html"}, b"prefix=a"),
        ("/~a/b", {}, b""),
        ("/images", {b"accept": b"text/html"}, b""),
    ],
)
def test_what_is_s3_is_answered_here(pfs, path, headers, query):
    sent = call(pfs, "GET", path, headers=headers.items(), query=query)
    assert dict(sent[0]["headers"])[b"content-type"] == b"application/xml"


def test_other_kinds_of_connections_are_passed_on(pfs):
    sent = asyncio.run(_call(pfs, {"type": "lifespan"}, ()))
    assert sent == [{"type": "pages"}]


def test_metadata_with_control_characters_cannot_split_headers(pfs):
    call(pfs, "PUT", "/images/a", headers=[*length(0), (b"x-amz-meta-a", b"1\x0b\x7f2")])
    sent = call(pfs, "HEAD", "/images/a")
    assert dict(sent[0]["headers"])[b"x-amz-meta-a"] == b"12"
