"""Digests of content: BLAKE3 of bytes, and of lists of digests."""

from __future__ import annotations

from typing import Final

from blake3 import blake3

DIGEST_BYTES: Final = 32
_KEY_BYTES: Final = 8
_LIST_CONTEXT: Final = "pachlite 2026 list of chunk digests and lengths"


def digest_of(data: bytes | memoryview) -> bytes:
    """Return the digest of some bytes."""
    return blake3(data).digest()


EMPTY_DIGEST: Final = digest_of(b"")


def lookup_key(digest: bytes) -> int:
    """Return the part of a digest by which chunks are found, as a signed 64-bit number."""
    return int.from_bytes(digest[:_KEY_BYTES], "big", signed=True)


class ListDigest:
    """The digest of a file of several chunks, from their digests and lengths.

    It is computed in a domain of its own: no file can have the digest of another one's list.
    """

    def __init__(self) -> None:
        self._hash = blake3(derive_key_context=_LIST_CONTEXT)

    def add(self, digest: bytes, length: int) -> None:
        """Add the next chunk."""
        self._hash.update(digest + length.to_bytes(_KEY_BYTES, "little"))

    def digest(self) -> bytes:
        """Return the digest of the chunks added so far."""
        return self._hash.digest()
