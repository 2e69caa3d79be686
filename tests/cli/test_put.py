import gzip
import io
import os
import socket
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


@pytest.fixture
def repo(cli):
    """A command line on a store with the empty repo `r`."""
    cli.ok("create", "repo", "r")
    return cli


def _paths(cli, branch="r@master"):
    with cli.store() as pfs:
        from pachlite.pfs.refs import parse_commit

        return {info.path: info.size_bytes for info in pfs.walk_file(parse_commit(branch), "")}


def _commits(cli):
    return len(cli.json("list", "commit", "r"))


def _tree(root: Path):
    for name, text in {"a": "1", "b": "22", "sub/c": "333", "sub/deep/d": "4444"}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_standard_input_is_the_default_source(repo):
    assert repo.ok("put", "file", "r@master:/x", stdin="hello") == ""

    assert repo.ok("get", "file", "r@master:/x") == "hello"


def test_a_put_replaces_and_append_adds(repo):
    repo.ok("put", "file", "r@master:/x", stdin="hello")
    repo.ok("put", "file", "r@master:/x", "-a", stdin=" world")
    assert repo.ok("get", "file", "r@master:/x") == "hello world"

    repo.ok("put", "file", "r@master:/x", stdin="bye")
    assert repo.ok("get", "file", "r@master:/x") == "bye"


def test_a_put_is_one_commit_with_its_message(repo):
    _tree(Path("dir"))

    repo.ok("put", "file", "r@master", "-r", "-f", "dir", "-f", "dir/a", "-m", "everything")

    assert _paths(repo) == {
        "a": 1, "dir/a": 1, "dir/b": 2, "dir/sub/c": 3, "dir/sub/deep/d": 4,
    }  # fmt: skip
    [commit] = repo.json("list", "commit", "r")
    assert commit["description"] == "everything"


def test_a_put_joins_an_open_commit(repo):
    opened = repo.ok("start", "commit", "r@master").strip()
    repo.ok("put", "file", "r@master:/x", stdin="1")
    repo.ok("put", "file", "r@master:/y", stdin="2")
    repo.ok("finish", "commit", "r@master")

    assert [each["id"] for each in repo.json("list", "commit", "r")] == [opened]
    assert _paths(repo) == {"x": 1, "y": 1}


def test_a_finished_commit_takes_no_files(repo):
    repo.ok("put", "file", "r@master:/x", stdin="1")
    commit = repo.json("inspect", "commit", "r@master")["id"]

    assert "has already finished" in repo.fails("put", "file", f"r@{commit}:/y", stdin="2")
    assert "has already finished" in repo.fails("put", "file", "r@master^0:/y", stdin="2")


def test_the_repo_is_looked_for_before_the_sources(cli):
    assert "repo default/nope not found" in cli.fails("put", "file", "nope@b", "-f", "missing")


def test_a_directory_is_put_below_the_path_or_under_its_name(repo):
    _tree(Path("dir"))

    repo.ok("put", "file", "r@one:/", "-r", "-f", "dir")
    repo.ok("put", "file", "r@two:/p", "-r", "-f", "dir/")
    repo.ok("put", "file", "r@three", "-r", "-f", "dir/sub", "--full-path")

    assert set(_paths(repo, "r@one")) == {"a", "b", "sub/c", "sub/deep/d"}
    assert set(_paths(repo, "r@two")) == {"p/a", "p/b", "p/sub/c", "p/sub/deep/d"}
    assert set(_paths(repo, "r@three")) == {"dir/sub/c", "dir/sub/deep/d"}


def test_the_working_directory_is_put_without_a_name(repo):
    _tree(Path())

    repo.ok("put", "file", "r@master", "-r", "-f", ".")

    assert set(_paths(repo)) == {"a", "b", "sub/c", "sub/deep/d"}


def test_a_put_removes_nothing(repo):
    repo.ok("put", "file", "r@master:/p/old", stdin="old")
    _tree(Path("dir"))

    repo.ok("put", "file", "r@master:/p", "-r", "-f", "dir")

    assert "p/old" in _paths(repo)


def test_a_directory_needs_the_flag(repo):
    Path("dir").mkdir()

    error = repo.fails("put", "file", "r@master", "-f", "dir")

    assert "dir: it is a directory" in error
    assert "-r" in error


def test_a_directory_without_files_is_an_error(repo):
    Path("dir/empty").mkdir(parents=True)

    assert "no files in this directory" in repo.fails("put", "file", "r@master", "-r", "-f", "dir")


def test_one_missing_source_among_many_puts_nothing(repo):
    _tree(Path("dir"))

    error = repo.fails(
        "put", "file", "r@master", "-f", "dir/a", "-f", "dir/nope", "-f", "dir/b", "-p", "3"
    )

    assert "dir/nope: no such file or directory" in error
    assert "nothing was written" in error


def test_many_files_are_put_at_once(repo):
    Path("dir").mkdir()
    for number in range(200):
        Path(f"dir/{number:03}").write_text("x" * number)

    repo.ok("put", "file", "r@master:/", "-r", "-f", "dir", "-p", "8")

    assert _paths(repo) == {f"{number:03}": number for number in range(200)}
    assert _commits(repo) == 1


def test_sources_are_listed_in_a_file_or_on_standard_input(repo):
    _tree(Path("dir"))
    Path("list").write_text("dir/a\n\ndir/b\r\n")

    repo.ok("put", "file", "r@one:/p", "-i", "list")
    repo.ok("put", "file", "r@two", "-i", "-", stdin="dir/a\n")

    assert set(_paths(repo, "r@one")) == {"p/a", "p/b"}
    assert set(_paths(repo, "r@two")) == {"a"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("r@master",), "must specify filename"),
        (("r@master:/",), "must specify filename"),
        (("r@master:/p/", "-f", "-"), "must specify filename"),
        (("r@master:/p", "-r", "-f", "-"), "cannot be read recursively"),
        (("r@master:/p", "-f", "-", "-f", "x"), "must be the only source"),
        (("r@master:/p", "-f", "x", "-i", "y"), "exclude each other"),
        (("r@master:/p", "-i", "-"), "cannot be both"),
        (("r@master:/p", "-i", "nope"), "no such file"),
        (("r@master:/p", "-f", ","), "nothing to put"),
        (("r@master:/p", "-f", "s3://bucket/key"), "only http"),
        (("r@master:/p/../q",), "segments . and .."),
        (("r@master:/" + "x" * 1025,), "1025 bytes"),
        (("r",), "a branch or commit is missing"),
        (("r@master^1x:/p",), "cannot understand"),
        (("r@master:/p", "-p", "0"), "'--parallelism'"),
    ],
)
def test_what_cannot_be_put_is_refused(repo, words, reason):
    Path("x").touch()

    assert reason in repo.fails("put", "file", *words, stdin="-\n")


def test_an_empty_list_of_sources_is_an_error(repo):
    Path("list").write_text("\n\n")

    assert "lists no sources" in repo.fails("put", "file", "r@master:/p", "-i", "list")


def test_two_sources_for_one_path_are_refused(repo):
    for name in ("one", "two"):
        Path(name).mkdir()
        Path(name, "x").touch()

    error = repo.fails("put", "file", "r@master", "-f", "one/x", "-f", "two/x")

    assert "one/x and two/x would both be put under /x" in error
    repo.ok("put", "file", "r@master", "-f", "one/x", "-f", "two/x", "--full-path")


def test_a_source_that_is_named_twice_is_refused(repo):
    Path("x").write_text("1")

    assert "would both" in repo.fails("put", "file", "r@master", "-f", "x", "-f", "./x")


def test_links_are_followed(repo):
    _tree(Path("dir"))
    Path("dir/link").symlink_to("a")
    Path("dir/linked").symlink_to("sub")
    Path("top").symlink_to("dir")

    repo.ok("put", "file", "r@master:/", "-r", "-f", "top")

    paths = _paths(repo)
    assert paths["link"] == 1
    assert paths["linked/deep/d"] == 4


def test_a_loop_of_links_is_refused(repo):
    _tree(Path("dir"))
    Path("dir/sub/loop").symlink_to("..")

    error = repo.fails("put", "file", "r@master", "-r", "-f", "dir")

    assert "dir/sub/loop: it is a link to a directory that contains it" in error


def test_a_link_to_nothing_is_an_error(repo):
    _tree(Path("dir"))
    Path("dir/broken").symlink_to("nowhere")

    error = repo.fails("put", "file", "r@master", "-r", "-f", "dir")

    assert "dir/broken: no such file or directory" in error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(repo):
    _tree(Path("dir"))
    Path("dir/b").chmod(0)

    error = repo.fails("put", "file", "r@master", "-r", "-f", "dir")

    assert "dir/b: permission denied" in error


def test_pipes_and_sockets_are_refused(repo):
    Path("dir").mkdir()
    os.mkfifo("dir/pipe")
    assert "it is a pipe" in repo.fails("put", "file", "r@master", "-r", "-f", "dir")
    assert "-f -" in repo.fails("put", "file", "r@master", "-f", "dir/pipe")

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert "it is a socket" in repo.fails("put", "file", "r@master", "-f", "socket")
    assert "it is a device" in repo.fails("put", "file", "r@master", "-f", "/dev/null")


def test_a_name_that_is_no_utf8_is_refused(repo):
    Path("dir").mkdir()
    try:
        Path(os.fsdecode(b"dir/\xff")).touch()
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")

    assert "UTF-8" in repo.fails("put", "file", "r@master", "-r", "-f", "dir")


def test_names_may_hold_any_character(repo):
    name = "a (1)+b@c:ü*?[x]{y}!^,\\z.csv"
    Path(name).write_text("1")

    repo.ok("put", "file", "r@master", "-f", name)

    assert _paths(repo) == {name: 1}
    assert repo.ok("get", "file", f"r@master:/{name}") == "1"


def test_paths_are_normalised_and_keys_are_not(repo):
    repo.ok("put", "file", "r@master://a///b", stdin="1")
    repo.ok("put", "file", "r@master:/a//b/", "--key", stdin="22")

    assert _paths(repo) == {"a/b": 1, "/a//b/": 2}
    assert repo.ok("get", "file", "r@master:/a//b/", "--key") == "22"
    assert repo.ok("get", "file", "r@master:a//b") == "1"


def test_a_file_and_a_directory_may_share_a_name(repo):
    repo.ok("put", "file", "r@master:/a", stdin="1")
    repo.ok("put", "file", "r@master:/a/b", stdin="22")
    repo.ok("put", "file", "r@master:a/", "--key", stdin="")

    assert repo.ok("list", "file", "r@master") == "SIZE NAME\n1B   /a\n-    /a/\n"
    assert repo.ok("list", "file", "r@master:/a") == "SIZE NAME\n1B   /a\n0B   /a/\n2B   /a/b\n"
    assert repo.ok("get", "file", "r@master:/a") == "1"


def _archive(path, *, mode="w", names=("x", "./d/y", "/abs")):
    with tarfile.open(path, mode) as archive:
        directory = tarfile.TarInfo("d")
        directory.type = tarfile.DIRTYPE
        archive.addfile(directory)
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"abc"))
        link = tarfile.TarInfo("hard")
        link.type, link.linkname = tarfile.LNKTYPE, names[0]
        archive.addfile(link)


@pytest.mark.parametrize(
    ("name", "mode"), [("t.tar", "w"), ("t.tar.gz", "w:gz"), ("t.tgz", "w:gz")]
)
def test_archives_are_put_as_what_is_in_them(repo, name, mode):
    _archive(name, mode=mode)

    repo.ok("put", "file", "r@one", "--untar", "-f", name)
    repo.ok("put", "file", "r@two:/p", "--untar", "-f", name)
    repo.ok("put", "file", "r@three", "-f", name)

    assert _paths(repo, "r@one") == {"x": 3, "d/y": 3, "abs": 3, "hard": 3}
    assert set(_paths(repo, "r@two")) == {"p/x", "p/d/y", "p/abs", "p/hard"}
    assert set(_paths(repo, "r@three")) == {name}
    assert repo.ok("get", "file", "r@one:/hard") == "abc"


def test_other_files_beside_an_archive_are_put_as_they_are(repo):
    _archive("t.tar")
    Path("plain").write_text("1")

    repo.ok("put", "file", "r@master", "--untar", "-f", "t.tar,plain", "-p", "4")

    assert set(_paths(repo)) == {"x", "d/y", "abs", "hard", "plain"}


def test_an_archive_that_would_leave_its_place_is_refused(repo):
    _archive("t.tar", names=("../evil",))

    assert "segments . and .." in repo.fails("put", "file", "r@master:/p", "--untar", "-f", "t.tar")


def test_what_is_no_archive_is_an_error(repo):
    Path("t.tar").write_text("not an archive, but long enough to be read as one" * 50)
    _archive("cut.tgz", mode="w:gz")
    Path("cut.tgz").write_bytes(Path("cut.tgz").read_bytes()[:60])

    assert "not a readable" in repo.fails("put", "file", "r@master", "--untar", "-f", "t.tar")
    assert "cut.tgz" in repo.fails("put", "file", "r@master", "--untar", "-f", "cut.tgz")


def test_a_device_in_an_archive_is_refused(repo):
    with tarfile.open("t.tar", "w") as archive:
        info = tarfile.TarInfo("null")
        info.type = tarfile.CHRTYPE
        archive.addfile(info)

    assert "holds no content" in repo.fails("put", "file", "r@master", "--untar", "-f", "t.tar")


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body, declared = self.server.answers.get(self.path, (404, b"", 0))
        self.send_response(status)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        if status == 302:
            self.send_header("Location", body.decode())
            body = b""
        self.send_header("Content-Length", str(len(body) + declared))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    """A web server; its `answers` map paths to status, body, and bytes promised beyond it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.answers = {}
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_urls_are_put_under_their_base_name_or_the_path(repo, web):
    web.answers = {
        "/d/a%20b.csv?v=1": (200, b"abc", 0),
        "/moved": (302, f"{web.url}/d/a%20b.csv?v=1".encode(), 0),
    }

    repo.ok("put", "file", "r@one", "-f", f"{web.url}/d/a%20b.csv?v=1")
    repo.ok("put", "file", "r@two:/x", "-f", f"{web.url}/moved")
    repo.ok("put", "file", "r@three", "--full-path", "-f", f"{web.url}/d/a%20b.csv?v=1")

    assert _paths(repo, "r@one") == {"a b.csv": 3}
    assert repo.ok("get", "file", "r@two:/x") == "abc"
    assert set(_paths(repo, "r@three")) == {"d/a b.csv"}


def test_a_url_that_fails_puts_nothing(repo, web):
    web.answers = {"/ok": (200, b"abc", 0), "/bad": (500, b"oh", 0), "/cut": (200, b"abc", 5)}
    Path("x").touch()

    assert "404" in repo.fails("put", "file", "r@master", "-f", "x", "-f", f"{web.url}/nope")
    assert "500" in repo.fails("put", "file", "r@master", "-f", f"{web.url}/ok,{web.url}/bad")
    assert "/cut:" in repo.fails("put", "file", "r@master", "-f", f"{web.url}/cut")
    assert "http://127.0.0.1:9/" in repo.fails(
        "put", "file", "r@master", "-f", "http://127.0.0.1:9/x"
    )


def test_a_summary_is_printed_when_progress_is_wanted(repo):
    result = repo.run("put", "file", "r@master:/x", "--progress", stdin="hello")

    commit = repo.json("inspect", "commit", "r@master")["id"]
    assert result.stderr == f"put 1 file, 5B, commit {commit}\n"
    assert repo.run("put", "file", "r@master:/x", stdin="hello").stderr == ""
