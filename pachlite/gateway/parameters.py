"""Read the parameters that several operations share."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from pachlite.errors import VersionNotFound
from pachlite.gateway.errors import invalid_argument
from pachlite.gateway.messages import S3Request
from pachlite.pfs.names import is_commit_id

MAX_PAGE: Final = 1000
MAX_PART_NUMBER: Final = 10_000
MAX_INTEGER: Final = 2**31 - 1
_MAX_DIGITS: Final = 11
_PART_NUMBER: Final = re.compile("[0-9]{1,5}")
_ESCAPE: Final = re.compile("%[0-9A-Fa-f]{2}")
_FOREIGN_VERSION: Final = re.compile("[A-Za-z0-9._-]{24,1024}")


def integer(query: Mapping[str, str], name: str, default: int) -> int:
    """Return a parameter that is a whole number, not negative."""
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) <= _MAX_DIGITS):
        raise invalid_argument(
            name, text, f"Provided {text} not an integer or within integer range"
        )
    if text.startswith("-") or int(text) > MAX_INTEGER:
        raise invalid_argument(
            name, text, f"Argument {text} must be an integer between 0 and {MAX_INTEGER}"
        )
    return int(text)


def page_size(query: Mapping[str, str], name: str) -> int:
    """Return how many entries are wanted, at most 1 000."""
    return min(integer(query, name, MAX_PAGE), MAX_PAGE)


def part_number(query: Mapping[str, str]) -> int:
    """Return the number of a part, 1 to 10 000."""
    text = query.get("partNumber", "")
    number = int(text) if _PART_NUMBER.fullmatch(text) else 0
    if not 1 <= number <= MAX_PART_NUMBER:
        raise invalid_argument(
            "partNumber",
            text,
            f"Part number must be an integer between 1 and {MAX_PART_NUMBER}, inclusive.",
        )
    return number


def is_well_escaped(text: str) -> bool:
    """Say whether every percent sign is followed by two hex digits."""
    return text.count("%") == len(_ESCAPE.findall(text))


def version_of(request: S3Request) -> str:
    """Return the version that is asked for; empty when none is."""
    if "versionId" not in request.query:
        return ""
    return check_version(request.key, request.query["versionId"])


def check_version(key: str, version: str) -> str:
    """Return `version` if it can be one here.

    Ids such as other stores give, and `null`, could be versions, but no object here has them.
    """
    if is_commit_id(version):
        return version
    if version == "null" or _FOREIGN_VERSION.fullmatch(version):
        raise VersionNotFound(key, version)
    raise invalid_argument("versionId", version, "Invalid version id specified")


def encoder(query: Mapping[str, str]) -> Callable[[str], str]:
    """Return what `encoding-type` asks to do to keys: percent-encode them, or nothing."""
    kind = query.get("encoding-type", "")
    if not kind:
        return str
    if kind != "url":
        raise invalid_argument(
            "encoding-type", kind, "Invalid Encoding Method specified in Request"
        )
    return quote


def encode_token(text: str) -> str:
    """Return an opaque continuation token that stands for a position in a listing."""
    return base64.urlsafe_b64encode(text.encode()).decode("ascii")


def decode_token(token: str) -> str:
    """Return the position that a token stands for."""
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid_argument(
            "continuation-token", token, "The continuation token provided is incorrect"
        ) from error
