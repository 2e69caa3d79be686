"""What `s3 env` and `s3 config` print is run as it stands, by the clients it is for."""

import ast
import json
import os
import subprocess
from pathlib import Path

import pytest

from pachlite.cli.s3_snippets import CLIENTS
from tests.s3.client_table import SCHEMES
from tests.s3.clients import HAS_BUILT_CLIENTS, built, client_program
from tests.s3.process import running_gateway

BUCKET = "dev.snippets"
PYTHON = [name for name, client in CLIENTS.items() if client.language == "python"]
SHOWN = {
    "boto3": "hello",
    "minio-py": "hello",
    "s3fs": "hello",
    "obstore": "hello",
    "deltalake": "0",
    "pandas": "2  3",
    "pyarrow": "n: [[1,2,3]]",
    "polars": "shape: (3, 1)",
}


@pytest.fixture(scope="module", params=SCHEMES)
def gateway(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("snippets") / "home"
    options = ("--tls", "auto") if request.param == "https" else ()
    with running_gateway(home, *options) as gateway:
        yield gateway


@pytest.fixture
def config(cli, gateway):
    """Run `s3 config` or `s3 env` for the gateway and an empty bucket; return what it printed."""
    gateway.request("PUT", f"/{BUCKET}")
    where = ["--endpoint", gateway.endpoint]
    where += ["--ca-file", str(gateway.ca)] if gateway.ca else []

    def run(*words):
        return cli.ok("s3", *words, *where)

    return run


def execute(command, tmp_path, *, path=None, **variables):
    done = subprocess.run(
        [str(word) for word in command],
        env={
            "HOME": str(tmp_path),
            "PATH": f"{path or ''}{os.pathsep}{os.environ['PATH']}",
            **variables,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("client", PYTHON)
def test_python_snippet_writes_and_reads(config, tmp_path, client):
    script = config("config", client, "--bucket", BUCKET)
    assert SHOWN[client] in execute([client_program(client), "-c", script], tmp_path)


def test_duckdb_snippet_writes_and_reads(config, tmp_path):
    (tmp_path / "snippet.sql").write_text(config("config", "duckdb", "--bucket", BUCKET))
    script = (
        "import duckdb, duckdb_extensions;"
        "duckdb_extensions.import_extension('httpfs');"  # which INSTALL would fetch from afar
        "print(duckdb.sql(open('snippet.sql').read()))"
    )
    assert "int32" in execute([client_program("duckdb"), "-c", script], tmp_path)


def test_s5cmd_snippet_lists(config, gateway, tmp_path):
    gateway.request("PUT", f"/{BUCKET}/a.txt", b"1")
    script = config("config", "s5cmd", "--bucket", BUCKET)
    command = ["bash", "-ec", script]
    assert "a.txt" in execute(command, tmp_path, path=client_program("s5cmd").parent)


def test_mc_snippet_lists(config, gateway, tmp_path):
    gateway.request("PUT", f"/{BUCKET}/a.txt", b"1")
    script = config("config", "mc", "--bucket", BUCKET)
    shown = execute(["bash", "-ec", script], tmp_path, path=built("go", "bin", "mc").parent)
    assert "a.txt" in shown


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("aws", ["--profile", "pachlite", "s3", "ls", f"s3://{BUCKET}"]),
        ("rclone", ["lsf", f"pachlite:{BUCKET}"]),
        ("s3cmd", ["-c", "{home}/.s3cfg-pachlite", "ls", f"s3://{BUCKET}"]),
        pytest.param(
            "mc",
            ["ls", f"pachlite/{BUCKET}"],
            marks=pytest.mark.skipif(not HAS_BUILT_CLIENTS, reason="it is built by make clients"),
        ),
    ],
)
def test_written_configuration_is_used(config, gateway, tmp_path, monkeypatch, client, words):
    monkeypatch.setenv("HOME", str(tmp_path))
    gateway.request("PUT", f"/{BUCKET}/a.txt", b"1")
    program = built("go", "bin", "mc") if client == "mc" else client_program(client)
    config("config", client, "--write")
    trust = {"SSL_CERT_FILE": str(gateway.ca)} if gateway.ca else {}
    command = [program, *(word.format(home=tmp_path) for word in words)]
    assert "a.txt" in execute(command, tmp_path, **trust)


def test_environment_leads_aws_to_the_gateway(config, gateway, tmp_path):
    gateway.request("PUT", f"/{BUCKET}/a.txt", b"1")
    script = config("env") + f"aws s3 ls s3://{BUCKET}\n"
    command = ["bash", "-ec", script]
    assert "a.txt" in execute(command, tmp_path, path=client_program("aws").parent)


def test_environment_is_written_for_each_shell(cli):
    bash = cli.ok("s3", "env", "--access-key", "a", "--secret-key", "it's \\ $x")
    assert "export AWS_ACCESS_KEY_ID=a\n" in bash
    read = ["bash", "-c", f'{bash}printf %s "$AWS_SECRET_ACCESS_KEY"']
    assert subprocess.check_output(read, text=True) == "it's \\ $x"
    fish = cli.ok("s3", "env", "--shell", "fish", "--secret-key", "it's \\")
    assert "set -gx AWS_SECRET_ACCESS_KEY 'it\\'s \\\\'\n" in fish
    powershell = cli.ok("s3", "env", "--shell", "powershell", "--secret-key", "it's")
    assert "$env:AWS_SECRET_ACCESS_KEY = 'it''s'\n" in powershell
    shown = cli.json("s3", "env", "--endpoint", "data.example.org:9000")
    assert shown["AWS_ENDPOINT_URL"] == "http://data.example.org:9000"
    assert shown["AWS_ALLOW_HTTP"] == "true"


def test_certificate_of_the_store_is_trusted_without_being_named(cli):
    assert "AWS_CA_BUNDLE" not in cli.ok("s3", "env", "--endpoint", "https://localhost:30600")
    own = cli.home / "tls" / "certificate.pem"
    own.parent.mkdir(parents=True)
    own.write_text("")
    shown = cli.json("s3", "env", "--endpoint", "https://localhost:30600")
    assert shown["AWS_CA_BUNDLE"] == str(own)
    assert "AWS_CA_BUNDLE" not in cli.ok("s3", "env", "--endpoint", "https://example.org")


@pytest.mark.parametrize("client", CLIENTS)
def test_snippet_is_complete(cli, client):
    shown = cli.ok("s3", "config", client, "--access-key", "key", "--secret-key", "secret")
    assert "{{" not in shown
    assert "key" in shown
    assert "localhost:30600" in shown


def test_nothing_in_a_value_ends_it(cli):
    odd = 'it\'s \\ $x "q" `id`'
    keys = ["--access-key", odd, "--secret-key", odd]
    script = cli.ok("s3", "config", "s5cmd", *keys).replace("s5cmd ls", "true")
    read = ["bash", "-c", f'{script}printf %s "$AWS_SECRET_ACCESS_KEY"']
    assert subprocess.check_output(read, text=True) == odd
    for client in PYTHON:
        literals = [
            node.value
            for node in ast.walk(ast.parse(cli.ok("s3", "config", client, *keys)))
            if isinstance(node, ast.Constant)
        ]
        assert literals.count(odd) == 2
    assert "it''s" in cli.ok("s3", "config", "duckdb", *keys)


def test_unknown_client_is_refused_with_a_proposal(cli):
    assert "did you mean duckdb?" in cli.fails("s3", "config", "duckdv")
    assert "known are aws, boto3" in cli.fails("s3", "config", "xyz")


@pytest.mark.parametrize(
    "endpoint",
    ["ftp://a", "http://", "http://a/path", "localhost:x", "http://[::1", "http://me@here"],
)
def test_endpoint_that_cannot_be_is_refused(cli, endpoint):
    assert "endpoint" in cli.fails("s3", "env", "--endpoint", endpoint)


def test_client_without_configuration_file_is_not_written(cli):
    assert "no configuration file" in cli.fails("s3", "config", "boto3", "--write")


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty home directory."""
    home = tmp_path / "somebody"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for variable in ("AWS_CONFIG_FILE", "MC_CONFIG_DIR", "RCLONE_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    return home


def test_configuration_is_merged_with_what_is_there(cli, home):
    path = home / ".aws" / "config"
    path.parent.mkdir()
    path.write_text(
        "# mine\n[default]\nregion=eu-west-1\n\n[profile pachlite]\noutput = json\n"
        "region = eu-west-1\ns3 =\n  max_concurrent_requests = 3\n\n[profile other]\nregion = x\n"
    )
    path.chmod(0o640)
    result = cli.run("s3", "config", "aws", "--write", "--access-key", "k")
    assert f"changed {path}" in result.stderr
    assert path.read_text() == (
        "# mine\n[default]\nregion=eu-west-1\n\n[profile pachlite]\noutput = json\n"
        "region = us-east-1\ns3 =\n  max_concurrent_requests = 3\n"
        "endpoint_url = http://localhost:30600\naws_access_key_id = k\n"
        "aws_secret_access_key = any-secret\n\n[profile other]\nregion = x\n"
    )
    assert path.stat().st_mode & 0o777 == 0o640
    before = path.read_text()
    cli.ok("s3", "config", "aws", "--write", "--access-key", "k")
    assert path.read_text() == before


def test_new_configuration_is_for_its_owner_alone(cli, home):
    result = cli.run("s3", "config", "s3cmd", "--write")
    path = home / ".s3cfg-pachlite"
    assert f"wrote {path}" in result.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in home.iterdir()] == [path.name]


def test_alias_is_added_to_those_of_mc(cli, home):
    path = home / ".mc" / "config.json"
    path.parent.mkdir()
    path.write_text('{"version": "10", "aliases": {"play": {"url": "x"}}, "other": 1}')
    cli.ok("s3", "config", "mc", "--write")
    content = json.loads(path.read_text())
    assert content["aliases"]["play"] == {"url": "x"}
    assert content["aliases"]["pachlite"]["url"] == "http://localhost:30600"
    assert (content["version"], content["other"]) == ("10", 1)


@pytest.mark.parametrize("content", ["{", "[]", '{"aliases": 1}'])
def test_broken_configuration_is_left_alone(cli, home, content):
    path = home / ".mc" / "config.json"
    path.parent.mkdir()
    path.write_text(content)
    assert "cannot be understood" in cli.fails("s3", "config", "mc", "--write")
    assert path.read_text() == content


def test_configuration_follows_the_variable_that_moves_it(cli, home, monkeypatch):
    moved = home / "elsewhere"
    monkeypatch.setenv("RCLONE_CONFIG", str(moved))
    cli.ok("s3", "config", "rclone", "--write")
    assert "[pachlite]" in moved.read_text()


def test_token_of_the_environment_is_both_keys(cli, monkeypatch):
    monkeypatch.setenv("PACHLITE_TOKEN", "secret-token")
    shown = cli.json("s3", "env")
    assert shown["AWS_ACCESS_KEY_ID"] == shown["AWS_SECRET_ACCESS_KEY"] == "secret-token"
