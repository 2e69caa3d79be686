"""A program: one transfer with boto3, in a process of its own so that its memory is nobody else's.

Usage: python -m bench.s3_client ENDPOINT put|upload|get FILE
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config

from bench.sizes import MiB

BUCKET: Final = "master.r"
KEY: Final = "object"


def put(s3: Any, path: Path) -> None:
    with path.open("rb") as body:
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)


def upload(s3: Any, path: Path) -> None:
    s3.upload_file(str(path), BUCKET, KEY)


def get(s3: Any, path: Path) -> None:
    body = s3.get_object(Bucket=BUCKET, Key=KEY)["Body"]
    missing = path.stat().st_size
    while block := body.read(MiB):
        missing -= len(block)
    assert not missing


TRANSFERS: Final[dict[str, Callable[[Any, Path], None]]] = {
    "put": put,
    "upload": upload,
    "get": get,
}


def main(endpoint: str, transfer: str, path: str) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=600),
    )
    TRANSFERS[transfer](s3, Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
