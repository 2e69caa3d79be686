"""GetPublicAccessBlock and its kin: promises that hold anyway, since nothing is public."""

from __future__ import annotations

from typing import Final

from pachlite.gateway.errors import S3Code, S3Refusal
from pachlite.gateway.messages import S3Request, S3Response
from pachlite.gateway.operations.bucket_settings import read_setting, write_setting
from pachlite.gateway.setting_names import DELETED, PUBLIC_ACCESS
from pachlite.gateway.xml import XML_HEADERS, MalformedDocument, document, element, parse
from pachlite.pfs.api import PFS

_ROOT: Final = "PublicAccessBlockConfiguration"
_PROMISES: Final = (
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
)
_VALUES: Final = {"true": True, "false": False}


def get_public_access_block(pfs: PFS, request: S3Request) -> S3Response:
    """Answer what was put; all of it, when nothing was."""
    stored = read_setting(pfs, request.bucket, PUBLIC_ACCESS)
    if stored == DELETED:
        raise S3Refusal(
            S3Code("NoSuchPublicAccessBlockConfiguration", 404),
            "The public access block configuration was not found",
        )
    made = stored.split() if stored else _PROMISES
    body = document(_ROOT, *(element(promise, promise in made) for promise in _PROMISES))
    return S3Response(headers=XML_HEADERS, body=body)


def put_public_access_block(pfs: PFS, request: S3Request) -> S3Response:
    """Keep a choice. What is not mentioned is not promised."""
    read_setting(pfs, request.bucket, PUBLIC_ACCESS)
    configuration = parse(request.document, _ROOT)
    made = [_ROOT]  # so that promising nothing is not the same as never having said so
    for promise in _PROMISES:
        text = (configuration.findtext(promise) or "false").strip().lower()
        if text not in _VALUES:
            raise MalformedDocument(f"{promise} is true or false")
        if _VALUES[text]:
            made.append(promise)
    write_setting(pfs, request.bucket, PUBLIC_ACCESS, " ".join(made))
    return S3Response()


def delete_public_access_block(pfs: PFS, request: S3Request) -> S3Response:
    """Forget the choice, and the default with it."""
    write_setting(pfs, request.bucket, PUBLIC_ACCESS, DELETED)
    return S3Response(status=204)
