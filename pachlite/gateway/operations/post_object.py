"""PostObject: a browser uploads a file by a form, which from its first byte on is a PUT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from pachlite.gateway.admission import now_utc
from pachlite.gateway.body import BodyDecoder, DeclaredBody, declare_body
from pachlite.gateway.errors import S3Code, S3Refusal, invalid_argument
from pachlite.gateway.messages import Intake, Pending, S3Request, S3Response
from pachlite.gateway.operations.put_object import put_object
from pachlite.gateway.post_form import FormReader, parse_boundary
from pachlite.gateway.post_policy import MAX_POST_BYTES, Policy, parse_policy
from pachlite.gateway.post_signature import find_form_signature, identify
from pachlite.gateway.signature_errors import anonymous
from pachlite.gateway.tags import parse_tags
from pachlite.gateway.xml import XML_HEADERS, MalformedDocument, document, element, parse
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import Expected, FileInfo
from pachlite.pfs.paths import check_path

FILE_NAME: Final = "${filename}"
PRECONDITION_FAILED: Final = S3Code("PreconditionFailed", 412)

_NO_POLICY: Final = Policy(datetime.max.replace(tzinfo=UTC), max_bytes=MAX_POST_BYTES)
# The fields that are about the object, as headers of a PUT would be.
_HEADERS: Final = frozenset(
    {
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-md5",
        "content-type",
        "expires",
    }
)
_ABOUT_OBJECTS: Final = (
    "x-amz-checksum-",
    "x-amz-meta-",
    "x-amz-object-lock-",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
_REDIRECTS: Final = ("success_action_redirect", "redirect")
_STATUS: Final = "success_action_status"


def post_object(
    pfs: PFS, request: S3Request, _: DeclaredBody, now: Callable[[], datetime] = now_utc
) -> Intake:
    """Read the form; it says itself who sends it, and may."""
    boundary = parse_boundary(request.headers.get("content-type", ""))
    if boundary is None:
        raise S3Refusal(
            PRECONDITION_FAILED,
            "At least one of the pre-conditions you specified did not hold",
            hint="a form is sent as multipart/form-data with a boundary",
            details=(
                ("Condition", "Bucket POST must be of the enclosure-type multipart/form-data"),
            ),
        )
    form = _Form(pfs, request, boundary, now())
    return Intake(write=form.write, finish=form.finish, abort=form.abort)


class _Form:
    """A form on its way: its fields, then its file as an upload like any other."""

    def __init__(self, pfs: PFS, request: S3Request, boundary: bytes, now: datetime) -> None:
        self._pfs = pfs
        self._request = request
        self._now = now
        self._reader = FormReader(boundary)
        self._policy = _NO_POLICY
        self._subject = ""
        self._key = ""
        self._size_bytes = 0
        self._upload: Intake | None = None
        self._decoder: BodyDecoder | None = None

    def write(self, block: bytes) -> None:
        """Take bytes of the form."""
        data = self._reader.feed(block)
        if self._reader.has_file and self._upload is None:
            self._begin()
        if data:
            assert self._upload is not None
            assert self._decoder is not None
            self._size_bytes += len(data)
            self._policy.check_most(self._size_bytes)
            self._upload.write(self._decoder.feed([data]))

    def finish(self, _: Expected) -> Pending:
        """Publish the file, unless the form is not complete or the file not as declared."""
        self._reader.finish()
        self._policy.check_least(self._size_bytes)
        assert self._upload is not None
        assert self._decoder is not None
        put = self._upload.finish(self._decoder.finish())

        def answer(info: FileInfo) -> S3Response:
            fields = self._reader.fields
            return _answer(self._request, self._key, fields, put.answer(info), self._subject)

        return Pending(put.written, answer)

    def abort(self) -> None:
        """Forget the file."""
        if self._upload is not None:
            self._upload.abort()

    def _begin(self) -> None:
        """Check the fields, which all precede the file, and open the object."""
        fields = self._reader.fields
        if not fields.get("key"):
            raise invalid_argument(
                "key",
                "",
                "Bucket POST must contain a field named 'key'.  If it is specified, please check "
                "the order of the fields.",
            )
        self._key = check_path(self._named(fields["key"]))
        pfs = self._admit({**fields, "key": self._key, "bucket": self._request.bucket})
        headers = _headers(fields)
        put = S3Request(
            method=self._request.method,
            bucket=self._request.bucket,
            key=self._key,
            query={},
            headers=headers,
            resource=self._request.resource,
        )
        declared = declare_body(headers)
        self._upload = put_object(pfs, put, declared)
        self._decoder = BodyDecoder(declared, sum_algorithm=self._upload.sum_algorithm)

    def _named(self, key: str) -> str:
        file_name = self._reader.file_name
        return key if file_name is None else key.replace(FILE_NAME, file_name)

    def _admit(self, fields: Mapping[str, str]) -> PFS:
        """Return what the sender sees of the file system, if the policy lets the form through.

        While auth is off nobody verifies who wrote the policy; it holds all the same.
        """
        signature = find_form_signature(fields)
        pfs = self._pfs
        if pfs.is_auth_active():
            if signature is None:
                raise anonymous()
            self._subject = identify(pfs, signature)
            pfs = pfs.acting_as(self._subject)
        if "policy" in fields:
            self._policy = parse_policy(fields["policy"])
            self._policy.check_fields(fields, self._now)
        return pfs


def _headers(fields: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers that a PUT of the file would have."""
    headers = {
        name: value
        for name, value in fields.items()
        if name in _HEADERS or name.startswith(_ABOUT_OBJECTS)
    }
    if fields.get("acl"):
        headers["x-amz-acl"] = fields["acl"]
    if fields.get("tagging"):
        headers["x-amz-tagging"] = _tagging(fields["tagging"])
    return headers


def _tagging(text: str) -> str:
    """Turn the document that forms carry into the form that headers have."""
    tag_set = parse(text.encode(), "Tagging").find("TagSet")
    if tag_set is None:
        raise MalformedDocument("a Tagging has a TagSet")
    return urlencode(parse_tags(tag_set.findall("Tag")))


def _answer(
    request: S3Request, key: str, fields: Mapping[str, str], written: S3Response, subject: str
) -> S3Response:
    etag = next(value for name, value in written.headers if name == "etag")
    location = _location(request, key)
    redirect = next((fields[name] for name in _REDIRECTS if _is_url(fields.get(name, ""))), "")
    if redirect:
        query = urlencode({"bucket": request.bucket, "key": key, "etag": etag})
        target = f"{redirect}{'&' if '?' in redirect else '?'}{query}"
        return S3Response(303, (*written.headers, ("location", target)), subject=subject)
    headers = (*written.headers, ("location", location))
    status = fields.get(_STATUS, "")
    if status != "201":
        return S3Response(200 if status == "200" else 204, headers, subject=subject)
    body = document(
        "PostResponse",
        element("Location", location),
        element("Bucket", request.bucket),
        element("Key", key),
        element("ETag", etag),
        namespace="",
    )
    return S3Response(201, (*headers, *XML_HEADERS), body, subject=subject)


def _location(request: S3Request, key: str) -> str:
    host = request.headers.get("host", "")
    return f"{request.scheme}://{host}{request.resource.rstrip('/')}/{quote(key, safe='-._~')}"


def _is_url(text: str) -> bool:
    """Say whether S3 could interpret a redirect; it ignores others."""
    if not (text.isascii() and text.isprintable()):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
