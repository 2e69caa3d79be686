"""Errors become exit codes: every failure is 1, or a code per family where that was asked for.

Scripts written for pachctl expect 1; `PACHLITE_EXIT_CODES=fine` turns the table on.
"""

from __future__ import annotations

from typing import Final

from pachlite.errors import (
    AlreadyExists,
    Conflict,
    Corrupt,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    PachliteError,
    PermissionDenied,
    Unavailable,
    Unsupported,
)

SUCCESS: Final = 0
FAILURE: Final = 1
USAGE: Final = 2
"""A command line that cannot be understood, where fine codes were asked for."""
INTERRUPTED: Final = 130

EXIT_CODES: Final[dict[type[PachliteError], int]] = {
    PachliteError: FAILURE,
    NotFound: 3,
    AlreadyExists: 4,
    Conflict: 5,
    InvalidArgument: 6,
    PermissionDenied: 7,
    Unavailable: 8,
    Corrupt: 9,
    Unsupported: 10,
    LimitExceeded: 11,
}


def exit_code(error: PachliteError) -> int:
    """Return the fine exit code of the nearest mapped ancestor of `error`'s class."""
    return next(EXIT_CODES[cls] for cls in type(error).__mro__ if cls in EXIT_CODES)
