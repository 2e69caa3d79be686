"""What clients ask before they work: features that are not there, said in the words they expect.

Every row checks that its bucket (and object) exists, then answers the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.errors import S3Code, S3Refusal
from pachlite.gateway.listing import OWNER, OWNER_ID, OWNER_NAME
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.gateway.parameters import version_of
from pachlite.gateway.xml import XML_HEADERS, document, element, group
from pachlite.pfs.api import PFS

Handler = Callable[[PFS, S3Request], S3Response]


@dataclass(frozen=True, slots=True)
class Absent:
    """A configuration that no bucket or object has."""

    code: str
    message: str
    status: int = 404


_ACCESS_CONTROL: Final = document(
    "AccessControlPolicy",
    OWNER,
    group(
        "AccessControlList",
        group(
            "Grant",
            '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xsi:type="CanonicalUser">',
            element("ID", OWNER_ID),
            element("DisplayName", OWNER_NAME),
            "</Grantee>",
            element("Permission", "FULL_CONTROL"),
        ),
    ),
)

_NO_LOCK: Final = Absent(
    "NoSuchObjectLockConfiguration", "the object has no lock, retention or legal hold"
)

BUCKET_PROBES: Final[dict[str, bytes | Absent]] = {
    "location": document("LocationConstraint"),
    "acl": _ACCESS_CONTROL,
    "logging": document("BucketLoggingStatus"),
    "notification": document("NotificationConfiguration"),
    "requestPayment": document("RequestPaymentConfiguration", element("Payer", "BucketOwner")),
    "cors": Absent("NoSuchCORSConfiguration", "the bucket has no CORS configuration"),
    "encryption": Absent(
        "ServerSideEncryptionConfigurationNotFoundError", "the bucket is not encrypted"
    ),
    "lifecycle": Absent("NoSuchLifecycleConfiguration", "the bucket has no lifecycle rules"),
    "object-lock": Absent("ObjectLockConfigurationNotFoundError", "the bucket has no object lock"),
    "ownershipControls": Absent(
        "OwnershipControlsNotFoundError", "the bucket has no ownership controls"
    ),
    "policy": Absent("NoSuchBucketPolicy", "the bucket has no policy"),
    "policyStatus": Absent("NoSuchBucketPolicy", "the bucket has no policy"),
    "publicAccessBlock": Absent(
        "NoSuchPublicAccessBlockConfiguration", "the bucket has no public access block"
    ),
    "replication": Absent(
        "ReplicationConfigurationNotFoundError", "the bucket is not replicated by the gateway"
    ),
    "tagging": Absent("NoSuchTagSet", "the bucket has no tags"),
    "website": Absent("NoSuchWebsiteConfiguration", "the bucket is no website"),
}

OBJECT_PROBES: Final[dict[str, bytes | Absent]] = {
    "acl": _ACCESS_CONTROL,
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


def preflight(_pfs: PFS, _request: S3Request) -> S3Response:
    """Refuse a browser's preflight request: no bucket has a CORS configuration."""
    raise S3Refusal(
        S3Code("AccessForbidden", 403), "CORSResponse: CORS is not enabled for this bucket"
    )


def _answer(outcome: bytes | Absent) -> S3Response:
    if isinstance(outcome, Absent):
        raise S3Refusal(S3Code(outcome.code, outcome.status), outcome.message)
    return S3Response(headers=XML_HEADERS, body=outcome)
