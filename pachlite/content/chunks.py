"""The rows of chunks: found by digest, added, kept alive, located. It knows where bytes are.

Garbage collection decides by epochs. A chunk that was added or revived in the present epoch cannot
be condemned before the next one begins, so its id may be kept in memory until then. Whoever kept an
id for longer revives it in the transaction that refers to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pachlite.content.digest import lookup_key
from pachlite.errors import ContentCorrupt, Retry
from pachlite.metadata.api import Reader, Transaction


@dataclass(frozen=True, slots=True)
class Known:
    """A chunk that is stored already, and the epoch that keeps it."""

    chunk: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Location:
    """Where the bytes of a chunk are: inline, or so many at an offset of a pack."""

    digest: bytes
    length: int
    pack: str
    offset: int
    codec: int
    inline: bytes | None


def epoch_of(q: Reader) -> int:
    """Return the present epoch of garbage collection."""
    row = q.one("SELECT v FROM format WHERE k = 'gc_epoch'")
    return int(row[0]) if row else 0


def find(q: Reader, digest: bytes) -> Known | None:
    """Return the chunk that has a digest, if there is one to share."""
    rows = q.all(
        "SELECT c.id, c.epoch, c.hash FROM dd JOIN chunk c ON c.id = dd.chunk WHERE dd.h64 = ?",
        lookup_key(digest),
    )
    return next((Known(chunk, epoch) for chunk, epoch, found in rows if found == digest), None)


def find_now(tx: Transaction, digest: bytes) -> tuple[Known | None, int]:
    """Return what `find` returns, and the present epoch."""
    rows = tx.all(
        "SELECT f.v, c.id, c.epoch, c.hash FROM (SELECT 1) AS one "
        "LEFT JOIN format f ON f.k = 'gc_epoch' LEFT JOIN dd ON dd.h64 = ? "
        "LEFT JOIN chunk c ON c.id = dd.chunk",
        lookup_key(digest),
    )
    known = next((Known(chunk, epoch) for _, chunk, epoch, hash_ in rows if hash_ == digest), None)
    return known, int(rows[0][0] or 0)


def revive(tx: Transaction, chunk: int, digest: bytes, epoch: int) -> None:
    """Keep a chunk whose id was found earlier; raise `Retry` if it is gone.

    The digest matters: the id of a chunk that is gone may belong to another one by now.
    """
    found = tx.execute(
        "UPDATE chunk SET epoch = ?, state = 0 WHERE id = ? AND hash = ?", epoch, chunk, digest
    )
    if not found:
        raise Retry("content that was shared has just been collected")


def add(tx: Transaction, digest: bytes, length: int, place: tuple[int, int], epoch: int) -> int:
    """Add a chunk whose bytes are at a place, (pack, offset); return its id."""
    chunk = tx.insert(
        "INSERT INTO chunk (hash, pack, off, clen, ulen, epoch) VALUES (?, ?, ?, ?, ?, ?)",
        digest,
        *place,
        length,
        length,
        epoch,
    )
    tx.execute("INSERT INTO dd (h64, chunk) VALUES (?, ?)", lookup_key(digest), chunk)
    return chunk


def add_inline(tx: Transaction, digest: bytes, data: bytes, epoch: int) -> int:
    """Add a chunk whose bytes are in the database; return its id."""
    chunk = add(tx, digest, len(data), (0, 0), epoch)
    tx.execute("INSERT INTO inline_data (chunk, data) VALUES (?, ?)", chunk, data)
    return chunk


def locate(q: Reader, chunk: int) -> Location:
    """Return where a chunk is. Raises `ContentCorrupt` when nothing is known of it."""
    row = q.one(
        "SELECT c.hash, c.ulen, p.key, c.off, c.codec, i.data FROM chunk c"
        " LEFT JOIN pack p ON p.id = c.pack LEFT JOIN inline_data i ON i.chunk = c.id"
        " WHERE c.id = ?",
        chunk,
    )
    if row is None or (row[2] is None and row[5] is None):
        raise ContentCorrupt(f"chunk {chunk}", "it is not recorded")
    return Location(*row)
