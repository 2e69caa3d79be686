"""Signed requests as bytes, made before the clock runs: signing is the client's work."""

from __future__ import annotations

from typing import Final

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.s3_peers import ACCESS_KEY, SECRET_KEY

_CREDENTIALS: Final = Credentials(ACCESS_KEY, SECRET_KEY)
_REGION: Final = "us-east-1"


def signed(method: str, port: int, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Return a request, signed with the hash of its body, as boto3 sends it over HTTP."""
    url = f"http://127.0.0.1:{port}/{path}"
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    S3SigV4Auth(_CREDENTIALS, "s3", _REGION).add_auth(request)
    lines = [f"{method} /{path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
