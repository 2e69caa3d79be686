"""Sources that are damaged, circular or no answer at all: nothing of them is stored."""

import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pachlite.cli.sources import local_file
from pachlite.errors import SourceUnavailable


@pytest.fixture
def repo(cli):
    """A command line on a store with the empty repo `r`."""
    cli.ok("create", "repo", "r")
    return cli


def _put(repo, name):
    return repo.fails("put", "file", "r@master:/p/", "--untar", "-f", name)


def _archive(name, members, mode="w"):
    with tarfile.open(name, mode) as archive:
        for member, link in members:
            info = tarfile.TarInfo(member)
            content = b"" if link else member.encode() * 100_000
            info.size = len(content)
            if link:
                info.type, info.linkname = tarfile.SYMTYPE, link
            archive.addfile(info, io.BytesIO(content))


def _flip(name, position):
    content = bytearray(Path(name).read_bytes())
    content[position] ^= 0xFF
    Path(name).write_bytes(content)


def test_a_file_that_is_cut_while_it_is_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x").write_bytes(b"x" * 3_000_000)
    blocks = local_file("x").blocks()
    next(blocks)
    Path("x").write_bytes(b"new")

    with pytest.raises(SourceUnavailable, match="shorter"):
        list(blocks)


def test_a_file_that_grows_while_it_is_read_is_taken_as_it_is_in_the_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x").write_bytes(b"x" * 3_000_000)
    blocks = local_file("x").blocks()
    size = len(next(blocks))
    with Path("x").open("ab") as file:
        file.write(b"more")

    assert size + sum(map(len, blocks)) == 3_000_004


def test_a_list_of_sources_has_one_name_on_each_line_whatever_is_in_it(repo):
    names = ["a\u2028b", "c\x0bd", "e\x85f"]
    for name in names:
        Path(name).touch()
    Path("list").write_bytes("\r\n".join([names[0], "  ", *names[1:], ""]).encode())

    repo.ok("put", "file", "r@master", "-i", "list")

    assert [each["path"][1:] for each in repo.json("list", "file", "r@master")] == names


@pytest.mark.parametrize("links", [[("a", "a")], [("a", "b"), ("b", "a")]])
def test_links_in_a_circle_in_an_archive_are_refused(repo, links):
    _archive("t.tar", links)

    assert "t.tar:a: it holds no content" in _put(repo, "t.tar")


def test_an_archive_with_a_damaged_header_is_refused_as_a_whole(repo):
    _archive("t.tar", [("a", ""), ("b", "")])
    with tarfile.open("t.tar") as archive:
        header = archive.getmember("b").offset
    _flip("t.tar", header)

    assert "t.tar: not a readable tar archive: a header is damaged" in _put(repo, "t.tar")


@pytest.mark.parametrize("place", [0.5, 0.9, -6])
def test_a_compressed_archive_that_is_damaged_is_refused_as_a_whole(repo, place):
    _archive("t.tar.gz", [("a", ""), ("b", "")], "w:gz")
    size = Path("t.tar.gz").stat().st_size
    _flip("t.tar.gz", int(place if place < 0 else place * size))

    assert "t.tar.gz: " in _put(repo, "t.tar.gz")


def test_an_archive_without_files_is_refused(repo):
    _archive("t.tar", [])

    assert "there are no files in this archive" in _put(repo, "t.tar")


def test_what_is_no_archive_is_refused_in_one_line(repo):
    Path("t.tar").write_bytes(b"no archive" * 1000)

    message = _put(repo, "t.tar")

    assert message.splitlines()[0].endswith(
        "not a readable tar archive: file could not be opened successfully"
    )


@pytest.mark.parametrize("target", ["r@master", "r@master:/", "r@master:/x"])
def test_what_is_no_url_is_refused(repo, target):
    assert "http://[::bad/x: " in repo.fails("put", "file", target, "-f", "http://[::bad/x")


class _Odd(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    """The address of a server that answers with the status in the path and no content."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Odd)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("status", [204, 206, 302, 304])
def test_an_answer_that_is_not_the_whole_content_is_refused(repo, web, status):
    message = repo.fails("put", "file", "r@master:/x", "-f", f"{web}/{status}")

    assert f"the server answers {status}" in message
