"""SDKs of other languages, through small programs that use them like anybody does."""

import os
import subprocess
from dataclasses import replace

import pytest

from pachlite.cli.s3_requests import send
from pachlite.cli.s3_snippets import CLIENTS, snippet
from tests.s3.client_table import SCHEMES, tried
from tests.s3.clients import built, served

STORE_PASSWORD = "changeit"
EVERYTHING = ["create", "put", "get", "list", "copy", "delete", "multipart", "version"]


@pytest.fixture(scope="module", params=SCHEMES)
def gateway(request, tmp_path_factory):
    """A gateway for all programs, with and without TLS."""
    with served(tmp_path_factory.mktemp("programs") / "home", request.param) as connection:
        yield connection


@pytest.fixture
def trust_options(gateway, tmp_path):
    """What makes Java trust the certificate of the gateway."""
    if not gateway.ca_file:
        return []
    store = tmp_path / "trust.p12"
    subprocess.run(
        [
            *("keytool", "-importcert", "-noprompt", "-alias", "gateway", "-file", gateway.ca_file),
            *("-keystore", store, "-storepass", STORE_PASSWORD),
        ],
        check=True,
        capture_output=True,
    )
    return [
        f"-Djavax.net.ssl.trustStore={store}",
        f"-Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}",
    ]


def java(name, trust_options):
    classes, libraries = built("java", "target", "classes"), built("java", "lib")
    return ["java", *trust_options, "-cp", f"{classes}:{libraries}/*", f"clients.{name}"]


def run(command, gateway, bucket, tmp_path):
    """Run a program; return the version of the client and the steps that it reached."""
    connection = replace(gateway, bucket=bucket)
    spark = tmp_path / "spark.conf"
    spark.write_text(snippet(CLIENTS["spark"], connection))
    told = {"ENDPOINT": gateway.endpoint, "BUCKET": bucket, "SPARK_CONF": str(spark)}
    if gateway.ca_file:
        told |= {"NODE_EXTRA_CA_CERTS": gateway.ca_file, "SSL_CERT_FILE": gateway.ca_file}
    done = subprocess.run(
        command,
        env={**os.environ, **connection.environment(), **told},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    version = next((value for word, _, value in lines if word == "version"), "").removeprefix("v")
    steps = [value for word, _, value in lines if word == "step"]
    return version, steps, done.stderr + done.stdout if done.returncode else ""


def check(record_property, title, gateway, outcome, expected):
    version, steps, failure = outcome
    tried(record_property, title, version, gateway.endpoint.partition(":")[0], steps)
    assert failure == ""
    assert steps == expected


def test_javascript_sdk_does_everything(gateway, tmp_path, record_property):
    command = ["node", built("javascript", "main.mjs")]
    outcome = run(command, gateway, "try-js.programs", tmp_path)
    check(record_property, "AWS SDK for JavaScript", gateway, outcome, EVERYTHING)


def test_minio_go_does_everything(gateway, tmp_path, record_property):
    outcome = run([built("go", "bin", "minio-go")], gateway, "try-go.programs", tmp_path)
    check(record_property, "MinIO SDK for Go", gateway, outcome, EVERYTHING)


def test_java_sdk_does_everything(gateway, tmp_path, record_property, trust_options):
    outcome = run(java("Sdk", trust_options), gateway, "try-java.programs", tmp_path)
    check(record_property, "AWS SDK for Java", gateway, outcome, EVERYTHING)


def test_hadoop_s3a_does_everything(gateway, tmp_path, record_property, trust_options):
    """Including a job that is committed by renaming, with the settings that Spark is told."""
    bucket = "try-hadoop.programs"
    assert send(gateway, "PUT", f"/{bucket}").is_success
    outcome = run(java("S3a", trust_options), gateway, bucket, tmp_path)
    expected = ["put", "get", "list", "copy", "delete", "multipart", "version"]
    check(record_property, "Hadoop S3A, as under Spark", gateway, outcome, expected)
