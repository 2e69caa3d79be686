"""Requests signed by botocore, as they come over the wire."""

from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pachlite.gateway.request import RawRequest, parse_request
from pachlite.gateway.signature import find_signature

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HOST = "localhost:30600"


def credentials(secret=SECRET):
    return Credentials(ACCESS_KEY, secret)


def sign(signer, method="GET", path="/images/a", *, body=b"", headers=(), host=HOST):
    """Let a signer of botocore sign a request; return it as the gateway sees it."""
    request = AWSRequest(method, f"http://{host}{path}", data=body, headers=dict(headers))
    signer.add_auth(request)
    return raw_request(method, request.url, request.headers.items())


def raw_request(method, url, headers=()):
    """Return a request as the gateway sees it."""
    parts = urlsplit(url)
    sent = {name.lower(): value for name, value in headers}
    return RawRequest(
        method,
        parts.path.encode(),
        parts.query.encode(),
        {"host": parts.netloc} | sent if parts.netloc else sent,
    )


def parsed(raw):
    """Return the decoded request and its signature."""
    request = parse_request(raw)
    return request, find_signature(raw.headers, request.query)


def sign_form(signer, policy, fields):
    """Let a signer of botocore sign a form; return its fields."""
    request = AWSRequest("POST", f"http://{HOST}/images")
    request.context["s3-presign-post-fields"] = dict(fields)
    request.context["s3-presign-post-policy"] = policy
    signer.add_auth(request)
    return request.context["s3-presign-post-fields"]
