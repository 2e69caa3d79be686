"""S3 through a forwarder, while the gateway behind it is killed and comes back."""

import os
import subprocess
from contextlib import closing

import boto3
from botocore.config import Config

from tests.cli.forwarders import running_forwarder
from tests.programs import environment, program
from tests.s3.process import running_gateway

MIB = 1 << 20


def connect(port):
    """Return a client that tries again, as clients do by default."""
    return closing(
        boto3.client(
            "s3",
            endpoint_url=f"http://localhost:{port}",
            aws_access_key_id="any",
            aws_secret_access_key="key",
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 8, "mode": "standard"}),
        )
    )


def test_s3_goes_on_after_the_gateway_was_killed(tmp_path):
    home, data = tmp_path / "home", os.urandom(6 * MIB)
    with running_gateway(home) as gateway:
        host, port = gateway.address
        with running_forwarder(tmp_path / "forward", f"http://{host}:{port}") as forward:
            with connect(forward.port) as s3:
                s3.create_bucket(Bucket="images")
                s3.put_object(Bucket="images", Key="before", Body=data)
                gateway.kill()
                with _gateway_again(home, port):
                    s3.put_object(Bucket="images", Key="after", Body=data)
                    for key in ("before", "after"):
                        got = s3.get_object(Bucket="images", Key=key)["Body"].read()
                        assert got == data
            assert forward.stop() == 0


def _gateway_again(home, port):
    """Start the gateway on the port that it had, without waiting until it is up."""
    return _Ended(
        subprocess.Popen(
            program("pachlite", "serve", "s3", "--port", str(port)),
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    )


class _Ended:
    def __init__(self, process):
        self._process = process

    def __enter__(self):
        return self._process

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(60)
