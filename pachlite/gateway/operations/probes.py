"""What clients ask before they work: features that are not there, said in the words they expect.

Every row checks that its bucket (and object) exists, then answers the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.errors import S3Code, S3Refusal
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.parameters import version_of
from pachlite.gateway.xml import XML_HEADERS, document, element
from pachlite.pfs.api import PFS

Handler = Callable[[PFS, S3Request], S3Response]


@dataclass(frozen=True, slots=True)
class Absent:
    """A configuration that no bucket or object has."""

    code: str
    message: str
    status: int = 404


_NO_LOCK: Final = Absent("InvalidRequest", "Bucket is missing Object Lock Configuration", 400)

_NO_POLICY: Final = Absent("NoSuchBucketPolicy", "The bucket policy does not exist.")

BUCKET_PROBES: Final[dict[str, bytes | Absent]] = {
    "logging": document("BucketLoggingStatus"),
    "notification": document("NotificationConfiguration"),
    "requestPayment": document("RequestPaymentConfiguration", element("Payer", "BucketOwner")),
    "encryption": Absent(
        "ServerSideEncryptionConfigurationNotFoundError",
        "The server side encryption configuration was not found",
    ),
    "lifecycle": Absent(
        "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"
    ),
    "object-lock": Absent(
        "ObjectLockConfigurationNotFoundError",
        "Object Lock configuration does not exist for this bucket.",
    ),
    "policy": _NO_POLICY,
    "policyStatus": _NO_POLICY,
    "replication": Absent(
        "ReplicationConfigurationNotFoundError", "The replication configuration was not found"
    ),
    "website": Absent(
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
    ),
}

OBJECT_PROBES: Final[dict[str, bytes | Absent]] = {
    "legal-hold": _NO_LOCK,
    "retention": _NO_LOCK,
}


def bucket_probe(subresource: str) -> Handler:
    """Return the operation that answers a probe of a bucket."""
    outcome = BUCKET_PROBES[subresource]

    def probe(pfs: PFS, request: S3Request) -> S3Response:
        check_bucket(pfs, request.bucket)
        return _answer(outcome)

    return probe


def object_probe(subresource: str) -> Handler:
    """Return the operation that answers a probe of an object."""
    outcome = OBJECT_PROBES[subresource]

    def probe(pfs: PFS, request: S3Request) -> S3Response:
        file = parse_bucket(request.bucket).file(request.key)
        pfs.inspect_file(file, version=version_of(request))
        return _answer(outcome)

    return probe


def delete_nothing(pfs: PFS, request: S3Request) -> S3Response:
    """Answer that a configuration is gone, which it always was."""
    bucket = parse_bucket(request.bucket)
    check_bucket(pfs, request.bucket)
    bucket.check_writable()
    return S3Response(status=204)


def _answer(outcome: bytes | Absent) -> S3Response:
    if isinstance(outcome, Absent):
        raise S3Refusal(S3Code(outcome.code, outcome.status), outcome.message)
    return S3Response(headers=XML_HEADERS, body=outcome)
