"""PutObject: one file, one commit (or part of the commit that is open)."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.conditions import parse_precondition
from pachlite.gateway.messages import Intake, S3Request, S3Response
from pachlite.gateway.object_headers import (
    check_supported,
    checksum_headers,
    read_meta,
    read_tags,
    written_headers,
)
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import FileInfo, PutOptions


def put_object(pfs: PFS, request: S3Request) -> Intake:
    """Open the file; its bytes follow."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    check_supported(request.headers)
    writer = pfs.put_file(
        file,
        PutOptions(meta=read_meta(request.headers), tags=read_tags(request.headers)),
        precondition=parse_precondition(request.headers),
        create_branch=False,
    )
    return Intake(
        write=writer.write,
        finish=lambda expected: _answer(writer.complete(expected)),
        abort=writer.abort,
    )


def _answer(info: FileInfo) -> S3Response:
    return S3Response(headers=[*written_headers(info), *checksum_headers(info)])
