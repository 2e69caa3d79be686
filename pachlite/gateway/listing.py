"""What the listings of objects, versions and uploads have in common: how entries are rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from pachlite.gateway.dates import xml_date
from pachlite.gateway.xml import element, escape, group
from pachlite.pfs.infos import FileInfo, FileType

OWNER_ID: Final = "0" * 32
OWNER_NAME: Final = "pachlite"
OWNER: Final = group("Owner", element("ID", OWNER_ID), element("DisplayName", OWNER_NAME))
INITIATOR: Final = group("Initiator", element("ID", OWNER_ID), element("DisplayName", OWNER_NAME))

Encoder = Callable[[str], str]


def is_prefix(info: FileInfo) -> bool:
    """Say whether an entry stands for all keys below a common prefix."""
    return info.type is FileType.DIR


def contents(files: Iterable[FileInfo], encode: Encoder, *, owner: str) -> str:
    """Render the objects of a page. This is the hot loop of every listing."""
    return "".join(
        [
            f"<Contents><Key>{escape(encode(info.path))}</Key>"
            f"<LastModified>{xml_date(info.modified_at)}</LastModified>"
            f"<ETag>&quot;{info.etag}&quot;</ETag><Size>{info.size_bytes}</Size>"
            f"{owner}<StorageClass>STANDARD</StorageClass></Contents>"
            for info in files
            if info.type is FileType.FILE
        ]
    )


def common_prefixes(prefixes: Iterable[str], encode: Encoder) -> str:
    """Render the common prefixes of a page."""
    return "".join(
        group("CommonPrefixes", element("Prefix", encode(prefix))) for prefix in prefixes
    )


def optional(name: str, text: str) -> str:
    """Render an element unless it would be empty."""
    return element(name, text) if text else ""
