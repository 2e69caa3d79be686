"""Forms as browsers send them."""

import base64
import json
from datetime import UTC, datetime, timedelta

BOUNDARY = "----WebKitFormBoundaryABC"


def post(gateway, fields, data=b"hello", *, bucket="photos", file_name="my file.txt", headers=()):
    """Upload a file by a form; return the answer. The file is the last field, as S3 wants it."""
    body = b""
    for name, value in fields.items():
        body += _head(name) + str(value).encode() + b"\r\n"
    if data is not None:
        body += _head("file", f'; filename="{file_name}"') + data + b"\r\n"
    kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    body += f"--{BOUNDARY}--\r\n".encode()
    return gateway.request("POST", f"/{bucket}", body, {**kind, **dict(headers)})


def policy(*conditions, minutes=5, **replaced):
    """Return a policy in base64; members can be replaced, or left out as None."""
    expiration = datetime.now(UTC) + timedelta(minutes=minutes)
    document = {
        "expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "conditions": list(conditions),
        **replaced,
    }
    kept = {name: value for name, value in document.items() if value is not None}
    return base64.b64encode(json.dumps(kept).encode()).decode()


def _head(name, more=""):
    disposition = f'Content-Disposition: form-data; name="{name}"{more}'
    return f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode()
