"""One table: method, level and subresource to operation. What is not in it touches nothing.

The subresource is found first, among all parameters: a request for something unknown can never be
taken for the plain operation on the same path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from pachlite.gateway.access import check_expected_owner
from pachlite.gateway.body import DeclaredBody
from pachlite.gateway.errors import S3Refusal, unknown_operation
from pachlite.gateway.messages import Intake, S3Request, S3Response
from pachlite.gateway.misplaced import COPY, check_place, method_refused
from pachlite.gateway.object_headers import OVERRIDE_PARAMETERS
from pachlite.gateway.operations.abort_multipart_upload import abort_multipart_upload
from pachlite.gateway.operations.access_control import (
    get_bucket_acl,
    get_object_acl,
    put_bucket_acl,
    put_object_acl,
)
from pachlite.gateway.operations.bucket_cors import (
    delete_bucket_cors,
    get_bucket_cors,
    put_bucket_cors,
)
from pachlite.gateway.operations.bucket_location import get_bucket_location
from pachlite.gateway.operations.bucket_tagging import (
    delete_bucket_tagging,
    get_bucket_tagging,
    put_bucket_tagging,
)
from pachlite.gateway.operations.bucket_versioning import (
    get_bucket_versioning,
    put_bucket_versioning,
)
from pachlite.gateway.operations.complete_multipart_upload import complete_multipart_upload
from pachlite.gateway.operations.copy_object import copy_object
from pachlite.gateway.operations.create_bucket import create_bucket
from pachlite.gateway.operations.create_multipart_upload import create_multipart_upload
from pachlite.gateway.operations.delete_bucket import delete_bucket
from pachlite.gateway.operations.delete_object import delete_object
from pachlite.gateway.operations.delete_objects import delete_objects
from pachlite.gateway.operations.get_object_attributes import get_object_attributes
from pachlite.gateway.operations.head_bucket import head_bucket
from pachlite.gateway.operations.list_buckets import list_buckets
from pachlite.gateway.operations.list_multipart_uploads import list_multipart_uploads
from pachlite.gateway.operations.list_object_versions import list_object_versions
from pachlite.gateway.operations.list_objects import list_objects
from pachlite.gateway.operations.list_objects_v2 import list_objects_v2
from pachlite.gateway.operations.list_parts import list_parts
from pachlite.gateway.operations.object_tagging import (
    delete_object_tagging,
    get_object_tagging,
    put_object_tagging,
)
from pachlite.gateway.operations.ownership_controls import (
    delete_ownership_controls,
    get_ownership_controls,
    put_ownership_controls,
)
from pachlite.gateway.operations.post_object import post_object
from pachlite.gateway.operations.preflight import preflight
from pachlite.gateway.operations.probes import bucket_probe, delete_nothing, object_probe
from pachlite.gateway.operations.public_access_block import (
    delete_public_access_block,
    get_public_access_block,
    put_public_access_block,
)
from pachlite.gateway.operations.put_object import put_object
from pachlite.gateway.operations.read_object import get_object, head_object
from pachlite.gateway.operations.upload_part import upload_part
from pachlite.gateway.operations.upload_part_copy import upload_part_copy
from pachlite.gateway.signature import QUERY_PARAMETERS
from pachlite.pfs.api import PFS

SERVICE: Final = "service"
BUCKET: Final = "bucket"
OBJECT: Final = "object"

LAMBDA: Final = "x-amz-request-route"
"""Comes with answers to requests that nobody here makes; otherwise they look like form uploads."""


class Work(Enum):
    """How much an operation does, which says where it runs."""

    QUICK = auto()  # a bounded index read: on the event loop, if the store says so
    SLOW = auto()  # anything else: in a worker thread


@dataclass(frozen=True, slots=True)
class Operation:
    """What answers a request.

    Attributes:
        takes_document: The body is a small document, read before it runs.
        is_document_summed: False where checksum headers are about an object, not about the body.
        is_signed: False for what browsers send on their own, which nobody can sign.
    """

    name: str
    run: Callable[[PFS, S3Request], S3Response]
    parameters: frozenset[str] = frozenset()
    work: Work = Work.SLOW
    takes_document: bool = False
    is_document_summed: bool = True
    is_signed: bool = True


@dataclass(frozen=True, slots=True)
class UploadOperation:
    """What answers a request whose body is the content of an object or part.

    `is_signed` is False where the body says who asks.
    """

    name: str
    begin: Callable[[PFS, S3Request, DeclaredBody], Intake]
    parameters: frozenset[str] = frozenset()
    is_signed: bool = True


AnyOperation = Operation | UploadOperation


@dataclass(frozen=True, slots=True)
class Route:
    """What selects an operation."""

    method: str
    level: str
    subresource: str = ""


def _quick(
    name: str, run: Callable[[PFS, S3Request], S3Response], parameters: Iterable[str] = ()
) -> Operation:
    return Operation(name, run, frozenset(parameters), Work.QUICK)


def _slow(
    name: str, run: Callable[[PFS, S3Request], S3Response], parameters: Iterable[str] = ()
) -> Operation:
    return Operation(name, run, frozenset(parameters))


def _document(
    name: str, run: Callable[[PFS, S3Request], S3Response], parameters: Iterable[str] = ()
) -> Operation:
    return Operation(name, run, frozenset(parameters), takes_document=True)


_VERSION: Final = ("versionId",)
_READ: Final = ("versionId", "partNumber", *OVERRIDE_PARAMETERS)
_UNUSED: Final = ("allow-unordered", "metadata")  # other gateways' own; mc sends the second
_LIST: Final = ("prefix", "delimiter", "max-keys", "encoding-type", *_UNUSED)
_LIST_V2: Final = (*_LIST, "continuation-token", "start-after", "fetch-owner")
_LIST_VERSIONS: Final = (*_LIST, "key-marker", "version-id-marker")
_LIST_UPLOADS: Final = (
    "prefix",
    "delimiter",
    "max-uploads",
    "encoding-type",
    "key-marker",
    "upload-id-marker",
)
_LIST_PARTS: Final = ("max-parts", "part-number-marker", "encoding-type")
_LIST_BUCKETS: Final = ("prefix", "max-buckets", "continuation-token", "bucket-region")

_COMPLETE: Final = replace(
    _document("CompleteMultipartUpload", complete_multipart_upload), is_document_summed=False
)

_BUCKET_PROBES: Final = {
    "encryption": "GetBucketEncryption",
    "lifecycle": "GetBucketLifecycleConfiguration",
    "logging": "GetBucketLogging",
    "notification": "GetBucketNotificationConfiguration",
    "object-lock": "GetObjectLockConfiguration",
    "policy": "GetBucketPolicy",
    "policyStatus": "GetBucketPolicyStatus",
    "replication": "GetBucketReplication",
    "requestPayment": "GetBucketRequestPayment",
    "website": "GetBucketWebsite",
}
_PROBED: Final = ("withUpdatedAt",)  # of MinIO's clients, which ask for the lifecycle with it
_OBJECT_PROBES: Final = {"legal-hold": "ObjectLegalHold", "retention": "ObjectRetention"}
_DELETED_NOTHING: Final = {
    "encryption": "DeleteBucketEncryption",
    "lifecycle": "DeleteBucketLifecycle",
    "policy": "DeleteBucketPolicy",
    "replication": "DeleteBucketReplication",
    "website": "DeleteBucketWebsite",
}

CONFIGURATIONS: Final[dict[Route, AnyOperation]] = {
    Route("GET", BUCKET, "location"): _quick("GetBucketLocation", get_bucket_location),
    Route("GET", BUCKET, "acl"): _quick("GetBucketAcl", get_bucket_acl),
    Route("PUT", BUCKET, "acl"): _document("PutBucketAcl", put_bucket_acl),
    Route("GET", OBJECT, "acl"): _quick("GetObjectAcl", get_object_acl, _VERSION),
    Route("PUT", OBJECT, "acl"): _document("PutObjectAcl", put_object_acl, _VERSION),
    Route("GET", BUCKET, "cors"): _quick("GetBucketCors", get_bucket_cors),
    Route("PUT", BUCKET, "cors"): _document("PutBucketCors", put_bucket_cors),
    Route("DELETE", BUCKET, "cors"): _slow("DeleteBucketCors", delete_bucket_cors),
    Route("GET", BUCKET, "tagging"): _quick("GetBucketTagging", get_bucket_tagging),
    Route("PUT", BUCKET, "tagging"): _document("PutBucketTagging", put_bucket_tagging),
    Route("DELETE", BUCKET, "tagging"): _slow("DeleteBucketTagging", delete_bucket_tagging),
    Route("GET", BUCKET, "ownershipControls"): _quick(
        "GetBucketOwnershipControls", get_ownership_controls
    ),
    Route("PUT", BUCKET, "ownershipControls"): _document(
        "PutBucketOwnershipControls", put_ownership_controls
    ),
    Route("DELETE", BUCKET, "ownershipControls"): _slow(
        "DeleteBucketOwnershipControls", delete_ownership_controls
    ),
    Route("GET", BUCKET, "publicAccessBlock"): _quick(
        "GetPublicAccessBlock", get_public_access_block
    ),
    Route("PUT", BUCKET, "publicAccessBlock"): _document(
        "PutPublicAccessBlock", put_public_access_block
    ),
    Route("DELETE", BUCKET, "publicAccessBlock"): _slow(
        "DeletePublicAccessBlock", delete_public_access_block
    ),
    **{
        Route("GET", BUCKET, subresource): _quick(name, bucket_probe(subresource), _PROBED)
        for subresource, name in _BUCKET_PROBES.items()
    },
    **{
        Route(method, OBJECT, subresource): _slow(
            f"{method.title()}{name}", object_probe(subresource), _VERSION
        )
        for method in ("GET", "PUT")
        for subresource, name in _OBJECT_PROBES.items()
    },
    **{
        Route("DELETE", BUCKET, subresource): _slow(name, delete_nothing)
        for subresource, name in _DELETED_NOTHING.items()
    },
}

ROUTES: Final[dict[Route, AnyOperation]] = {
    Route("GET", SERVICE): _slow("ListBuckets", list_buckets, _LIST_BUCKETS),
    Route("PUT", BUCKET): _document("CreateBucket", create_bucket),
    Route("HEAD", BUCKET): _quick("HeadBucket", head_bucket),
    Route("DELETE", BUCKET): _slow("DeleteBucket", delete_bucket),
    Route("GET", BUCKET): _slow("ListObjects", list_objects, (*_LIST, "marker")),
    Route("GET", BUCKET, "list-type"): _slow("ListObjectsV2", list_objects_v2, _LIST_V2),
    Route("GET", BUCKET, "versions"): _slow(
        "ListObjectVersions", list_object_versions, _LIST_VERSIONS
    ),
    Route("GET", BUCKET, "uploads"): _slow(
        "ListMultipartUploads", list_multipart_uploads, _LIST_UPLOADS
    ),
    Route("GET", BUCKET, "versioning"): _quick("GetBucketVersioning", get_bucket_versioning),
    Route("PUT", BUCKET, "versioning"): _document("PutBucketVersioning", put_bucket_versioning),
    Route("POST", BUCKET): UploadOperation("PostObject", post_object, is_signed=False),
    Route("POST", BUCKET, "delete"): _document("DeleteObjects", delete_objects),
    Route("GET", OBJECT): _quick("GetObject", get_object, _READ),
    Route("HEAD", OBJECT): _quick("HeadObject", head_object, _READ),
    Route("PUT", OBJECT): UploadOperation("PutObject", put_object),
    Route("PUT", OBJECT, COPY): _slow("CopyObject", copy_object),
    Route("DELETE", OBJECT): _slow("DeleteObject", delete_object, _VERSION),
    Route("GET", OBJECT, "attributes"): _quick(
        "GetObjectAttributes", get_object_attributes, _VERSION
    ),
    Route("GET", OBJECT, "tagging"): _quick("GetObjectTagging", get_object_tagging, _VERSION),
    Route("PUT", OBJECT, "tagging"): _document("PutObjectTagging", put_object_tagging, _VERSION),
    Route("DELETE", OBJECT, "tagging"): _slow(
        "DeleteObjectTagging", delete_object_tagging, _VERSION
    ),
    Route("POST", OBJECT, "uploads"): _slow("CreateMultipartUpload", create_multipart_upload),
    Route("PUT", OBJECT, "uploadId"): UploadOperation(
        "UploadPart", upload_part, frozenset({"partNumber"})
    ),
    Route("PUT", OBJECT, f"uploadId {COPY}"): _slow(
        "UploadPartCopy", upload_part_copy, ("partNumber",)
    ),
    Route("POST", OBJECT, "uploadId"): _COMPLETE,
    Route("DELETE", OBJECT, "uploadId"): _slow("AbortMultipartUpload", abort_multipart_upload),
    Route("GET", OBJECT, "uploadId"): _slow("ListParts", list_parts, _LIST_PARTS),
    **{
        Route("OPTIONS", level): Operation("Preflight", preflight, is_signed=False)
        for level in (BUCKET, OBJECT)
    },
    **CONFIGURATIONS,
}

SUBRESOURCES: Final = frozenset(
    route.subresource.removesuffix(COPY).strip() for route in ROUTES
) - {""}


def find_operation(request: S3Request) -> AnyOperation:
    """Return what answers a request.

    Raises:
        S3Refusal: NotImplemented for a subresource or parameter that is unknown or does not belong
            there, AccessDenied for what is meant for another owner.
        Misplaced: The method is none of this level, or what it is used on is on another one.
    """
    check_place(request)
    check_expected_owner(request.headers, request.query)
    if LAMBDA in request.headers:
        raise unknown_operation("WriteGetObjectResponse")
    if request.method == "OPTIONS":
        names: list[str] = []  # whatever the request will be, the question is the same
    else:
        names = [name for name in request.query if not _is_ignored(name)]
    chosen = [name for name in names if name in SUBRESOURCES]
    if len(chosen) > 1:
        raise unknown_operation(f"the combination of {' and '.join(chosen)}")
    subresource = chosen[0] if chosen else ""
    operation = ROUTES.get(_route(request, subresource))
    if operation is None:
        raise _unknown(request, names)
    for name in names:
        if name != subresource and name not in operation.parameters:
            raise unknown_operation(f"the parameter {name[:80]} of {operation.name}")
    return operation


def level_of(request: S3Request) -> str:
    """Say what a request is about."""
    if request.key:
        return OBJECT
    return BUCKET if request.bucket else SERVICE


def _route(request: S3Request, subresource: str) -> Route:
    level = level_of(request)
    if request.method == "PUT" and level == OBJECT and COPY in request.headers:
        subresource = f"{subresource} {COPY}".strip()
    return Route(request.method, level, subresource)


def _is_ignored(name: str) -> bool:
    """Say whether a parameter changes nothing: signatures, and `x-` names, as S3 documents it."""
    return name.lower().startswith("x-") or name.lower() in QUERY_PARAMETERS


def _unknown(request: S3Request, names: list[str]) -> S3Refusal:
    if names:
        return unknown_operation(
            f"{request.method} of a {level_of(request)} with {', '.join(names)[:80]}"
        )
    return method_refused(request.method, level_of(request))
