"""CreateMultipartUpload: what the object will be like is declared here, once."""

from __future__ import annotations

from collections.abc import Mapping

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.checksums import (
    TYPE_HEADER,
    find_algorithm,
    parse_sum_type,
    upload_sum_type,
)
from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_headers import read_meta
from pachlite.gateway.object_tags import read_tags
from pachlite.gateway.write_headers import check_supported, encryption_headers
from pachlite.gateway.xml import XML_HEADERS, document, element
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import PutOptions


def create_multipart_upload(pfs: PFS, request: S3Request) -> S3Response:
    """Begin an upload; checksum values that some clients send here mean nothing and are ignored."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    check_supported(request.headers)
    headers: list[tuple[str, str]] = [*XML_HEADERS, *encryption_headers(request.headers)]
    algorithm, sum_type = _sums(request.headers)
    if algorithm:
        headers.append(("x-amz-checksum-algorithm", algorithm))
        headers.append((TYPE_HEADER, sum_type))
    upload = pfs.create_upload(
        file,
        PutOptions(meta=read_meta(request.headers), tags=read_tags(request.headers)),
        sum_algorithm=algorithm,
        sum_type=sum_type,
    )
    body = document(
        "InitiateMultipartUploadResult",
        element("Bucket", request.bucket),
        element("Key", request.key),
        element("UploadId", upload.id),
    )
    return S3Response(headers=headers, body=body)


def _sums(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the algorithm and the type of checksums that are asked for; both may be empty."""
    algorithm = headers.get("x-amz-checksum-algorithm", "")
    declared = headers.get(TYPE_HEADER, "")
    if algorithm:
        algorithm = find_algorithm(algorithm)
        return algorithm, upload_sum_type(algorithm, declared).value
    if parse_sum_type(declared):
        raise S3Refusal(
            INVALID_REQUEST,
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
            "header.",
        )
    return "", ""
