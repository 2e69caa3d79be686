"""`port-forward` as people and scripts see it: words, streams, signals, exit codes."""

import json
import signal
import socket
import urllib.request

import pytest

from pachlite.cli.context import default_target
from tests.cli.forwarders import (
    echoing,
    exchange,
    free_port,
    own_name,
    running_forwarder,
)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def test_the_chosen_port_is_printed_and_leads_to_the_target(home):
    with echoing() as port, running_forwarder(home, f"127.0.0.1:{port}") as forward:
        assert forward.announced["targets"] == [f"127.0.0.1:{port}"]
        assert f"127.0.0.1:{forward.port}" in forward.announced["listening"]
        with forward.connect() as connection:
            assert exchange(connection, b"hello") == b"hello"
        assert forward.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_connections_finish(home, number):
    with echoing() as port, running_forwarder(home, f"127.0.0.1:{port}") as forward:
        with forward.connect() as connection:
            exchange(connection, b"begun")
            forward.process.send_signal(number)
            forward.wait_for_log("waiting up to 10 s for 1 connection")
            assert exchange(connection, b"finished") == b"finished"
        assert forward.process.wait(60) == 0
        assert "close" not in forward.log.read_text()


def test_a_second_signal_ends_at_once_with_a_reset(home):
    with (
        echoing() as port,
        running_forwarder(home, f"127.0.0.1:{port}", "--drain", "1h") as forward,
        forward.connect() as connection,
    ):
        exchange(connection, b"begun")
        forward.process.send_signal(signal.SIGINT)
        forward.wait_for_log("interrupt again")
        assert forward.stop(signal.SIGINT) == 0
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_forwarder_that_is_killed_ends_nothing_as_if_it_were_complete(home):
    with (
        echoing() as port,
        running_forwarder(home, f"127.0.0.1:{port}") as forward,
        forward.connect() as connection,
    ):
        exchange(connection, b"half an answer")
        forward.stop(signal.SIGKILL)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_client_waits_for_a_target_that_comes_later(home):
    port = free_port()
    with running_forwarder(home, f"127.0.0.1:{port}", "--log-format", "json") as forward:
        with forward.connect() as connection:
            connection.sendall(b"early")
            forward.wait_for_log('"event": "hold"')
            with echoing(port):
                assert connection.recv(5) == b"early"
        assert forward.stop() == 0
        events = [json.loads(line) for line in forward.log.read_text().splitlines()]
        names = [each["event"] for each in events]
        assert names[:2] == ["listen", "listen"]
        assert {"accept", "hold", "dial_failed", "up", "close"} <= set(names)
        closed = events[names.index("close")]
        assert closed["up_bytes"] == closed["down_bytes"] == 5
        assert closed["conn"] == 1


def test_running_forwarders_are_shown_until_they_end(home, cli):
    runtime = {"XDG_RUNTIME_DIR": str(home.parent)}
    with echoing() as port, running_forwarder(home, f"127.0.0.1:{port}") as forward:
        with forward.connect() as connection:
            exchange(connection, b"hello")
            shown = cli.run("port-forward", "--status", "--json", env=runtime)
            (found,) = json.loads(shown.stdout)
            assert found["pid"] == forward.process.pid
            assert found["connections"] == 1
            assert found["up_bytes"] == 5
            table = cli.run("port-forward", "--status", env=runtime).stdout
            assert f"127.0.0.1:{port} (up)" in table
        forward.stop()
        assert json.loads(cli.run("port-forward", "--status", "--json", env=runtime).stdout) == []


def test_what_a_killed_forwarder_left_behind_is_not_shown(home, cli):
    runtime = {"XDG_RUNTIME_DIR": str(home.parent)}
    with running_forwarder(home, "127.0.0.1:1", "--probe", "off") as forward:
        forward.stop(signal.SIGKILL)
        assert list((home.parent / "pachlite").glob("*.sock"))
        assert json.loads(cli.run("port-forward", "--status", "--json", env=runtime).stdout) == []
        assert not list((home.parent / "pachlite").glob("*.sock"))


def test_metrics_are_served(home):
    metrics = f"127.0.0.1:{free_port()}"
    with (
        echoing() as port,
        running_forwarder(home, f"127.0.0.1:{port}", "--metrics", metrics) as forward,
    ):
        with forward.connect() as connection:
            exchange(connection, b"hello")
            with urllib.request.urlopen(f"http://{metrics}/metrics") as answer:
                text = answer.read().decode()
        assert "\npachlite_forward_sent_bytes_total 5\n" in text
        assert f'\npachlite_forward_target_up{{target="127.0.0.1:{port}"}} 1\n' in text
        assert forward.stop() == 0


def test_a_command_runs_when_the_target_is_back(home, tmp_path):
    port, told = free_port(), tmp_path / "told"
    command = f"echo $PACHLITE_FORWARD_TARGET > {told}"
    with running_forwarder(
        home, f"127.0.0.1:{port}", "--on-reconnect", command, "--probe", "off"
    ) as forward:
        with forward.connect() as connection:
            forward.wait_for_log("lost")
            with echoing(port):
                assert exchange(connection, b"hello") == b"hello"
        assert forward.stop() == 0
    assert told.read_text() == f"127.0.0.1:{port}\n"


def test_a_lost_target_ends_it_where_that_is_wanted(home):
    with running_forwarder(home, f"127.0.0.1:{free_port()}", "--exit-on-loss") as forward:
        assert forward.process.wait(60) == 2
        assert "error: the target is lost" in forward.log.read_text()


def test_a_target_that_is_never_reached_ends_it_where_that_is_wanted(program):
    done = program("port-forward", "--port", "0", "127.0.0.1:1", "--wait-ready", "200ms")

    assert done.returncode == 3
    assert done.stdout == b""
    assert b"error: no target could be reached" in done.stderr


def test_a_hang_up_makes_it_try_again_at_once(home):
    with running_forwarder(home, f"127.0.0.1:{free_port()}", "--log-format", "json") as forward:
        forward.wait_for_log('"event": "lost"')
        forward.process.send_signal(signal.SIGHUP)
        forward.wait_for_log("dial_failed")
        assert forward.stop() == 0


def test_a_port_that_is_taken_is_refused_and_the_owner_named(cli):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = cli.fails("port-forward", "127.0.0.1:1", "--port", port)

    assert f"127.0.0.1:{port} is in use by" in said
    assert own_name() in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is no target to forward to"),
        (["ftp://gw"], "cannot be understood"),
        (["gw", "--hold", "soon"], "'soon' is no duration"),
        (["gw", "-L", "80"], "cannot be understood"),
        (["gw", "-L", "0.0.0.0:0:80"], "say that it is meant: --address 0.0.0.0"),
        (["gw", "--address", "gw"], "is no address to listen on"),
        (["gw", "--chaos", "explode"], "it begins with one of reset"),
        (["127.0.0.1:30600"], "is where the forwarder itself listens"),
        (["127.0.0.1:1", "--port", "0", "--metrics", "127.0.0.1"], "metrics"),
        (["127.0.0.1:1", "--address", "192.0.2.1", "--port", "0"], "cannot listen on 192.0.2.1"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_starts(cli, words, said):
    assert said in cli.fails("port-forward", *words)


def test_options_for_what_pachlite_lacks_are_accepted(home):
    words = ("--namespace", "x", "--dex-port", "1", "--console-port", "2")
    with running_forwarder(home, "127.0.0.1:1", *words) as forward:
        assert "ignored: --namespace, --dex-port, --console-port\n" in forward.log.read_text()
        assert forward.stop() == 0


def test_the_environment_names_the_target(home, monkeypatch):
    with running_forwarder(home, PACHD_ADDRESS="grpc://127.0.0.1:30650") as forward:
        assert forward.announced["targets"] == ["127.0.0.1:30600"]
        assert forward.stop() == 0
    monkeypatch.setenv("PACHD_ADDRESS", "pachd:1")
    monkeypatch.setenv("PACHLITE_ADDRESS", "gw:2")
    assert default_target() == "gw:2"


def test_a_directory_of_somebody_else_is_not_believed(home, cli):
    runtime = home.parent / "pachlite"
    runtime.mkdir()
    runtime.chmod(0o777)
    said = cli.run("port-forward", "--status", env={"XDG_RUNTIME_DIR": str(home.parent)})

    assert said.exit_code == 1
    assert "can be written by others" in said.stderr
    with running_forwarder(home, "127.0.0.1:1") as forward:
        forward.wait_for_log("warning: --status will not find it")
        assert forward.stop() == 0
