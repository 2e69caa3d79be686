"""Which bytes of an object are wanted: the Range header, and parts by their number. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pachlite.errors import RangeNotSatisfiable
from pachlite.gateway.errors import INVALID_ARGUMENT, INVALID_PART_NUMBER, S3Refusal
from pachlite.pfs.infos import PartSize

_RANGE: Final = re.compile(r"bytes=(\d{0,40})-(\d{0,40})", re.IGNORECASE | re.ASCII)
_COPY_RANGE: Final = re.compile(r"bytes=(\d{1,19})-(\d{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Some bytes of an object of `size_bytes`."""

    offset: int
    length: int
    size_bytes: int

    @property
    def content_range(self) -> str:
        """The value of the Content-Range header."""
        return f"bytes {self.offset}-{self.offset + self.length - 1}/{self.size_bytes}"


def parse_range(header: str, size_bytes: int) -> ByteRange | None:
    """Return the range, or None when the whole object is to be sent.

    That is so for syntax errors and for several ranges at once, as RFC 9110 allows, and for the end
    of an empty object.

    Raises:
        RangeNotSatisfiable: No byte of the object is in the range.
    """
    match = _RANGE.fullmatch(header.strip())
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size_bytes)
        if not size_bytes and int(last):
            return None
        if not length:
            raise RangeNotSatisfiable(size_bytes)
        return ByteRange(size_bytes - length, length, size_bytes)
    start = int(first)
    stop = min(int(last), size_bytes - 1) if last else size_bytes - 1
    if last and int(last) < start:
        return None
    if start >= size_bytes:
        raise RangeNotSatisfiable(size_bytes)
    return ByteRange(start, stop - start + 1, size_bytes)


def parse_copy_range(header: str) -> tuple[int, int]:
    """Return offset and length of `bytes=first-last`, the only form for copied parts."""
    match = _COPY_RANGE.fullmatch(header.strip())
    if not match or int(match[1]) > int(match[2]):
        raise S3Refusal(
            INVALID_ARGUMENT,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first "
            "and last are the zero-based offsets of the first and last bytes to copy",
        )
    return int(match[1]), int(match[2]) - int(match[1]) + 1


def part_range(number: int, parts: Sequence[PartSize], size_bytes: int) -> ByteRange:
    """Return where a part is; an object that was put at once is its own part 1."""
    offset = 0
    for part in parts or [PartSize(1, size_bytes)]:
        if part.number == number:
            return ByteRange(offset, part.size_bytes, size_bytes)
        offset += part.size_bytes
    raise S3Refusal(INVALID_PART_NUMBER, f"the object has no part {number}")
