"""Ask for a token without showing it, or read it from a pipe."""

from __future__ import annotations

import sys

from pachlite.errors import InvalidToken

_MAX_CHARACTERS = 4096


def read_token(question: str) -> str:
    """Return what is typed unseen, or the first line of standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        from getpass import getpass

        token = getpass(question)
    else:
        token = sys.stdin.readline(_MAX_CHARACTERS) if sys.stdin is not None else ""
    if not token.strip():
        raise InvalidToken("there was none on standard input")
    return token.strip()
