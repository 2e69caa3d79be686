"""The program as shells and scripts see it: streams, signals, start-up, two at once."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from pachlite import __version__

MIB = 1 << 20


def _listen_to_signals():
    """Undo what the tests may have inherited: under `nohup` a hang-up is ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _start(tmp_path, *words, preexec_fn=_listen_to_signals, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "pachlite", *words],
        env={**os.environ, "PACHLITE_HOME": str(tmp_path / "home")},
        preexec_fn=preexec_fn,  # noqa: PLW1509 - no thread of these tests holds a lock then
        **options,
    )


@pytest.mark.parametrize("words", [("version",), ("--version",), ("version", "--client-only")])
def test_versions_are_answered_alike_with_and_without_typer(program, cli, words):
    assert program(*words).stdout.decode() == cli.ok(*words)


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (("version",), {}),
        (("--version",), {}),
        (
            (),
            {
                "_PACHLITE_COMPLETE": "complete_bash",
                "COMP_WORDS": "pachlite\nli",
                "COMP_CWORD": "1",
            },
        ),
    ],
)
def test_quick_answers_load_nothing_that_is_slow(tmp_path, words, variables):
    code = (
        "import sys, runpy\n"
        f"sys.argv[1:] = {list(words)!r}\n"
        "try:\n    runpy.run_module('pachlite', run_name='__main__')\n"
        "except SystemExit as leaving:\n    assert not leaving.code\n"
        "slow = {'typer', 'rich', 'quart', 'httpx', 'hypercorn', 'sqlite3', 'blake3', 'yaml'}\n"
        "found = {m for m in sys.modules if m in slow or m.startswith('pachlite.store')}\n"
        "assert not found, found\n"
    )
    environment = {**os.environ, "PACHLITE_HOME": str(tmp_path / "home"), **variables}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout
    assert not (tmp_path / "home").exists()


def test_commands_do_not_load_the_server(tmp_path):
    code = (
        "import sys\nfrom pachlite.cli.main import application\n"
        "from typer.main import get_command\n"
        "try:\n    get_command(application(['list', 'repo'])).main(['list', 'repo'])\n"
        "except SystemExit as leaving:\n    assert not leaving.code\n"
        "found = {'quart', 'httpx', 'hypercorn', 'rich', 'yaml'} & set(sys.modules)\n"
        "assert not found, found\n"
    )
    home = os.environ | {"PACHLITE_HOME": str(tmp_path / "home")}
    done = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_bytes_go_through_pipes_unchanged(program):
    content = bytes(range(256)) * 40_000
    assert program("create", "repo", "r").returncode == 0

    put = program("put", "file", "r@b:/x", "-f", "-", stdin=content)
    assert (put.returncode, put.stdout, put.stderr) == (0, b"", b"")

    assert program("get", "file", "r@b:/x").stdout == content


def test_a_reader_who_leaves_early_hears_nothing(program, tmp_path):
    program("create", "repo", "r")
    program("put", "file", "r@b:/x", stdin=b"x" * (8 * MIB))

    process = _start(
        tmp_path, "get", "file", "r@b:/x", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.read(1) == b"x"
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), error) == (1, b"")


def test_a_list_for_nobody_is_quiet(tmp_path, program):
    program("create", "repo", "r")
    read, write = os.pipe()
    os.close(read)

    process = _start(tmp_path, "list", "repo", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, error = process.communicate()

    assert (process.returncode, error) == (1, b"")


def _in_a_shell(tmp_path, script, **variables):
    return subprocess.run(
        ["sh", "-c", script.replace("pachlite", f"{sys.executable} -m pachlite")],
        env={**os.environ, "PACHLITE_HOME": str(tmp_path / "home"), **variables},
        capture_output=True,
        check=False,
    )


def test_closed_streams_are_no_defects(program, tmp_path):
    program("create", "repo", "r")

    put = _in_a_shell(tmp_path, "pachlite put file r@b:/x <&-")
    assert (put.returncode, put.stderr) == (
        1, b"error: standard input: it is closed\nhint: nothing was written\n",
    )  # fmt: skip
    assert _in_a_shell(tmp_path, "pachlite list repo >&-").stderr == b""
    assert _in_a_shell(tmp_path, "pachlite inspect repo x 2>&-").returncode == 1
    assert _in_a_shell(tmp_path, "pachlite delete repo --all <&-").stderr == b"Repo deleted.\n"


def test_a_terminal_that_lacks_letters_gets_escapes(program, tmp_path):
    program("create", "repo", "r", "-d", "späße")

    listed = _in_a_shell(tmp_path, "pachlite list repo", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert b"sp\\xe4\\xdfe" in listed.stdout
    assert listed.stderr == b""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("command", ["list repo", "inspect repo ä", "list repo --raw"])
def test_json_is_json_whatever_letters_a_terminal_has(program, tmp_path, encoding, command):
    program("create", "repo", "r", "-d", "späße 🎉")

    listed = _in_a_shell(
        tmp_path, f"pachlite {command} -o json", PYTHONIOENCODING=encoding, PYTHONUTF8="0"
    )

    assert isinstance(json.loads(listed.stdout.decode("ascii")), list | dict)


@pytest.mark.parametrize(
    "command", ["version", "list repo", "list repo -o json", "inspect repo x -o json"]
)
def test_a_full_disk_behind_standard_output_is_an_error(program, tmp_path, command):
    full = _in_a_shell(tmp_path, f"pachlite {command} >/dev/full")

    assert full.returncode == 1
    assert full.stderr.startswith(b"error: ")
    assert b"Traceback" not in full.stderr


def test_a_version_for_nobody_is_quiet(tmp_path):
    read, write = os.pipe()
    os.close(read)

    process = _start(tmp_path, "version", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, error = process.communicate()

    assert (process.returncode, error) == (1, b"")


def test_an_interrupted_put_leaves_nothing(program, tmp_path):
    program("create", "repo", "r")
    program("put", "file", "r@b:/before", stdin=b"1")
    process = _start(
        tmp_path, "put", "file", "r@b:/x", "--no-progress",
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    # A pipe holds 64 KiB: when all this is written, the program is reading it.
    process.stdin.write(b"x" * (8 * MIB))
    process.stdin.flush()

    process.send_signal(signal.SIGINT)
    error = process.stderr.read()
    process.stdin.close()
    process.stderr.close()

    assert process.wait() == 130
    assert error == b"interrupted\n"
    assert program("list", "file", "r@b").stdout == b"SIZE NAME\n1B   /before\n"
    assert program("list", "commit", "r").stdout.count(b"\n") == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_a_command_in_good_order(program, tmp_path, number):
    program("create", "repo", "r")
    process = _start(
        tmp_path, "put", "file", "r@b:/x", "--no-progress",
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdin.write(b"x" * (8 * MIB))
    process.stdin.flush()

    process.send_signal(number)
    error = process.stderr.read()
    process.stdin.close()
    process.stderr.close()

    assert (process.wait(), error) == (128 + number, b"")
    assert program("list", "branch", "r").stdout.count(b"\n") == 1


def test_a_command_that_ignores_hanging_up_goes_on(program, tmp_path):
    program("create", "repo", "r")
    process = _start(
        tmp_path, "put", "file", "r@b:/x", stdin=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )  # fmt: skip
    process.stdin.write(b"x" * (8 * MIB))
    process.stdin.flush()
    process.send_signal(signal.SIGHUP)
    process.stdin.close()

    assert process.wait() == 0
    assert program("list", "file", "r@b").stdout == b"SIZE NAME\n8MiB /x\n"


@pytest.fixture
def slow():
    """A web server that answers requests when it is told to."""
    server = _SlowServer()
    yield server
    server.close()


def test_an_interrupted_put_of_many_files_leaves_nothing(program, tmp_path, slow):
    program("create", "repo", "r")
    (tmp_path / "list").write_text("".join(f"{slow.url}/{number}\n" for number in range(8)))
    process = _start(
        tmp_path,
        "put", "file", "r@b", "--no-progress", "-i", str(tmp_path / "list"),
        stderr=subprocess.PIPE,
    )  # fmt: skip
    slow.wait_for_requests(2)

    process.send_signal(signal.SIGINT)
    slow.release()
    error = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), error) == (130, b"interrupted\n")
    assert program("list", "branch", "r").stdout.count(b"\n") == 1


def test_an_interrupted_get_leaves_no_local_file(program, tmp_path):
    program("create", "repo", "r")
    program("put", "file", "r@b:/x", stdin=b"x" * (4 * MIB))
    os.mkfifo(tmp_path / "pipe")
    process = _start(
        tmp_path,
        "get", "file", "r@b:/x", "--no-progress", "-o", str(tmp_path / "pipe"),
        stderr=subprocess.PIPE,
    )  # fmt: skip
    with (tmp_path / "pipe").open("rb") as pipe:
        assert pipe.read(1) == b"x"
        process.send_signal(signal.SIGINT)
        error = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), error) == (130, b"interrupted\n")


def test_two_programs_write_at_once(program, tmp_path):
    program("create", "repo", "r")
    writers = [
        _start(tmp_path, "put", "file", f"r@b:/{name}", stdin=subprocess.PIPE) for name in "abcd"
    ]
    for process in writers:
        process.stdin.write(b"x" * MIB)
    for process in writers:
        process.stdin.close()

    assert [process.wait() for process in writers] == [0] * 4
    assert program("list", "file", "r@b").stdout.count(b"1MiB") == 4
    assert program("list", "commit", "r@b").stdout.count(b"\n") == 5


def test_a_reader_is_not_held_up_by_a_writer(program, tmp_path):
    program("create", "repo", "r")
    program("put", "file", "r@b:/x", stdin=b"old")
    writer = _start(tmp_path, "put", "file", "r@b:/x", stdin=subprocess.PIPE)
    writer.stdin.write(b"x" * (2 * MIB))
    writer.stdin.flush()

    assert program("get", "file", "r@b:/x").stdout == b"old"

    writer.stdin.close()
    assert writer.wait() == 0
    assert len(program("get", "file", "r@b:/x").stdout) == 2 * MIB


def _on_a_terminal(tmp_path, *words, typed=b"", **variables):
    """Run the program with all streams on a terminal; return exit code and what it showed."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    environment |= {"PACHLITE_HOME": str(tmp_path / "home"), "TERM": "xterm", "PAGER": "cat"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pachlite", *words],
        env={**environment, **variables},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, typed)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # Linux ends a terminal with an error
        pass
    os.close(ours)
    return process.wait(), shown.decode().replace("\r\n", "\n")


def test_a_terminal_is_told_that_it_is_waited_for(program, tmp_path):
    program("create", "repo", "r")

    code, shown = _on_a_terminal(tmp_path, "put", "file", "r@b:/x", "-f", "-", typed=b"hi\n\x04")

    assert code == 0
    assert "reading from the terminal; end with Ctrl-D\n" in shown
    assert "put 1 file, 3B, commit " in shown
    assert program("get", "file", "r@b:/x").stdout == b"hi\n"


def test_a_terminal_sees_a_bar_while_it_takes_long(program, tmp_path):
    program("create", "repo", "r")
    ours, theirs = pty.openpty()
    process = _start(tmp_path, "put", "file", "r@b:/x", stdin=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"put 0 of 1 files" not in shown:  # it comes as long as the put is not over
        shown += os.read(ours, 4096)

    process.stdin.close()
    with suppress(OSError):  # Linux ends a terminal with an error
        while piece := os.read(ours, 4096):
            shown += piece
    os.close(ours)

    assert process.wait() == 0
    assert b"put 1 file, 0B, commit " in shown


def test_colours_are_for_terminals_that_want_them(program, tmp_path):
    program("create", "repo", "r")
    program("put", "file", "r@b:/x", stdin=b"1\n")
    diff = ("diff", "file", "r@b")

    assert "\x1b[32m+1\x1b[0m\n" in _on_a_terminal(tmp_path, *diff)[1]
    assert "\x1b" not in _on_a_terminal(tmp_path, *diff, NO_COLOR="1")[1]
    assert "\x1b" not in _on_a_terminal(tmp_path, *diff, TERM="dumb")[1]
    assert "\x1b" not in _on_a_terminal(tmp_path, *diff, "--no-color")[1]
    assert b"\x1b" not in program(*diff).stdout
    assert "\x1b[31merror:" in _on_a_terminal(tmp_path, "inspect", "repo", "x")[1]


def test_a_pager_shows_differences_unless_it_is_not_wanted(program, tmp_path):
    program("create", "repo", "r")
    program("put", "file", "r@b:/x", stdin=b"1\n")
    numbered = {"PAGER": "cat -n", "NO_COLOR": "1"}

    assert "1\t--- /dev/null" in _on_a_terminal(tmp_path, "diff", "file", "r@b", **numbered)[1]
    shown = _on_a_terminal(tmp_path, "diff", "file", "r@b", "--no-pager", **numbered)[1]
    assert shown.startswith("--- /dev/null")
    shown = _on_a_terminal(tmp_path, "diff", "file", "r@b", PAGER="no-such-pager", NO_COLOR="1")[1]
    assert "warning: cannot start the pager no-such-pager" in shown
    assert "+1\n" in shown


@pytest.mark.parametrize(
    ("answer", "is_deleted"), [(b"n\n", False), (b"\n", False), (b"y\n", True)]
)
def test_a_terminal_is_asked_before_all_repos_go(program, tmp_path, answer, is_deleted):
    program("create", "repo", "r")

    code, shown = _on_a_terminal(tmp_path, "delete", "repo", "--all", typed=answer)

    assert "This deletes default/r.\nAre you sure" in shown
    assert code == (0 if is_deleted else 1)
    assert (b" r " in program("list", "repo").stdout) is not is_deleted


def test_nobody_is_asked_who_said_yes(program, tmp_path):
    program("create", "repo", "r")

    code, shown = _on_a_terminal(tmp_path, "delete", "repo", "--all", "--yes")

    assert (code, shown) == (0, "Repo deleted.\n")


def test_the_version_fits_the_package(program):
    assert program("version", "--client-only").stdout.decode().strip() == __version__


class _SlowServer:
    """Answers requests with a first byte, and with the rest when it is released."""

    def __init__(self):
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        released, requests = threading.Event(), threading.Semaphore(0)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"1")
                requests.release()
                released.wait(60)
                with suppress(OSError):
                    self.wfile.write(b"2")

            def log_message(self, *_):
                pass

        self._requests, self.release = requests, released.set
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def wait_for_requests(self, count):
        for _ in range(count):
            assert self._requests.acquire(timeout=60)

    def close(self):
        self.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
