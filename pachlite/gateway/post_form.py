"""Take `multipart/form-data` apart as it arrives: first the fields, then one file. Pure.

Whatever is held has a bound. What follows the file is not looked at, as S3 has it.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from pachlite.errors import IncompleteBody
from pachlite.gateway.errors import S3Code, S3Refusal, invalid_argument

MALFORMED_POST: Final = S3Code("MalformedPOSTRequest", 400)
PRE_DATA_TOO_LONG: Final = S3Code("MaxPostPreDataLengthExceeded", 400)

MAX_FIELDS_BYTES: Final = 20 * 1024
MAX_BOUNDARY_BYTES: Final = 200
FILE: Final = "file"

_MAX_HELD_BYTES: Final = MAX_FIELDS_BYTES + 16 * 1024
"""Of what precedes the file; the framing of fields is not counted as fields."""
_TYPE: Final = re.compile(
    r'multipart/form-data *;(?:.*;)? *boundary=(?:"([^"]+)"|([^\s;"]+))', re.I
)
_PARAMETER: Final = re.compile(
    r';\s*(name|filename)="((?:\\"|[^"])*)"|;\s*(name|filename)=([^\s;"]+)'
)
_PATH: Final = re.compile(r".*[/\\]", re.S)
_DISPOSITION: Final = "content-disposition"
_FORM_DATA: Final = re.compile(r"\s*form-data\s*;", re.IGNORECASE)
_BLANK: Final = b"\r\n\r\n"
_AFTER_BOUNDARY: Final = frozenset({b"--", b"\r\n"})


class _State(Enum):
    FIELDS = auto()
    FILE = auto()
    AFTER = auto()


def parse_boundary(content_type: str) -> bytes | None:
    """Return what is between the parts of a form; None when it is no such form.

    Raises:
        S3Refusal: It is one, and has no boundary.
    """
    if not content_type.lower().startswith("multipart/form-data"):
        return None
    match = _TYPE.match(content_type)
    boundary = (match[1] or match[2]).encode() if match else b""
    if not 0 < len(boundary) <= MAX_BOUNDARY_BYTES:
        raise _malformed()
    return boundary


class FormReader:
    """A form as it arrives.

    Attributes:
        fields: By lower-case name; complete once `has_file` is set.
        file_name: What the file was called where it came from, without directories; None if
            the form does not say.
        has_file: Whether the file has begun.
    """

    def __init__(self, boundary: bytes) -> None:
        self.fields: dict[str, str] = {}
        self.file_name: str | None = None
        self.has_file = False
        self._delimiter = b"\r\n--" + boundary
        self._state = _State.FIELDS
        # The first boundary has no line before it: this makes it like all others.
        self._held = b"\r\n"
        self._fields_bytes = 0

    def __repr__(self) -> str:
        return f"<FormReader {self._state.name} fields={len(self.fields)} held={len(self._held)}>"

    def feed(self, block: bytes) -> bytes:
        """Take the next bytes of the body, and return those of them that belong to the file."""
        if self._state is _State.AFTER:
            return b""
        self._held += block
        while self._state is _State.FIELDS:
            if not self._take_part():
                self._check_held()
                return b""
        return self._take_data()

    def finish(self) -> None:
        """Check that the form was complete."""
        if not self.has_file and not self._held.startswith(self._delimiter + b"--"):
            raise _malformed()
        if not self.has_file:
            raise invalid_argument(FILE, "0", "POST requires exactly one file upload per request.")
        if self._state is not _State.AFTER:
            raise IncompleteBody("the form ends within its file")

    def _take_part(self) -> bool:
        """Take a whole field, or the head of the file; say whether there was one."""
        start = self._held.find(self._delimiter)
        head = start + len(self._delimiter)
        end = self._held.find(_BLANK, head)
        if start < 0 or end < 0 or self._held.startswith(b"--", head):
            return False
        name, file_name = _parse_head(self._held[head:end])
        begin = end + len(_BLANK)
        if name == FILE:
            self._held = self._held[begin:]
            self.file_name = None if file_name is None else _PATH.sub("", file_name)
            self.has_file = True
            self._state = _State.FILE
            return True
        stop = self._held.find(self._delimiter, begin)
        if stop < 0:
            return False
        self._take_field(name, self._held[begin:stop])
        self._held = self._held[stop:]
        return True

    def _take_field(self, name: str, value: bytes) -> None:
        self._fields_bytes += len(name) + len(value)
        if self._fields_bytes > MAX_FIELDS_BYTES:
            raise _too_long()
        if name in self.fields:
            raise invalid_argument(name, "", f"the form has the field {name[:80]} more than once")
        try:
            self.fields[name] = value.decode()
        except UnicodeDecodeError as error:
            raise invalid_argument(name, "", f"the field {name[:80]} is not UTF-8") from error

    def _take_data(self) -> bytes:
        """Return data of the file, up to the boundary or to what may become one."""
        held = self._held
        position = 0
        while (found := held.find(self._delimiter, position)) >= 0:
            end = found + len(self._delimiter)
            if end + 2 > len(held):
                break
            if held[end : end + 2] in _AFTER_BOUNDARY:
                self._state, self._held = _State.AFTER, b""
                return held[:found]
            position = found + 1  # only looks like a boundary
        if found < 0:
            found = max(position, len(held) - len(self._delimiter) + 1)
        self._held = held[found:]
        return held[:found]

    def _check_held(self) -> None:
        if len(self._held) > _MAX_HELD_BYTES:
            raise _too_long()


def _parse_head(head: bytes) -> tuple[str, str | None]:
    """Return the name of a part in lower case, and of its file if it has one."""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        title, colon, value = line.partition(":")
        if colon and title.strip().lower() == _DISPOSITION and _FORM_DATA.match(value):
            found = {
                match[1] or match[3]: match[4] if match[2] is None else _unquote(match[2])
                for match in _PARAMETER.finditer(value)
            }
            if "name" in found:
                return found["name"].lower(), found.get("filename")
    raise _malformed()


def _unquote(text: str) -> str:
    """Decode a quoted value as browsers write it: they escape little, and as in a URL."""
    return text.replace('\\"', '"').replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _malformed() -> S3Refusal:
    return S3Refusal(
        MALFORMED_POST, "The body of your POST request is not well-formed multipart/form-data."
    )


def _too_long() -> S3Refusal:
    return S3Refusal(
        PRE_DATA_TOO_LONG,
        "Your POST request fields preceding the upload file were too large.",
        details=(("MaxPostPreDataLengthBytes", str(MAX_FIELDS_BYTES)),),
    )
