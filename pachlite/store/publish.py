"""Make the changes of a file set one commit: directly, or by putting a staged line on the head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pachlite.metadata.api import Transaction
from pachlite.store import lines, totals
from pachlite.store.branches import empty_commit
from pachlite.store.changes import Change, apply
from pachlite.store.engine import Engine, new_commit_id
from pachlite.store.lines import Snapshot
from pachlite.store.lookup import CommitRow, find_commit_by_id, row_by_cid
from pachlite.store.targets import Target
from pachlite.store.tips import NewCommit, Pen, Place, insert_commit, move_head, open_pen


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes to write in the publishing transaction, in order, and how to record them."""

    changes: list[Change]
    description: str = ""
    operation_id: str = ""


def direct(engine: Engine, target: Target, batch: Batch) -> CommitRow:
    """Write all changes as one commit. Without any, no commit is made of an existing branch."""

    def publish(tx: Transaction) -> CommitRow:
        place = target.find_place(tx)
        if not batch.changes:
            return _nothing(tx, engine, place)
        pen = open_pen(tx, engine, place)
        for change in batch.changes:
            apply(tx, pen, change)
        return pen.finish(tx, description=batch.description)

    return engine.writer.run(_once(target, batch.operation_id, engine, publish))


def staged(engine: Engine, target: Target, batch: Batch, stage: int) -> CommitRow:
    """Put a staged line on the head, then write the remaining changes onto it."""
    count = lines.count_stage(engine.reader, stage)

    def publish(tx: Transaction) -> CommitRow:
        place = target.find_place(tx)
        lines.publish_stage(tx, stage, place.head.at if place.head else None)
        row = _take_over(tx, engine, place, stage, (count, batch.description))
        pen = Pen(engine, Place(place.repo, place.name, None, row), row.at, engine.clock(), row.id)
        for change in batch.changes:
            apply(tx, pen, change)
        return row

    row = engine.writer.run(_once(target, batch.operation_id, engine, publish))
    engine.request_upkeep(row.line)
    if not row.is_open:
        totals.settle(engine, row)
    return row_by_cid(engine.reader, row.cid)


def _take_over(
    tx: Transaction, engine: Engine, place: Place, stage: int, record: tuple[tuple[int, int], str]
) -> CommitRow:
    """Make the staged line the tip: as a new commit, or as the place of the open one."""
    at = Snapshot(stage, lines.FIRST_SEQ)
    joined = place.joined
    if joined is not None:
        tx.execute(
            "UPDATE commits SET line = ?, seq = ?, files = NULL, size = NULL WHERE cid = ?",
            at.line,
            at.seq,
            joined.cid,
        )
        tx.execute("UPDATE line SET tip = ?, next_seq = ? WHERE id = ?", at.seq, at.seq + 1, stage)
        return replace(joined, line=at.line, seq=at.seq, files=None, size=None)
    now = max(engine.clock(), place.head.started + 1 if place.head else 0)
    new = NewCommit(place.repo, place.name, at, new_commit_id(now), now, description=record[1])
    is_first = place.head is None or place.head.files == 0
    row = insert_commit(tx, new, creator=engine.user, totals=record[0] if is_first else None)
    move_head(tx, engine, place, row)
    return row


def _nothing(tx: Transaction, engine: Engine, place: Place) -> CommitRow:
    """Return the head as it is; a branch that is new gets its empty commit."""
    if place.head is not None:
        return place.head
    row = empty_commit(tx, engine, place.repo, place.name)
    move_head(tx, engine, place, row, operation="create branch")
    return row


def _once(
    target: Target, operation_id: str, engine: Engine, publish: Callable[[Transaction], CommitRow]
) -> Callable[[Transaction], CommitRow]:
    """Wrap `publish` so that a repeated operation id answers with the first result."""
    if not operation_id:
        return publish

    def run(tx: Transaction) -> CommitRow:
        done = tx.one("SELECT result FROM operation WHERE id = ?", operation_id)
        if done is not None:
            row = find_commit_by_id(tx, target.find_repo(tx), bytes.fromhex(done[0]))
            if row is not None:
                return row
        row = publish(tx)
        tx.execute(
            "INSERT OR REPLACE INTO operation (id, at, result) VALUES (?, ?, ?)",
            operation_id,
            engine.clock(),
            row.hex,
        )
        return row

    return run
