"""The names under which what S3 keeps with a bucket is stored."""

from __future__ import annotations

from typing import Final

CORS: Final = "cors"
LOCATION: Final = "location"
OWNERSHIP: Final = "ownership"
PUBLIC_ACCESS: Final = "public-access"
TAGGING: Final = "tagging"

DELETED: Final = "deleted"
"""Stands for a setting that has a default, and was deleted all the same."""
