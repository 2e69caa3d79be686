"""Programs that sign in their own ways, at a gateway that asks who you are."""

import hashlib
import os
import subprocess

import pytest

from pachlite.cli.s3_snippets import Connection
from tests.s3.clients import built, program
from tests.s3.guarded import guarded_gateway

MIB = 1024 * 1024
VERSIONS = {"S3v4": "false", "S3v2": "true"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A gateway that asks, with a bucket of alice's."""
    with guarded_gateway(tmp_path_factory.mktemp("guarded") / "home") as guarded:
        guarded.s3(guarded.alice).create_bucket(Bucket="files")
        yield guarded


@pytest.fixture
def run(guarded, tmp_path):
    """Run a program with a key pair in its environment; return what it printed."""
    pair = guarded.alice
    endpoint = guarded.gateway.endpoint
    connection = Connection(endpoint, pair.access_key, pair.secret_key)
    told = {"ENDPOINT": endpoint, "HOME": str(tmp_path)}

    def call(*command, **more):
        done = subprocess.run(
            [str(word) for word in command],
            env={**os.environ, **connection.environment(), **told, **more},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    return call


@pytest.fixture
def big(tmp_path):
    """A file that takes several parts, with a name that takes escapes."""
    path = tmp_path / "big +ü.bin"
    path.write_bytes(hashlib.shake_128(b"big").digest(17 * MIB))
    return path


def check(guarded, key, path):
    stored = guarded.s3(guarded.alice).get_object(Bucket="files", Key=key)["Body"].read()
    assert stored == path.read_bytes()


@pytest.mark.parametrize("api", VERSIONS)
def test_mc_signs_chunks_and_everything_else(guarded, run, big, api):
    pair = guarded.alice
    mc = built("go", "bin", "mc")
    alias = ("alias", "set", "p", guarded.gateway.endpoint, pair.access_key, pair.secret_key)
    run(mc, *alias, "--api", api)
    run(mc, "cp", big, f"p/files/mc {api}/")
    check(guarded, f"mc {api}/{big.name}", big)
    assert big.name in run(mc, "ls", "-r", "p/files")
    assert "http" in run(mc, "share", "download", f"p/files/mc {api}/{big.name}")
    run(mc, "rm", f"p/files/mc {api}/{big.name}")


@pytest.mark.parametrize("api", VERSIONS)
def test_rclone_signs_by_both_versions(guarded, run, big, api):
    pair = guarded.alice
    options = (
        "--s3-provider=Other",
        f"--s3-endpoint={guarded.gateway.endpoint}",
        f"--s3-access-key-id={pair.access_key}",
        f"--s3-secret-access-key={pair.secret_key}",
        f"--s3-v2-auth={VERSIONS[api]}",
        "--s3-no-check-bucket",
    )
    rclone = program("transfer", "rclone")
    run(rclone, *options, "copy", "--s3-upload-cutoff=5M", big, f":s3:files/rclone {api}")
    check(guarded, f"rclone {api}/{big.name}", big)
    assert big.name in run(rclone, *options, "ls", ":s3:files")


@pytest.mark.parametrize("api", VERSIONS)
def test_s3cmd_signs_by_both_versions(guarded, run, big, tmp_path, api):
    pair = guarded.alice
    settings = {
        "access_key": pair.access_key,
        "secret_key": pair.secret_key,
        "host_base": guarded.host,
        "host_bucket": guarded.host,
        "use_https": "False",
        "signature_v2": VERSIONS[api].capitalize(),
    }
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (tmp_path / "s3cfg").write_text(f"[default]\n{lines}")
    s3cmd = (program("transfer", "s3cmd"), "-c", tmp_path / "s3cfg")
    run(*s3cmd, "put", big, f"s3://files/s3cmd {api}/{big.name}")
    check(guarded, f"s3cmd {api}/{big.name}", big)
    assert big.name in run(*s3cmd, "ls", "-r", "s3://files")
    run(*s3cmd, "del", f"s3://files/s3cmd {api}/{big.name}")


def test_sdk_for_javascript_signs_whatever_it_does(run):
    run("node", built("javascript", "main.mjs"), BUCKET="javascript.programs")


def test_sdk_of_minio_for_go_signs_whatever_it_does(run):
    run(built("go", "bin", "minio-go"), BUCKET="go.programs")


def test_sdk_for_java_signs_whatever_it_does(run):
    classes, libraries = built("java", "target", "classes"), built("java", "lib")
    run("java", "-cp", f"{classes}:{libraries}/*", "clients.Sdk", BUCKET="java.programs")
