"""UploadPart: bytes that wait for the upload to be completed. No commit is made."""

from __future__ import annotations

from dataclasses import replace

from pachlite.gateway.body import DeclaredBody
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.checksums import find_checksum, header_name
from pachlite.gateway.errors import INVALID_REQUEST, S3Refusal
from pachlite.gateway.messages import Intake, Pending, S3Request, S3Response
from pachlite.gateway.parameters import part_number
from pachlite.gateway.write_headers import check_size, check_supported
from pachlite.pfs.api import PFS, PartWriter
from pachlite.pfs.infos import IMPLICIT_SUM, Expected, PartInfo, SumType, UploadInfo


def upload_part(pfs: PFS, request: S3Request, declared: DeclaredBody) -> Intake:
    """Open the part; its bytes follow. An upload without an algorithm gets one all the same."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    number = part_number(request.query)
    check_supported(request.headers)
    check_size(request, declared)
    upload = pfs.inspect_upload(file, request.query["uploadId"])
    named = declared.sum_algorithm
    _check_algorithm(upload, named)
    writer = pfs.put_part(file, upload.id, number)
    return Intake(
        write=writer.write,
        finish=lambda expected: _finish(writer, expected, upload, named),
        abort=writer.abort,
        sum_algorithm=upload.sum_algorithm or IMPLICIT_SUM,
    )


def _check_algorithm(upload: UploadInfo, named: str) -> None:
    """Refuse a part without the checksum that the upload was begun with."""
    wanted = upload.sum_algorithm
    if not wanted or named == wanted:
        return
    if named or upload.sum_type is SumType.COMPOSITE:
        raise S3Refusal(
            INVALID_REQUEST,
            f"Checksum Type mismatch occurred, expected checksum Type: {wanted}, "
            f"actual checksum Type: {named or 'null'}",
        )


def _finish(writer: PartWriter, expected: Expected, upload: UploadInfo, named: str) -> Pending:
    """Keep the checksum that counts for the whole; echo the one that the client knows of."""
    kept = find_checksum(expected.checksums, upload.sum_algorithm or IMPLICIT_SUM)
    written = writer.submit(replace(expected, checksums=(kept,) if kept else ()))
    shown = find_checksum(expected.checksums, upload.sum_algorithm or named or IMPLICIT_SUM)
    shown_headers = [(header_name(shown.algorithm), shown.value)] if shown else []

    def answer(part: PartInfo) -> S3Response:
        return S3Response(headers=[("etag", f'"{part.etag}"'), *shown_headers])

    return Pending(written, answer)
