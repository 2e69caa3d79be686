"""UploadPart: bytes that wait for the upload to be completed. No commit is made."""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.checksums import HEADER_PREFIX, find_checksum
from pachlite.gateway.messages import Intake, S3Request, S3Response
from pachlite.gateway.parameters import part_number
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import PartInfo


def upload_part(pfs: PFS, request: S3Request) -> Intake:
    """Open the part; its bytes follow."""
    file = parse_bucket(request.bucket).writable_file(request.key)
    number = part_number(request.query)
    upload_id = request.query["uploadId"]
    algorithm = pfs.inspect_upload(file, upload_id).sum_algorithm
    writer = pfs.put_part(file, upload_id, number)
    return Intake(
        write=writer.write,
        finish=lambda expected: _answer(writer.complete(expected), algorithm),
        abort=writer.abort,
        sum_algorithm=algorithm,
    )


def _answer(part: PartInfo, algorithm: str) -> S3Response:
    """Echo the checksum only where the upload declared its algorithm."""
    headers = [("etag", f'"{part.etag}"')]
    checksum = find_checksum(part.checksums, algorithm)
    if checksum:
        headers.append((HEADER_PREFIX + algorithm.lower(), checksum.value))
    return S3Response(headers=headers)
