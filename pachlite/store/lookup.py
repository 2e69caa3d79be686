"""From references to rows: projects, repos, branches, commits and their ancestry. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pachlite.errors import (
    AmbiguousReference,
    BranchNotFound,
    CommitNotFound,
    ProjectNotFound,
    RepoNotFound,
)
from pachlite.metadata.api import Reader
from pachlite.pfs.names import is_commit_prefix
from pachlite.pfs.refs import Back, BranchRef, CommitRef, FromRoot, RepoRef, Step
from pachlite.store import lines
from pachlite.store.lines import Snapshot

_ID_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class CommitRow:
    """A row of `commits`."""

    cid: int
    id: bytes
    repo: int
    line: int
    seq: int
    branch: str
    origin: int
    creator: str
    description: str
    started: int
    finished: int | None
    error: str
    files: int | None
    size: int | None

    @property
    def at(self) -> Snapshot:
        """The snapshot that the commit shows."""
        return Snapshot(self.line, self.seq)

    @property
    def hex(self) -> str:
        """The id as users see it."""
        return self.id.hex()

    @property
    def is_open(self) -> bool:
        """Whether the commit still takes writes."""
        return self.finished is None


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A row of `branch` with its head."""

    id: int
    repo: int
    name: str
    alias: str
    creator: str
    created: int
    updated: int
    head: CommitRow


COMMIT_COLUMNS: Final = (
    "c.cid, c.id, c.repo, c.line, c.seq, c.branch, c.origin, c.creator, c.description, "
    "c.started, c.finished, c.error, c.files, c.size"
)
BRANCH_COLUMNS: Final = "b.id, b.repo, b.name, b.alias, b.creator, b.created, b.updated"
_BRANCH_WIDTH: Final = 7
_FIND_BRANCH: Final = f"""
    SELECT {BRANCH_COLUMNS}, {COMMIT_COLUMNS}
    FROM project p
    JOIN repo r ON r.project = p.id AND r.name = ? AND r.type = 'user' AND r.deleted IS NULL
    JOIN branch b ON b.repo = r.id AND b.name = ?
    JOIN commits c ON c.cid = b.head
    WHERE p.name = ?"""  # noqa: S608 - constants


def branch_row(row: tuple) -> BranchRow:  # type: ignore[type-arg] # a database row
    """Make a `BranchRow` of BRANCH_COLUMNS followed by COMMIT_COLUMNS."""
    head = CommitRow(*row[_BRANCH_WIDTH:])
    return BranchRow(*row[:_BRANCH_WIDTH], head=head)  # type: ignore[misc] # widths are constants


def find_project(q: Reader, name: str) -> int:
    """Return the id of a project; raise `ProjectNotFound`."""
    row = q.one("SELECT id FROM project WHERE name = ?", name)
    if row is None:
        raise ProjectNotFound(name)
    return int(row[0])


def find_repo(q: Reader, repo: RepoRef) -> int:
    """Return the id of a repo; raise `ProjectNotFound` or `RepoNotFound`."""
    found = peek_repo(q, repo)
    if found is None:
        find_project(q, repo.project)
        raise RepoNotFound(str(repo))
    return found


def peek_repo(q: Reader, repo: RepoRef) -> int | None:
    """Return the id of a repo, or None."""
    row = q.one(
        "SELECT r.id FROM project p JOIN repo r ON r.project = p.id AND r.name = ? "
        "AND r.type = 'user' AND r.deleted IS NULL WHERE p.name = ?",
        repo.name,
        repo.project,
    )
    return None if row is None else int(row[0])


def peek_branch(q: Reader, repo: RepoRef, name: str) -> BranchRow | None:
    """Return a branch, or None."""
    row = q.one(_FIND_BRANCH, repo.name, name, repo.project)
    return None if row is None else branch_row(row)


def find_branch(q: Reader, branch: BranchRef) -> BranchRow:
    """Return a branch; raise `BranchNotFound`, or what its repo lacks."""
    found = peek_branch(q, branch.repo, branch.name)
    if found is None:
        find_repo(q, branch.repo)
        raise BranchNotFound(str(branch.repo), branch.name)
    return found


def find_commit(q: Reader, commit: CommitRef) -> CommitRow:
    """Return the commit that a reference names.

    Raises:
        BranchNotFound: The base names no branch.
        CommitNotFound: The base is an unknown commit id, or the steps lead too far back.
        AmbiguousReference: The base is a prefix of several commit ids.
    """
    row = _find_base(q, commit)
    for step in commit.steps:
        row = _take_step(q, commit, row, step)
    if commit.within:
        branch = find_branch(q, BranchRef(commit.repo, commit.within))
        if not is_in_history(q, row, branch.head.at):
            reason = f"it is not in the history of branch {commit.within}"
            raise CommitNotFound(str(commit.repo), commit.base, reason=reason)
    return row


def find_commit_by_id(q: Reader, repo: int, commit_id: bytes) -> CommitRow | None:
    """Return a commit of a repo by its whole id, or None."""
    row = q.one(
        f"SELECT {COMMIT_COLUMNS} FROM commits c WHERE id = ? AND repo = ? AND deleted IS NULL",  # noqa: S608
        commit_id,
        repo,
    )
    return None if row is None else CommitRow(*row)


def row_by_cid(q: Reader, cid: int) -> CommitRow:
    """Return a commit that is known to exist."""
    row = q.one(f"SELECT {COMMIT_COLUMNS} FROM commits c WHERE cid = ?", cid)  # noqa: S608
    assert row is not None
    return CommitRow(*row)


def parent_of(q: Reader, at: Snapshot, *, nth: int = 1) -> CommitRow | None:
    """Return the n-th kept commit before a snapshot along its ancestry, or None."""
    wanted = nth
    bound = Snapshot(at.line, at.seq - 1)
    for position in lines.ancestry(q, bound):
        rows = q.all(
            f"SELECT {COMMIT_COLUMNS} FROM commits c WHERE line = ? AND seq <= ? "  # noqa: S608
            "AND deleted IS NULL ORDER BY seq DESC LIMIT 1 OFFSET ?",
            position.line,
            position.seq,
            wanted - 1,
        )
        if rows:
            return CommitRow(*rows[0])
        wanted -= _count_kept(q, position)
    return None


def children_of(q: Reader, at: Snapshot) -> list[CommitRow]:
    """Return the kept commits whose parent is the commit at `at`."""
    follower = q.one(
        f"SELECT {COMMIT_COLUMNS} FROM commits c WHERE line = ? AND seq > ? "  # noqa: S608
        "AND deleted IS NULL ORDER BY seq LIMIT 1",
        at.line,
        at.seq,
    )
    found = [] if follower is None else [CommitRow(*follower)]
    bound = found[0].seq if found else None
    forks = q.all(
        "SELECT id FROM line WHERE vparent = ? AND vfork >= ? AND (? IS NULL OR vfork < ?)",
        at.line,
        at.seq,
        bound,
        bound,
    )
    for (line,) in forks:
        found.extend(children_of(q, Snapshot(int(line), 0)))
    return found


def is_in_history(q: Reader, commit: CommitRow, view: Snapshot) -> bool:
    """Say whether `commit` is the commit at `view` or one of its ancestors."""
    return any(
        position.line == commit.line and commit.seq <= position.seq
        for position in lines.ancestry(q, view)
    )


def _find_base(q: Reader, commit: CommitRef) -> CommitRow:
    if not is_commit_prefix(commit.base):
        branch = peek_branch(q, commit.repo, commit.base)
        if branch is not None:
            return branch.head
    repo = find_repo(q, commit.repo)
    if not is_commit_prefix(commit.base):
        raise BranchNotFound(str(commit.repo), commit.base)
    row = _find_prefix(q, commit, repo)
    if row is None:
        raise CommitNotFound(str(commit.repo), commit.base)
    return row


def _find_prefix(q: Reader, commit: CommitRef, repo: int) -> CommitRow | None:
    digits = commit.base
    if len(digits) == _ID_DIGITS:
        return find_commit_by_id(q, repo, bytes.fromhex(digits))
    rows = q.all(
        f"SELECT {COMMIT_COLUMNS} FROM commits c WHERE id BETWEEN ? AND ? AND repo = ? "  # noqa: S608
        "AND deleted IS NULL LIMIT 2",
        bytes.fromhex(digits.ljust(_ID_DIGITS, "0")),
        bytes.fromhex(digits.ljust(_ID_DIGITS, "f")),
        repo,
    )
    if len(rows) > 1:
        raise AmbiguousReference(str(commit.repo), digits)
    return CommitRow(*rows[0]) if rows else None


def _take_step(q: Reader, commit: CommitRef, row: CommitRow, step: Step) -> CommitRow:
    if isinstance(step, FromRoot):
        return _count_from_root(q, commit, row, step)
    if step.count == 0:
        return row
    found = parent_of(q, row.at, nth=step.count)
    if found is None:
        available = sum(_count_kept(q, p) for p in lines.ancestry(q, row.at)) - 1
        reason = f"it has {available} ancestors, {step.count} were asked for"
        raise CommitNotFound(str(commit.repo), commit.target, reason=reason)
    return found


def _count_from_root(q: Reader, commit: CommitRef, row: CommitRow, step: FromRoot) -> CommitRow:
    total = sum(_count_kept(q, position) for position in lines.ancestry(q, row.at))
    if step.number > total:
        reason = f"the branch has {total} commits, number {step.number} was asked for"
        raise CommitNotFound(str(commit.repo), commit.target, reason=reason)
    return _take_step(q, commit, row, Back(total - step.number))


def _count_kept(q: Reader, position: Snapshot) -> int:
    row = q.one(
        "SELECT COUNT(*) FROM commits WHERE line = ? AND seq <= ? AND deleted IS NULL",
        position.line,
        position.seq,
    )
    return int(row[0]) if row else 0
