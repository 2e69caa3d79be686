"""File paths: which ones may be stored, and how a person's spelling becomes a key. Pure.

A path is an opaque key of 1 to 1024 bytes of UTF-8 without NUL, ordered by its bytes. `a`, `a/` and
`a/b` are three keys. S3 stores keys as given; the command line normalises what is typed.
"""

from __future__ import annotations

from typing import Final

from pachlite.errors import InvalidPath

MAX_PATH_BYTES: Final = 1024


def check_path(path: str) -> str:
    """Return `path` if a file may be stored under it; raise `InvalidPath` otherwise."""
    if not path:
        raise InvalidPath(path, "it is empty")
    if "\0" in path:
        raise InvalidPath(path, "it contains a NUL character")
    try:
        size = len(path) if path.isascii() else len(path.encode())
    except UnicodeEncodeError:
        raise InvalidPath(path, "it is not valid UTF-8") from None
    if size > MAX_PATH_BYTES:
        raise InvalidPath(
            path, f"{size} bytes are more than the limit of {MAX_PATH_BYTES}", is_too_long=True
        )
    return path


def normalize(path: str) -> str:
    """Turn a typed path into a key: `/a//b/` becomes `a/b/`; a trailing slash stays.

    Raises:
        InvalidPath: A segment is `.` or `..`.
    """
    segments = [segment for segment in path.split("/") if segment]
    if any(segment in {".", ".."} for segment in segments):
        raise InvalidPath(path, "the segments . and .. are not allowed")
    tail = "/" if path.endswith("/") and segments else ""
    return "/".join(segments) + tail


def join(base: str, name: str) -> str:
    """Join a directory path (may be empty, may end in a slash) and a name below it."""
    if not base:
        return name
    return base + name if base.endswith("/") else f"{base}/{name}"


def as_directory(path: str) -> str:
    """Return the prefix that everything below `path` starts with; empty for the root."""
    return path if not path or path.endswith("/") else path + "/"


def after_prefix(prefix: str) -> str:
    """Return a text that sorts behind every valid path starting with `prefix`.

    No valid UTF-8 text sorts above U+10FFFF repeated, but a key may hold it; so the last code
    point that can grow is increased instead. An empty result means: there is no upper bound.
    """
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return ""
    last = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if 0xD800 <= last <= 0xDFFF else last)  # noqa: PLR2004
