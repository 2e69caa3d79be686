"""A few requests to an S3 endpoint, signed: as much as it takes to see whether it serves."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote
from xml.etree.ElementTree import Element, fromstring

from pachlite.cli.s3_snippets import REGION, Connection
from pachlite.errors import SourceUnavailable

_TIMEOUT_S: Final = 10.0
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_NAMESPACE: Final = re.compile(r"\sxmlns=\"[^\"]*\"")
_HTTP_OK: Final = 200
_HTTP_REDIRECT: Final = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the request did what it was to do."""
        return _HTTP_OK <= self.status < _HTTP_REDIRECT

    @property
    def code(self) -> str:
        """The code of an error document, or the status."""
        found = re.search(rb"<Code>(\w+)</Code>", self.body)
        return found[1].decode() if found else f"status {self.status}"


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of an object, or a delete marker."""

    key: str
    version_id: str


def send(
    connection: Connection, method: str, path: str, query: Mapping[str, str] | None = None
) -> Reply:
    """Send one request without a body and return the answer, whatever it is.

    Raises:
        SourceUnavailable: There is no answer.
    """
    import httpx  # slow to import

    target = quote(path, safe="/~")
    written = "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}"
        for name, value in sorted((query or {}).items())
    )
    headers = _signed(connection, method, target, written, datetime.now(UTC))
    url = f"{connection.endpoint}{target}{'?' if written else ''}{written}"
    try:
        # A proxy of the environment is for what is far away; see the check of its own.
        with httpx.Client(verify=_trust(connection), trust_env=False, timeout=_TIMEOUT_S) as client:
            got = client.request(method, url, headers=headers)
    except (httpx.HTTPError, OSError) as error:
        unreachable = SourceUnavailable(connection.endpoint, str(error))
        unreachable.hint = "start the gateway with pachlite serve s3, or name another --endpoint"
        raise unreachable from error
    return Reply(got.status_code, got.headers, got.content)


def list_versions(connection: Connection) -> list[StoredVersion]:
    """Return all versions and delete markers in the bucket, those of a key newest first.

    Raises:
        SourceUnavailable: The endpoint does not say.
    """
    found: list[StoredVersion] = []
    markers: dict[str, str] = {}
    while True:
        reply = send(connection, "GET", f"/{connection.bucket}", {"versions": "", **markers})
        if not reply.is_success:
            raise SourceUnavailable(connection.endpoint, f"it answers {reply.code}")
        root = _parsed(reply.body)
        found += [
            StoredVersion(each.findtext("Key", ""), each.findtext("VersionId", ""))
            for each in root
            if each.tag in {"Version", "DeleteMarker"}
        ]
        if root.findtext("IsTruncated") != "true":
            return found
        markers = {
            "key-marker": root.findtext("NextKeyMarker", ""),
            "version-id-marker": root.findtext("NextVersionIdMarker", ""),
        }


def remove_bucket(connection: Connection) -> None:
    """Delete what the bucket shows, then the bucket."""
    reply = send(connection, "GET", f"/{connection.bucket}", {"list-type": "2"})
    if not reply.is_success:
        return
    for each in _parsed(reply.body).findall("Contents"):
        send(connection, "DELETE", f"/{connection.bucket}/{each.findtext('Key', '')}")
    send(connection, "DELETE", f"/{connection.bucket}")


def _parsed(body: bytes) -> Element:
    return fromstring(_NAMESPACE.sub("", body.decode()))  # noqa: S314 - from the user's own server


def _trust(connection: Connection) -> bool:
    import ssl

    if connection.ca_file:
        return ssl.create_default_context(cafile=connection.ca_file)  # type: ignore[return-value]
    return True


def _signed(
    connection: Connection, method: str, target: str, query: str, now: datetime
) -> dict[str, str]:
    """Return the headers of a request without a body, signed by AWS Signature Version 4."""
    moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    digest = hashlib.sha256(b"").hexdigest()
    headers = {"host": connection.host, "x-amz-content-sha256": digest, "x-amz-date": moment}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join((method, target, query, lines, names, digest))
    scope = f"{day}/{REGION}/s3/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{connection.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join((_ALGORITHM, moment, scope, hashed))
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"Credential={connection.access_key}/{scope}"
    return {
        **headers,
        "authorization": f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}",
    }
