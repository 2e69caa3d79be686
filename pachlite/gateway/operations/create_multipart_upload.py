"""CreateMultipartUpload: what the object will be like is declared here, once."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.checksums import find_algorithm, upload_sum_type
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.object_headers import check_supported, read_meta, read_tags
from pachlite.gateway.xml import XML_HEADERS, document, element
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import PutOptions


def create_multipart_upload(pfs: PFS, request: S3Request) -> S3Response:
    """Begin an upload; checksum values that some clients send here mean nothing and are ignored."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    check_supported(request.headers)
    headers: list[tuple[str, str]] = [*XML_HEADERS]
    algorithm = request.headers.get("x-amz-checksum-algorithm", "")
    sum_type = ""
    if algorithm:
        algorithm = find_algorithm(algorithm)
        sum_type = upload_sum_type(algorithm, request.headers.get("x-amz-checksum-type", "")).value
        headers.append(("x-amz-checksum-algorithm", algorithm))
        headers.append(("x-amz-checksum-type", sum_type))
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
