"""Rules for project, repo and branch names and for commit ids. Pure; it looks nothing up.

The rules are pachctl's, with one addition: names of eight or more hex digits only are refused for
branches and tags, so that a name can never be taken for a commit id or a prefix of one.
"""

from __future__ import annotations

import re
from typing import Final

from pachlite.errors import InvalidName

DEFAULT_PROJECT: Final = "default"
DEFAULT_BRANCH: Final = "master"
MAX_PROJECT_LENGTH: Final = 51
MIN_PREFIX_DIGITS: Final = 8
"""The shortest prefix of a commit id that the command line takes."""
MIN_BUCKET_PREFIX_DIGITS: Final = 20
"""The shortest prefix of a commit id that a bucket name takes."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_PROJECT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_HEX: Final = re.compile(r"[0-9a-f]+")
_COMMIT_ID: Final = re.compile(r"[0-9a-f]{12}4[0-9a-f]{19}")
_CHARACTERS: Final = "only alphanumeric characters, underscores, and dashes are allowed"
_RESERVED_REPOS: Final = frozenset({"__filesets__"})
_MAX_NAME_LENGTH: Final = 255


def check_project_name(name: str) -> str:
    """Return `name` if a project may have it; raise `InvalidName` otherwise."""
    if not _PROJECT.fullmatch(name):
        rule = "it must start with a letter or digit" if _NAME.fullmatch(name) else _CHARACTERS
        raise InvalidName("project", name, rule)
    if len(name) > MAX_PROJECT_LENGTH:
        raise InvalidName("project", name, f"at most {MAX_PROJECT_LENGTH} characters are allowed")
    return name


def check_repo_name(name: str) -> str:
    """Return `name` if a repo may have it; raise `InvalidName` otherwise."""
    _check_characters("repo", name)
    if name in _RESERVED_REPOS:
        raise InvalidName("repo", name, "the name is reserved")
    return name


def check_branch_name(name: str, *, kind: str = "branch") -> str:
    """Return `name` if a branch (or, with `kind`, a tag) may have it; raise `InvalidName`."""
    _check_characters(kind, name)
    if is_commit_prefix(name):
        raise InvalidName(
            kind, name, f"{MIN_PREFIX_DIGITS} or more hex digits only would look like a commit id"
        )
    return name


def is_commit_id(text: str) -> bool:
    """Say whether `text` is a whole commit id: 32 lower-case hex digits, the 13th of them 4."""
    return _COMMIT_ID.fullmatch(text) is not None


def is_commit_prefix(text: str, *, digits: int = MIN_PREFIX_DIGITS) -> bool:
    """Say whether `text` can only be a commit id or a prefix of one with at least `digits`."""
    return digits <= len(text) <= 32 and _HEX.fullmatch(text) is not None  # noqa: PLR2004


def _check_characters(kind: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidName(kind, name, _CHARACTERS)
    if len(name) > _MAX_NAME_LENGTH:
        raise InvalidName(kind, name, f"at most {_MAX_NAME_LENGTH} characters are allowed")
