"""What a browser asks before a page uses a bucket, what it is told, and what no page may do."""

from __future__ import annotations

from collections.abc import Mapping

from pachlite.errors import PachliteError
from pachlite.gateway.buckets import parse_bucket
from pachlite.gateway.cors import (
    CorsRule,
    answer_headers,
    asked_before,
    asked_by,
    load_rules,
    preflight_headers,
)
from pachlite.gateway.errors import NO_SUCH_BUCKET, S3Code, S3Refusal, s3_code
from pachlite.gateway.messages import Headers, S3Request, S3Response
from pachlite.gateway.operations.bucket_settings import read_setting
from pachlite.gateway.setting_names import CORS
from pachlite.pfs.api import PFS


def preflight(pfs: PFS, request: S3Request) -> S3Response:
    """Answer what the rules of the bucket allow; nobody signs this."""
    asked = asked_before(request.headers)
    rules = _rules_told(pfs, request.bucket)
    if not rules:
        raise _forbidden(request, "CORSResponse: CORS is not enabled for this bucket.")
    headers = preflight_headers(rules, asked)
    if headers is None:
        raise _forbidden(
            request,
            "CORSResponse: This CORS request is not allowed. This is usually because the "
            "evalution of Origin, request method / Access-Control-Request-Method or "
            "Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        )
    return S3Response(headers=headers)


def _rules_told(pfs: PFS, bucket: str) -> tuple[CorsRule, ...]:
    """Return the rules of a bucket; where callers are asked, strangers do not learn which exist."""
    try:
        return load_rules(read_setting(pfs, bucket, CORS))
    except PachliteError as error:
        if s3_code(error) is NO_SUCH_BUCKET and pfs.is_auth_active():
            return ()
        raise


def told_to_page(pfs: PFS, method: str, bucket: str, headers: Mapping[str, str]) -> Headers:
    """Return what the answer to a request of a web page tells its browser.

    Raises what any look at the bucket raises. An answer to a preflight has told it already.
    """
    if method == "OPTIONS":
        return ()
    rules = load_rules(pfs.get_setting(parse_bucket(bucket).branch, CORS))
    return answer_headers(rules, asked_by(method, headers))


def check_page(pfs: PFS, request: S3Request) -> None:
    """Raise AccessForbidden for what a page of another site makes a browser send, if nobody asks.

    Such a page needs no preflight to send a POST. Where requests are signed, it has to be by
    somebody who may; while auth is off, any page could write wherever its readers can.
    """
    if request.method != "POST" or pfs.is_auth_active():
        return
    rules = load_rules(pfs.get_setting(parse_bucket(request.bucket).branch, CORS))
    if not answer_headers(rules, asked_by(request.method, request.headers)):
        raise S3Refusal(
            S3Code("AccessForbidden", 403),
            "a page of another site may not write here",
            hint="let it by the CORS configuration of the bucket, or activate auth",
        )


def _forbidden(request: S3Request, message: str) -> S3Refusal:
    method = request.headers["access-control-request-method"]
    about = "OBJECT" if request.key else "BUCKET"
    details = (("Method", method), ("ResourceType", about))
    return S3Refusal(S3Code("AccessForbidden", 403), message, details=details)
