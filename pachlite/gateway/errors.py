"""Turn an error into what S3 answers: a code, a status, headers, an XML document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from pachlite import errors
from pachlite.errors import DigestMismatch, InvalidArgument, PachliteError
from pachlite.gateway.framing import BrokenTrailer, ChunkTooSmall
from pachlite.gateway.messages import Headers, S3Response
from pachlite.gateway.sentences import SENTENCES
from pachlite.gateway.xml import XML_HEADERS, MalformedDocument, document, element

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class S3Code:
    """A code of the S3 protocol with its status."""

    name: str
    status: int


ACCESS_DENIED: Final = S3Code("AccessDenied", 403)
BAD_DIGEST: Final = S3Code("BadDigest", 400)
BAD_REQUEST: Final = S3Code("BadRequest", 400)
BUCKET_ALREADY_OWNED_BY_YOU: Final = S3Code("BucketAlreadyOwnedByYou", 409)
ENTITY_TOO_LARGE: Final = S3Code("EntityTooLarge", 400)
INTERNAL_ERROR: Final = S3Code("InternalError", 500)
INVALID_ARGUMENT: Final = S3Code("InvalidArgument", 400)
INVALID_BUCKET_NAME: Final = S3Code("InvalidBucketName", 400)
INVALID_DIGEST: Final = S3Code("InvalidDigest", 400)
INVALID_PART_NUMBER: Final = S3Code("InvalidPartNumber", 416)
INVALID_REQUEST: Final = S3Code("InvalidRequest", 400)
INVALID_STORAGE_CLASS: Final = S3Code("InvalidStorageClass", 400)
INVALID_TAG: Final = S3Code("InvalidTag", 400)
INVALID_URI: Final = S3Code("InvalidURI", 400)
KEY_TOO_LONG: Final = S3Code("KeyTooLongError", 400)
MALFORMED_XML: Final = S3Code("MalformedXML", 400)
MALFORMED_TRAILER: Final = S3Code("MalformedTrailerError", 400)
METADATA_TOO_LARGE: Final = S3Code("MetadataTooLarge", 400)
METHOD_NOT_ALLOWED: Final = S3Code("MethodNotAllowed", 405)
MISSING_CONTENT_LENGTH: Final = S3Code("MissingContentLength", 411)
NO_SUCH_BUCKET: Final = S3Code("NoSuchBucket", 404)
NO_SUCH_VERSION: Final = S3Code("NoSuchVersion", 404)
NOT_IMPLEMENTED: Final = S3Code("NotImplemented", 501)
PRECONDITION_FAILED: Final = S3Code("PreconditionFailed", 412)
REQUEST_TIMEOUT: Final = S3Code("RequestTimeout", 400)
CONTENT_SHA256_MISMATCH: Final = S3Code("XAmzContentSHA256Mismatch", 400)


class S3Refusal(InvalidArgument):
    """The request breaks a rule that only the S3 protocol has.

    `details` are elements that the error document has besides, by name.
    """

    def __init__(
        self, code: S3Code, message: str, *, hint: str = "", details: Headers = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.s3 = code
        self.details = details


class PayloadHashMismatch(DigestMismatch):
    """The body does not have the SHA-256 that was signed."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__("SHA-256", expected, actual)


S3_CODES: Final[dict[type[PachliteError], S3Code]] = {
    errors.PachliteError: INTERNAL_ERROR,
    errors.NotFound: NO_SUCH_BUCKET,
    errors.FileNotFound: S3Code("NoSuchKey", 404),
    errors.VersionNotFound: NO_SUCH_VERSION,
    errors.UploadNotFound: S3Code("NoSuchUpload", 404),
    errors.AlreadyExists: BUCKET_ALREADY_OWNED_BY_YOU,
    errors.BranchTaken: S3Code("BucketAlreadyExists", 409),
    errors.Conflict: S3Code("OperationAborted", 409),
    errors.PreconditionFailed: PRECONDITION_FAILED,
    errors.BranchNotEmpty: S3Code("BucketNotEmpty", 409),
    errors.VersionIsDeleteMarker: METHOD_NOT_ALLOWED,
    errors.AmbiguousReference: NO_SUCH_BUCKET,
    errors.InvalidArgument: INVALID_ARGUMENT,
    errors.InvalidName: INVALID_BUCKET_NAME,
    MalformedDocument: MALFORMED_XML,
    errors.RangeNotSatisfiable: S3Code("InvalidRange", 416),
    errors.DigestMismatch: BAD_DIGEST,
    PayloadHashMismatch: CONTENT_SHA256_MISMATCH,
    errors.IncompleteBody: S3Code("IncompleteBody", 400),
    BrokenTrailer: MALFORMED_TRAILER,
    ChunkTooSmall: S3Code("InvalidChunkSizeError", 400),
    errors.InvalidPart: S3Code("InvalidPart", 400),
    errors.UnfitUpload: INVALID_REQUEST,
    errors.InvalidPartOrder: S3Code("InvalidPartOrder", 400),
    errors.PartTooSmall: S3Code("EntityTooSmall", 400),
    errors.PermissionDenied: ACCESS_DENIED,
    errors.UnknownAccessKey: S3Code("InvalidAccessKeyId", 403),
    errors.Unavailable: S3Code("ServiceUnavailable", 503),
    errors.StoreBusy: S3Code("SlowDown", 503),
    errors.Corrupt: INTERNAL_ERROR,
    errors.Unsupported: NOT_IMPLEMENTED,
    errors.LimitExceeded: ENTITY_TOO_LARGE,
    errors.DiskFull: S3Code("InsufficientStorage", 507),
}

_EXTRA_HEADERS: Final[dict[type[PachliteError], Callable[[PachliteError], Headers]]] = {
    errors.PachliteError: lambda _: (),
    errors.Unavailable: lambda _: (("retry-after", "1"),),
    errors.VersionIsDeleteMarker: lambda error: (
        ("allow", "DELETE"),
        ("x-amz-delete-marker", "true"),
        ("x-amz-version-id", getattr(error, "version", "")),
    ),
    errors.FileDeleted: lambda error: (
        ("x-amz-delete-marker", "true"),
        ("x-amz-version-id", getattr(error, "version", "")),
    ),
    errors.RangeNotSatisfiable: lambda error: (
        ("content-range", f"bytes */{getattr(error, 'size_bytes', 0)}"),
    ),
}

_DETAILS: Final[dict[type[PachliteError], tuple[tuple[str, str], ...]]] = {
    errors.PachliteError: (),
    errors.FileNotFound: (("Key", "path"),),
    errors.VersionNotFound: (("Key", "path"), ("VersionId", "version")),
    errors.UploadNotFound: (("UploadId", "upload"),),
    errors.FileToMatchNotFound: (("Key", "path"), ("Condition", "condition")),
    errors.PreconditionFailed: (("Condition", "condition"),),
    errors.InvalidPart: (("PartNumber", "number"),),
    errors.PartTooSmall: (
        ("ProposedSize", "size_bytes"),
        ("MinSizeAllowed", "minimum_bytes"),
        ("PartNumber", "number"),
    ),
    errors.FileTooLarge: (("ProposedSize", "size_bytes"), ("MaxSizeAllowed", "limit_bytes")),
    errors.RangeNotSatisfiable: (("ActualObjectSize", "size_bytes"),),
    ChunkTooSmall: (("Chunk", "number"), ("BadChunkSize", "size_bytes")),
    errors.DigestMismatch: (("ExpectedDigest", "expected"), ("CalculatedDigest", "actual")),
    PayloadHashMismatch: (
        ("ClientComputedContentSHA256", "expected"),
        ("S3ComputedContentSHA256", "actual"),
    ),
}
"""Elements that S3 adds to the document, each with the field of the error that it shows."""

_ABOUT_BUCKETS: Final = frozenset(
    {"BucketAlreadyOwnedByYou", "BucketNotEmpty", "InvalidBucketName", "NoSuchBucket"}
)
"""Codes that come with the name of the bucket."""

INTERNAL_MESSAGE: Final = "the gateway failed; the log of the server says more"


def s3_code(error: PachliteError) -> S3Code:
    """Return the code of an error: its own, or that of the nearest mapped ancestor."""
    if isinstance(error, S3Refusal):
        return error.s3
    if isinstance(error, errors.InvalidPath) and error.is_too_long:
        return KEY_TOO_LONG
    return _nearest(S3_CODES, error)


def _nearest(table: Mapping[type[PachliteError], T], error: PachliteError) -> T:
    """Return what a table says of the nearest ancestor of an error."""
    return next(table[cls] for cls in type(error).__mro__ if cls in table)


def message_of(error: PachliteError) -> str:
    """Return what happened and what to do about it."""
    return f"{error.message}; {error.hint}" if error.hint else error.message


def error_response(
    error: PachliteError, *, resource: str, request_id: str, bucket: str = "", is_head: bool = False
) -> S3Response:
    """Render an error. The answer to HEAD and status 304 and 204 have no body."""
    code = s3_code(error)
    extra = _nearest(_EXTRA_HEADERS, error)(error)
    if is_head:
        return S3Response(status=code.status, headers=extra, length=0)
    body = document(
        "Error",
        element("Code", code.name),
        *_sentences(code, error),
        *(element(*detail) for detail in _details(code, error, bucket)),
        element("Resource", resource),
        element("RequestId", request_id),
        element("HostId", request_id),
        namespace="",
    )
    return S3Response(status=code.status, headers=(*XML_HEADERS, *extra), body=body)


def _sentences(code: S3Code, error: PachliteError) -> list[str]:
    """Return the message; where S3 has one of its own, ours stands beside it."""
    ours = message_of(error)
    sentence = getattr(error, "sentence", "") or SENTENCES.get(code.name)
    if not sentence:
        return [element("Message", ours)]
    return [element("Message", sentence), element("Detail", ours)]


def _details(code: S3Code, error: PachliteError, bucket: str) -> list[tuple[str, object]]:
    details: list[tuple[str, object]] = [
        (name, getattr(error, field)) for name, field in _nearest(_DETAILS, error)
    ]
    if isinstance(error, S3Refusal):
        details += error.details
    if bucket and code.name in _ABOUT_BUCKETS:
        details.append(("BucketName", bucket))
    return details


def invalid_argument(name: str, value: str, message: str) -> S3Refusal:
    """Return the error for a parameter or header that cannot have that value."""
    details = (("ArgumentName", name), ("ArgumentValue", value))
    return S3Refusal(INVALID_ARGUMENT, message, details=details)


def no_such_bucket(name: str) -> S3Refusal:
    """Return the error for a name that no bucket has, or that none can have."""
    return S3Refusal(
        NO_SUCH_BUCKET,
        f"bucket {name} not found",
        hint="buckets are called branch.repo, see: pachlite list branch",
    )


def not_implemented(what: str) -> S3Refusal:
    """Return the error for something that pachlite does not do."""
    return S3Refusal(NOT_IMPLEMENTED, f"{what} is not supported")


def unknown_operation(what: str) -> S3Refusal:
    """Return the error for a request that asks for a feature as a whole, in S3's words."""
    return S3Refusal(
        NOT_IMPLEMENTED,
        "A header you provided implies functionality that is not implemented.",
        details=(("Detail", f"{what} is not supported"),),
    )
