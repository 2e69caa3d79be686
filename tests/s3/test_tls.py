"""The gateway over TLS: certificates it makes, certificates it is given, HTTP/2, and reloading."""

import contextlib
import random
import signal
import socket
import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta

import boto3
import httpx
import pytest
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pachlite.tls.self_signed import VALID_DAYS, ensure_certificate
from tests.programs import environment, program
from tests.s3.process import running_gateway

NAMES = ("localhost", "127.0.0.1")
NOW = datetime.now(UTC)


def made(directory, now=NOW):
    """Make a certificate in a directory; return the options that serve it."""
    files = ensure_certificate(directory, NAMES, now)
    return ["--tls-cert", str(files.certificate), "--tls-key", str(files.key)]


def serial_number(gateway):
    """Return which certificate a new connection sees."""
    pem = ssl.get_server_certificate(gateway.address)
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A gateway that has made its certificate."""
    with running_gateway(tmp_path_factory.mktemp("secure") / "home", "--tls", "auto") as gateway:
        yield gateway


def test_a_client_that_trusts_the_certificate_is_served(secure):
    assert secure.endpoint.startswith("https://127.0.0.1:")
    client = boto3.client(
        "s3",
        endpoint_url=secure.endpoint,
        aws_access_key_id="any",
        aws_secret_access_key="key",
        region_name="us-east-1",
        verify=str(secure.ca),
        config=Config(retries={"max_attempts": 0}),
    )
    client.create_bucket(Bucket="boto")
    client.put_object(Bucket="boto", Key="a", Body=b"x" * 3_000_000)
    assert client.get_object(Bucket="boto", Key="a")["Body"].read() == b"x" * 3_000_000
    url = client.generate_presigned_url("get_object", Params={"Bucket": "boto", "Key": "a"})
    assert url.startswith("https://")
    upload = client.create_multipart_upload(Bucket="boto", Key="b")["UploadId"]
    named = {"Bucket": "boto", "Key": "b", "UploadId": upload}
    part = {"PartNumber": 1, "ETag": client.upload_part(**named, PartNumber=1, Body=b"1")["ETag"]}
    made = client.complete_multipart_upload(**named, MultipartUpload={"Parts": [part]})
    assert made["Location"] == f"{secure.endpoint}/boto/b"
    client.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_the_certificate_names_this_machine(secure, host):
    trust = ssl.create_default_context(cafile=secure.ca)
    with (
        socket.create_connection(secure.address) as plain,
        trust.wrap_socket(plain, server_hostname=host.strip("[]")) as connection,
    ):
        assert connection.version() in {"TLSv1.2", "TLSv1.3"}


def test_the_certificate_names_domains_of_buckets_and_is_made_again_for_new_ones(tmp_path):
    with running_gateway(tmp_path / "home", "--tls", "auto") as gateway:
        before = serial_number(gateway)
        key = (tmp_path / "home" / "tls" / "key.pem").read_bytes()
    options = ["--tls", "auto", "--domain", "s3.test"]
    with running_gateway(tmp_path / "home", *options) as gateway:
        assert serial_number(gateway) != before
        assert (tmp_path / "home" / "tls" / "key.pem").read_bytes() == key
        trust = ssl.create_default_context(cafile=gateway.ca)
        for name in ("s3.test", "bucket.s3.test"):
            with socket.create_connection(gateway.address) as plain:
                trust.wrap_socket(plain, server_hostname=name).close()


def test_nobody_else_can_read_the_key_and_everybody_learns_what_to_trust(secure):
    key = secure.home / "tls" / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    log = secure.log.read_text()
    assert f"certificate: {secure.ca}" in log
    assert f"export AWS_CA_BUNDLE={secure.ca}" in log
    assert f"AWS_ENDPOINT_URL={secure.endpoint}" in log


def test_http2_carries_small_and_large_objects(secure):
    trust = ssl.create_default_context(cafile=secure.ca)
    with httpx.Client(http2=True, verify=trust, base_url=secure.endpoint, timeout=60) as client:
        answer = client.put("/http2")
        assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
        for size in (0, 1, 70_000, 5_000_000):
            body = bytes(range(256)) * (size // 256 + 1)
            assert client.put(f"/http2/{size}", content=body[:size]).status_code == 200
            assert client.get(f"/http2/{size}").content == body[:size]
        assert client.get("/http2/none").status_code == 404
        assert client.put("/nowhere/a", content=bytes(9_000_000)).status_code == 404
        assert client.get("/http2/1").content == b"\0"


def test_a_client_that_speaks_no_tls_is_cut_and_harms_nobody(secure):
    with socket.create_connection(secure.address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"200 OK" not in connection.recv(1000)
    assert secure.request("GET", "/~/healthz").status == 200


def test_garbage_in_place_of_a_handshake_harms_nobody(secure):
    rng = random.Random(1)
    hello = bytes.fromhex("16030100c4010000c00303") + rng.randbytes(190)
    for number in range(100):
        garbage = bytearray(hello if number % 2 else rng.randbytes(300))
        garbage[rng.randrange(len(garbage))] ^= 0xFF
        with socket.create_connection(secure.address, timeout=60) as connection:
            connection.sendall(garbage[: rng.randrange(1, len(garbage))])
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                while connection.recv(1000):
                    pass
    assert secure.request("GET", "/~/healthz").status == 200


def test_http2_client_that_gives_up_in_the_middle_leaves_nothing(secure):
    trust = ssl.create_default_context(cafile=secure.ca)

    def body():
        for _ in range(20):
            yield bytes(100_000)
        raise InterruptedError

    with httpx.Client(http2=True, verify=trust, base_url=secure.endpoint, timeout=60) as client:
        client.put("/given-up")
        for _ in range(4):
            with pytest.raises(InterruptedError):
                client.put("/given-up/a", content=body(), headers={"content-length": "9000000"})
        assert client.get("/given-up/a").status_code == 404
        with client.stream("GET", "/http2/5000000") as answer:
            next(answer.iter_bytes())
        assert client.get("/given-up/a").status_code == 404


def test_a_hangup_brings_in_the_certificate_that_is_there_now(tmp_path):
    options = made(tmp_path / "own")
    with running_gateway(tmp_path / "home", *options) as gateway:
        before = serial_number(gateway)
        (tmp_path / "own" / "certificate.pem").write_bytes(b"nothing of use")
        gateway.process.send_signal(signal.SIGHUP)
        gateway.wait_for(lambda: "stays as it is" in gateway.log.read_text())
        assert serial_number(gateway) == before
        made(tmp_path / "own")
        gateway.process.send_signal(signal.SIGHUP)
        gateway.wait_for(lambda: serial_number(gateway) != before)


def refusal(home, *options):
    """Return what `serve s3` says to options that it cannot serve with."""
    done = subprocess.run(
        program("pachlite", "serve", "s3", "--port", "0", *options),
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def encrypt(path):
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"secret")
    pkcs8 = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, secret))


def exchange(path):
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda own: (own / "certificate.pem").unlink(), "cannot read the certificate"),
        (lambda own: (own / "key.pem").unlink(), "cannot read the private key"),
        (lambda own: (own / "key.pem").write_bytes(b"x"), "there is no private key in"),
        (lambda own: (own / "certificate.pem").write_bytes(b"x"), "there is no certificate in"),
        (lambda own: encrypt(own / "key.pem"), "is encrypted"),
        (lambda own: exchange(own / "key.pem"), "does not belong to"),
    ],
    ids=["no certificate", "no key", "not a key", "not a certificate", "encrypted", "other key"],
)
def test_files_that_cannot_serve_are_refused_before_anything_starts(tmp_path, damage, words):
    options = made(tmp_path / "own")
    damage(tmp_path / "own")
    assert words in refusal(tmp_path / "home", *options)


@pytest.mark.parametrize(
    ("days", "words"), [(-2 * VALID_DAYS, "has expired"), (2, "is not valid yet")]
)
def test_a_certificate_that_clients_would_refuse_is_refused(tmp_path, days, words):
    options = made(tmp_path / "own", NOW + timedelta(days=days))
    assert words in refusal(tmp_path / "home", *options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--tls", "maybe"], "--tls maybe is not known"),
        (["--tls-cert", "a"], "--tls-cert and --tls-key go together"),
        (["--tls", "auto", "--tls-cert", "a", "--tls-key", "b"], "--tls-cert names one"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path, options, words):
    assert words in refusal(tmp_path / "home", *options)
