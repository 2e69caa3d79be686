"""What to change when an S3 client fails, judged by what it says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_ADVICE: Final = (
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|unknown authority|self.signed|"
        r"UnknownIssuer|SSL validation failed|certificate problem|PKIX path",
        "trust the certificate of the gateway: --ca-file tls/certificate.pem in its store",
    ),
    (
        r"WRONG_VERSION_NUMBER|wrong version number|gave HTTP response to HTTPS|record layer",
        "the endpoint speaks plain HTTP: write http:// in front of it",
    ),
    (
        r"[Cc]onnection ?[Rr]efused|ECONNREFUSED|Could not connect to|refused",
        "nothing listens there: start it with pachlite serve s3, or name another --endpoint",
    ),
    (
        r"Name or service not known|no such host|getaddrinfo|nodename nor servname|"
        r"name resolution|UnknownHost",
        "the client looks for the bucket in the host name: make it use path style, as in "
        "pachlite s3 config {client}",
    ),
    (
        r"SignatureDoesNotMatch",
        "the secret key is another one, or a proxy rewrote the request: it must pass on Host and "
        "path unchanged",
    ),
    (
        r"InvalidAccessKeyId",
        "the access key is unknown, expired or revoked: give another by --access-key, --secret-key",
    ),
    (r"RequestTimeTooSkewed|RequestExpired", "set the clock of this machine or the gateway's"),
    (
        r"AccessDenied|Access Denied|Forbidden|\b403\b",
        "this key may not do that: give one that may by --access-key and --secret-key",
    ),
    (
        r"unknown command|unrecognized arguments|No help topic|unexpected keyword|no such option|"
        r"flag provided but not defined|has no attribute",
        "this version of {client} is too old: {install}",
    ),
    (
        r"ModuleNotFoundError|ImportError|No module named",
        "the client is not complete: {install}",
    ),
    (
        r"InternalError|\b500\b",
        "this is a defect of the gateway: its log says more",
    ),
)
_ELSE: Final = "compare with what pachlite s3 config {client} prints"


def advice(answer: str, client: str, install: str) -> str:
    """Return what to change, judged by what came back."""
    found = (text for pattern, text in _ADVICE if re.search(pattern, answer))
    return next(found, _ELSE).format(client=client, install=install)


def proxy_in_the_way(endpoint: str, environment: Mapping[str, str]) -> str:
    """Return the variable that sends requests for the endpoint to a proxy, or nothing."""
    parts = urlsplit(endpoint)
    lower = {name.lower(): name for name in environment if environment[name]}
    candidates = (f"{parts.scheme}_proxy", "all_proxy")
    variable = next((lower[name] for name in candidates if name in lower), "")
    excepted = environment.get(lower.get("no_proxy", ""), "").split(",")
    host = parts.hostname or ""
    return "" if any(_covers(each.strip(), host) for each in excepted) else variable


def _covers(exception: str, host: str) -> bool:
    """Say whether an entry of `NO_PROXY` is about a host: the name, a domain, or everything."""
    domain = exception.partition(":")[0].lstrip(".")
    return exception == "*" or (bool(domain) and (host == domain or host.endswith(f".{domain}")))
