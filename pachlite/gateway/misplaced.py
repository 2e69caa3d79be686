"""Requests that are nearly an operation, which S3 names by their mistake. It knows no operations.

What is wrong with them can be seen without knowing who asks, and S3 says so to everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pachlite.gateway.errors import (
    INVALID_ARGUMENT,
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    S3Refusal,
)
from pachlite.gateway.messages import S3Request

COPY: Final = "x-amz-copy-source"
"""Not a parameter, but the header that makes a PUT a copy; it takes part in the subresource."""

_COPYING: Final = frozenset({"PUT", "OPTIONS"})


class Misplaced(S3Refusal):
    """Nothing could be meant by the request, whoever sends it."""


def method_refused(method: str, resource: str) -> Misplaced:
    """Return the error for a method that something does not have."""
    return Misplaced(
        METHOD_NOT_ALLOWED,
        f"{method} cannot be used on a {resource}",
        details=(("Method", method), ("ResourceType", resource.upper())),
    )


def check_place(request: S3Request) -> None:
    """Raise for what is on the wrong level, or lacks what it belongs to."""
    if COPY in request.headers and request.method not in _COPYING:
        raise _argument_refused(
            COPY,
            request.headers[COPY],
            "You can only specify a copy source header for copy requests.",
        )
    check = _CHECKS.get(request.method)
    if check is not None and request.key:
        check(request)


def _check_put(request: S3Request) -> None:
    has_upload, has_part = "uploadId" in request.query, "partNumber" in request.query
    if has_part and not has_upload:
        raise _argument_refused(
            "partNumber",
            "partNumber",
            "This operation does not accept partNumber without uploadId",
        )
    if has_upload and not has_part:
        raise method_refused("PUT", "upload")


def _check_get(request: S3Request) -> None:
    for name, message in _OF_BUCKETS.items():
        if name in request.query:
            raise Misplaced(INVALID_REQUEST, message)


def _argument_refused(name: str, value: str, message: str) -> Misplaced:
    details = (("ArgumentName", name), ("ArgumentValue", value))
    return Misplaced(INVALID_ARGUMENT, message, details=details)


_OF_BUCKETS: Final = {
    "uploads": "Key is not expected for the GET method ?uploads subresource",
    "versions": "There is no such thing as the ?versions sub-resource for a key",
}
_CHECKS: Final[dict[str, Callable[[S3Request], None]]] = {"PUT": _check_put, "GET": _check_get}
