"""What S3 answers to a request whose signature is broken, wrong, too old, or not there."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pachlite.gateway.dates import xml_date
from pachlite.gateway.errors import ACCESS_DENIED, INVALID_ARGUMENT, S3Code, S3Refusal

AUTHORIZATION_HEADER_MALFORMED: Final = S3Code("AuthorizationHeaderMalformed", 400)
AUTHORIZATION_QUERY_ERROR: Final = S3Code("AuthorizationQueryParametersError", 400)
AUTHORIZATION_EXPIRES_ERROR: Final = S3Code("AuthorizationQueryParametersError", 403)
"""The same code with another status: a lifetime that is never granted is not allowed."""
REQUEST_TIME_TOO_SKEWED: Final = S3Code("RequestTimeTooSkewed", 403)
SIGNATURE_DOES_NOT_MATCH: Final = S3Code("SignatureDoesNotMatch", 403)

KEY_PAIR_HINT: Final = "make a key pair for it: pachlite auth create-s3-key"


def malformed_header(what: str) -> S3Refusal:
    """Return the error for an Authorization header of version 4 that is broken."""
    return S3Refusal(
        AUTHORIZATION_HEADER_MALFORMED, f"The authorization header is malformed; {what}"
    )


def malformed_query(what: str) -> S3Refusal:
    """Return the error for a presigned URL of version 4 that is broken."""
    return S3Refusal(AUTHORIZATION_QUERY_ERROR, what)


def unsupported_authorization(value: str) -> S3Refusal:
    """Return the error for an Authorization header that is no signature of S3."""
    scheme, space, _ = value.partition(" ")
    message = (
        "Unsupported Authorization Type"
        if space
        else "Authorization header is invalid -- one and only one ' ' (space) required."
    )
    return S3Refusal(
        INVALID_ARGUMENT,
        message,
        details=(
            ("Detail", "sign with AWS signature version 4 or 2"),
            ("ArgumentName", "Authorization"),
            ("ArgumentValue", scheme[:200]),
        ),
    )


def denied(message: str, *, hint: str = "", **details: str) -> S3Refusal:
    """Return the error for somebody who may not."""
    return S3Refusal(ACCESS_DENIED, message, hint=hint, details=tuple(details.items()))


def anonymous() -> S3Refusal:
    """Return the error for a request that nobody signed, where somebody must."""
    return denied(
        "the request is not signed, and this server asks who you are",
        hint="use your token as access key and secret key, see: pachlite auth",
    )


def expired(expires_at: datetime, now: datetime, *, lifetime_s: int | None = None) -> S3Refusal:
    """Return the error for a presigned URL that was good once."""
    return S3Refusal(
        ACCESS_DENIED,
        "Request has expired",
        hint="ask for a new URL",
        details=(
            *([] if lifetime_s is None else [("X-Amz-Expires", str(lifetime_s))]),
            ("Expires", xml_date(expires_at)),
            ("ServerTime", xml_date(now)),
        ),
    )


def too_skewed(request_time: str, now: datetime, allowed_ms: int) -> S3Refusal:
    """Return the error for a clock that shows another time than ours."""
    return S3Refusal(
        REQUEST_TIME_TOO_SKEWED,
        f"the request was signed at {request_time}, and here it is {xml_date(now)}",
        hint="set the clock of the client or of the server",
        details=(
            ("RequestTime", request_time),
            ("ServerTime", xml_date(now)),
            ("MaxAllowedSkewMilliseconds", str(allowed_ms)),
        ),
    )


def mismatch(
    cause: str, *, access_key: str, provided: str, string_to_sign: str, canonical: str = ""
) -> S3Refusal:
    """Return the error for a signature that is not the one of this request.

    The document shows what was to be signed, so that both sides can be compared.
    """
    details = {
        "AWSAccessKeyId": access_key,
        "StringToSign": string_to_sign,
        "SignatureProvided": provided,
        "StringToSignBytes": _bytes_shown(string_to_sign),
    }
    if canonical:
        details |= {"CanonicalRequest": canonical, "CanonicalRequestBytes": _bytes_shown(canonical)}
    return S3Refusal(
        SIGNATURE_DOES_NOT_MATCH,
        f"the signature does not match: {cause}",
        details=tuple(details.items()),
    )


def _bytes_shown(text: str) -> str:
    return text.encode().hex(" ")
