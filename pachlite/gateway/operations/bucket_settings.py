"""What S3 keeps with a bucket, such as tags and CORS rules: read and written as texts.

A commit bucket shows the settings of its branch, and takes none.
"""

from __future__ import annotations

from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.operations.head_bucket import check_bucket
from pachlite.pfs.api import PFS


def read_setting(pfs: PFS, bucket: str, name: str) -> str:
    """Return a setting of a bucket that exists; empty when it was never made."""
    check_bucket(pfs, bucket)
    return pfs.get_setting(parse_bucket(bucket).branch, name)


def write_setting(pfs: PFS, bucket: str, name: str, value: str) -> None:
    """Replace a setting; an empty one is none."""
    parsed = parse_bucket(bucket)
    parsed.check_writable()
    pfs.put_setting(parsed.branch, name, value)
