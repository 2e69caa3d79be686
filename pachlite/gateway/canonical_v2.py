"""What AWS Signature Version 2 signs, from the bytes that came over the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote_plus

from pachlite.gateway.canonical_v4 import path_forms
from pachlite.gateway.request import RawRequest
from pachlite.gateway.sigv2 import SignatureV2

DATE: Final = "x-amz-date"
_AMZ: Final = "x-amz-"

SIGNED_PARAMETERS: Final = frozenset(
    {
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "defaultObjectAcl",
        "delete",
        "inventory",
        "lifecycle",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "partNumber",
        "policy",
        "replication",
        "requestPayment",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "select",
        "select-type",
        "storageClass",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
    }
)
"""The parameters that are signed; all others may be changed by anybody who has the URL."""


def strings_to_sign(
    raw: RawRequest, headers: Mapping[str, str], signature: SignatureV2, *, host_bucket: str = ""
) -> Iterator[str]:
    """Give the forms of a request that a client may have signed, as sent first.

    Args:
        raw: The request.
        headers: Its headers, and those that a presigned URL carries as parameters.
        signature: What it is signed with.
        host_bucket: The bucket that the host names; it is signed as the begin of the path.
    """
    head = "\n".join(
        [
            raw.method,
            headers.get("content-md5", "").strip(),
            headers.get("content-type", "").strip(),
            _date(headers, signature),
        ]
    )
    amz = "".join(
        [
            f"{name}:{value.strip()}\n"
            for name, value in sorted(headers.items())
            if name.startswith(_AMZ)
        ]
    )
    bucket = f"/{host_bucket}" if host_bucket else ""
    for parameters in _parameter_forms(raw.query):
        for path in reversed(path_forms(raw.path)):
            yield f"{head}\n{amz}{bucket}{path}{parameters}"
            if not bucket and path.count("/") == 1 and path != "/":
                # Some sign a bucket with a slash at its end.
                yield f"{head}\n{amz}{path}/{parameters}"


def _date(headers: Mapping[str, str], signature: SignatureV2) -> str:
    if signature.expires_at is not None:
        return str(signature.expires_at)
    return "" if DATE in headers else headers.get("date", "")


def _parameter_forms(raw: bytes) -> list[str]:
    """Render the parameters that are signed, decoded: as they were sent, and without idle `=`."""
    if not raw:
        return [""]
    sent = []
    for item in raw.decode("latin-1").split("&"):
        name, equals, value = item.partition("=")
        decoded = unquote_plus(name)  # as it will be understood, or an escape would hide it
        if decoded in SIGNED_PARAMETERS:
            sent.append((decoded, equals + unquote_plus(value)))
    sent.sort()
    bare = [(name, "" if value == "=" else value) for name, value in sent]
    return [_joined(sent)] if bare == sent else [_joined(sent), _joined(bare)]


def _joined(parameters: list[tuple[str, str]]) -> str:
    return "?" + "&".join([name + value for name, value in parameters]) if parameters else ""
