"""Where the next commit of a branch goes: onto its line, into an open commit, onto a new line."""

from __future__ import annotations

from dataclasses import dataclass

from pachlite.metadata.api import Transaction
from pachlite.pfs.infos import Origin
from pachlite.store import lines
from pachlite.store.engine import Engine, new_commit_id
from pachlite.store.lines import Snapshot
from pachlite.store.lookup import BranchRow, CommitRow

ORIGINS = tuple(Origin)


@dataclass(frozen=True, slots=True)
class Place:
    """What a write is added to.

    Attributes:
        branch: The branch that moves to the new commit; None when none does.
        head: The commit that the write is added to, or that it joins when it is open; None for a
            branch that is being made.
    """

    repo: int
    name: str
    branch: BranchRow | None
    head: CommitRow | None

    @property
    def joined(self) -> CommitRow | None:
        """The open commit that a write joins; None for a commit of its own."""
        return self.head if self.head is not None and self.head.is_open else None


@dataclass(slots=True)
class Pen:
    """A commit being written in one transaction. Writes go to `at`; then `finish` makes it so.

    Attributes:
        at: Where rows are written.
        id: The id of the commit, also of one that is joined.
        line: The line of `at`, once it has been read.
        files, size: How the totals change.
    """

    engine: Engine
    place: Place
    at: Snapshot
    now: int
    id: bytes
    line: lines.Line | None = None
    files: int = 0
    size: int = 0

    def write(self, tx: Transaction, path: str, value: lines.Value | None) -> lines.Row | None:
        """Write or (None) delete a path, keeping the totals; return what was there."""
        if self.line is None:
            self.line = lines.load_line(tx, self.at.line)
        old = lines.write(tx, self.at, path, value, line=self.line)
        self.count(old.value if old else None, value)
        return old

    def count(self, old: lines.Value | None, new: lines.Value | None) -> None:
        """Note in the totals that one value took the place of another."""
        for value, sign in ((old, -1), (new, 1)):
            if value is not None and value.kind:
                self.files += sign
                self.size += sign * value.size

    def finish(self, tx: Transaction, *, description: str = "", is_open: bool = False) -> CommitRow:
        """Add the commit and move its branch there, or update the open one; return it."""
        place = self.place
        if place.joined is not None:
            return self._update(tx, place.joined)
        new = NewCommit(place.repo, place.name, self.at, self.id, self.now, description=description)
        totals, user = self._totals(), self.engine.user
        row = insert_commit(tx, new, creator=user, totals=totals, is_open=is_open)
        move_head(tx, self.engine, place, row)
        return row

    def _totals(self) -> tuple[int, int] | None:
        before = self.place.head
        if before is None:
            return (self.files, self.size)
        if before.files is None or before.size is None:
            return None
        return (before.files + self.files, before.size + self.size)

    def _update(self, tx: Transaction, joined: CommitRow) -> CommitRow:
        tx.execute(
            "UPDATE commits SET files = files + ?, size = size + ? WHERE cid = ?",
            self.files,
            self.size,
            joined.cid,
        )
        return joined


@dataclass(frozen=True, slots=True)
class NewCommit:
    """The columns of a commit that is to be inserted."""

    repo: int
    branch: str
    at: Snapshot
    id: bytes
    now: int
    origin: Origin = Origin.USER
    description: str = ""


def open_pen(tx: Transaction, engine: Engine, place: Place) -> Pen:
    """Decide where a write goes: into the open commit, onto the line, or onto a new line."""
    now = engine.clock()
    head = place.head
    if head is None:
        made = lines.create_line(tx, place.repo, None, now)
        return Pen(engine, place, Snapshot(made, 1), now, new_commit_id(now))
    if head.is_open:
        return Pen(engine, place, head.at, now, head.id)
    now = max(now, head.started + 1)
    at, line = next_position(tx, engine, head, now)
    return Pen(engine, place, at, now, new_commit_id(now), line)


def next_position(
    tx: Transaction, engine: Engine, head: CommitRow, now: int
) -> tuple[Snapshot, lines.Line | None]:
    """Return where a child of `head` goes: its line if `head` is the tip of it, else a new one."""
    line = lines.load_line(tx, head.line)
    if line.tip == head.seq and line.state == lines.LIVE:
        return Snapshot(line.id, line.next_seq), line
    made = lines.create_line(tx, head.repo, head.at, now)
    engine.request_upkeep(made)
    return Snapshot(made, 1), None


def insert_commit(
    tx: Transaction,
    new: NewCommit,
    *,
    creator: str,
    totals: tuple[int, int] | tuple[None, None] | None,
    is_open: bool = False,
) -> CommitRow:
    """Add a commit at the tip of its line, and advance the line."""
    finished = None if is_open else new.now
    origin = ORIGINS.index(new.origin)
    totals = totals or (None, None)
    cid = tx.insert(
        "INSERT INTO commits (id, repo, line, seq, branch, origin, creator, description, started, "
        "finished, files, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(new.id, new.repo, *new.at, new.branch, origin, creator, new.description),
        *(new.now, finished, *totals),
    )
    tx.execute(
        "UPDATE line SET tip = ?, next_seq = ? WHERE id = ?",
        new.at.seq,
        new.at.seq + 1,
        new.at.line,
    )
    return CommitRow(
        cid=cid,
        id=new.id,
        repo=new.repo,
        line=new.at.line,
        seq=new.at.seq,
        branch=new.branch,
        origin=origin,
        creator=creator,
        description=new.description,
        started=new.now,
        finished=finished,
        error="",
        files=totals[0],
        size=totals[1],
    )


def move_head(
    tx: Transaction, engine: Engine, place: Place, head: CommitRow, *, operation: str = ""
) -> None:
    """Make `head` the head of the branch of a place, creating the branch if there is none.

    `operation` is noted in the reflog; empty for an ordinary commit on top of the head.
    """
    now = engine.clock()
    if place.branch is not None:
        tx.execute(
            "UPDATE branch SET head = ?, updated = ? WHERE id = ?", head.cid, now, place.branch.id
        )
    elif place.head is None:
        tx.execute(
            "INSERT INTO branch (repo, name, head, creator, created, updated) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            place.repo,
            place.name,
            head.cid,
            engine.user,
            now,
            now,
        )
    if operation:
        old = place.head.cid if place.head else None
        log_head(tx, engine, place.repo, place.name, (old, head.cid), operation)


def log_head(
    tx: Transaction,
    engine: Engine,
    repo: int,
    branch: str,
    change: tuple[int | None, int | None],
    operation: str,
) -> None:
    """Note in the reflog that a head moved other than by a commit on top of it."""
    tx.execute(
        "INSERT INTO reflog (at, repo, branch, old, new, op, actor) VALUES (?, ?, ?, ?, ?, ?, ?)",
        engine.clock(),
        repo,
        branch,
        change[0],
        change[1],
        operation,
        engine.user,
    )
