"""What the listings of objects, versions and uploads have in common: how entries are rendered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from pachlite.gateway.dates import xml_date
from pachlite.gateway.xml import element, escape, group
from pachlite.pfs.infos import Checksum, FileInfo, FileType

OWNER_ID: Final = "0" * 32
OWNER_NAME: Final = "pachlite"
OWNER: Final = group("Owner", element("ID", OWNER_ID), element("DisplayName", OWNER_NAME))
INITIATOR: Final = group("Initiator", element("ID", OWNER_ID), element("DisplayName", OWNER_NAME))

Encoder = Callable[[str], str]
_PLAIN: Final = re.compile("[A-Za-z0-9_.~/-]*")  # what no encoding and no escape changes


def is_prefix(info: FileInfo) -> bool:
    """Say whether an entry stands for all keys below a common prefix."""
    return info.type is FileType.DIR


def contents(files: Iterable[FileInfo], encode: Encoder, *, owner: str) -> str:
    """Render the objects of a page. This is the hot loop of every listing."""
    shown = [info for info in files if info.type is FileType.FILE]
    tail = f"{owner}<StorageClass>STANDARD</StorageClass></Contents>"
    # Objects of a kind share what is known of their checksums, so it is rendered once.
    kinds = {id(info.checksums): info.checksums for info in shown}
    sums = {key: sum_kind(checksums) for key, checksums in kinds.items()}
    return "".join(
        [
            f"<Contents><Key>{key}</Key><LastModified>{xml_date(modified)}</LastModified>"
            f"<ETag>&quot;{etag}&quot;</ETag>{sums[id(checksums)]}<Size>{size}</Size>{tail}"
            for key, (_, _, size, modified, _, etag, _, _, _, _, checksums, _, _) in zip(
                _shown_keys(shown, encode), shown, strict=True
            )
        ]
    )


def _shown_keys(files: list[FileInfo], encode: Encoder) -> list[str]:
    """Return the keys as they are shown; most pages need no look at each of them."""
    keys = [info.path for info in files]
    if _PLAIN.fullmatch("".join(keys)):
        return keys
    return [escape(encode(key)) for key in keys]


def sum_kind(checksums: tuple[Checksum, ...]) -> str:
    """Render of which kind the checksums of an object are."""
    if not checksums:
        return ""
    return "".join(
        [
            *(element("ChecksumAlgorithm", each.algorithm) for each in checksums),
            element("ChecksumType", checksums[0].type.value),
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
