"""A file system that asks callers who they are come what may: while auth is off, it lets in nobody.

For gateways that strangers can reach. It changes that one answer, and passes on everything else.
"""

from __future__ import annotations

from typing import Any, cast

from pachlite.pfs.api import PFS


class _Insisting:
    """See `pfs.api.PFS`."""

    def __init__(self, pfs: PFS) -> None:
        self._pfs = pfs

    def __repr__(self) -> str:
        return f"<Insisting on {self._pfs!r}>"

    def is_auth_active(self) -> bool:
        return True  # while it is off there is no token and no key, and so nobody to let in

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the file system has
        return getattr(self._pfs, name)


def insisting(pfs: PFS) -> PFS:
    """Return a file system that does not serve anybody while auth is off."""
    return cast("PFS", _Insisting(pfs))
