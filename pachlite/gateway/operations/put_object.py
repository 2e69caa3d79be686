"""PutObject: one file, one commit (or part of the commit that is open)."""

from __future__ import annotations

from pachlite.gateway.body import DeclaredBody
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.conditions import parse_precondition
from pachlite.gateway.messages import Intake, Pending, S3Request, S3Response
from pachlite.gateway.object_headers import checksum_headers, read_meta, written_headers
from pachlite.gateway.object_tags import read_tags
from pachlite.gateway.write_headers import check_size, check_supported, encryption_headers
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import IMPLICIT_SUM, FileInfo, PutOptions


def put_object(pfs: PFS, request: S3Request, declared: DeclaredBody) -> Intake:
    """Open the file; its bytes follow."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    check_supported(request.headers)
    check_size(request, declared)
    writer = pfs.put_file(
        file,
        PutOptions(meta=read_meta(request.headers), tags=read_tags(request.headers)),
        precondition=parse_precondition(request.headers),
        create_branch=False,
    )
    return Intake(
        write=writer.write,
        finish=lambda expected: Pending(
            writer.submit(expected), lambda info: _answer(info, request)
        ),
        abort=writer.abort,
        sum_algorithm="" if declared.sum_algorithm else IMPLICIT_SUM,
    )


def _answer(info: FileInfo, request: S3Request) -> S3Response:
    headers = [
        *written_headers(info),
        *checksum_headers(info),
        *encryption_headers(request.headers),
        ("x-amz-object-size", str(info.size_bytes)),
    ]
    return S3Response(headers=headers)
