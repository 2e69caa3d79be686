"""What a write is aimed at: a branch by its name, or an open commit by its id."""

from __future__ import annotations

from dataclasses import dataclass

from pachlite.errors import BranchNotFound, CommitFinished
from pachlite.metadata.api import Reader, Transaction
from pachlite.pfs.names import check_branch_name
from pachlite.pfs.refs import CommitRef, RepoRef
from pachlite.store import lookup
from pachlite.store.lookup import CommitRow, find_commit, peek_branch
from pachlite.store.tips import Place


@dataclass(frozen=True, slots=True)
class Target:
    """Where writes go.

    Attributes:
        branch: The name of a branch that need not exist; empty for a commit.
        commit: The open commit, for `branch` empty.
        may_create: Whether a missing branch is made.
    """

    repo: RepoRef
    branch: str
    commit: CommitRef
    may_create: bool

    @property
    def name(self) -> str:
        """How the target was written."""
        return str(self.commit)

    def find_repo(self, q: Reader) -> int:
        """Return the id of the repo; raise `RepoNotFound`."""
        return lookup.find_repo(q, self.repo)

    def peek_head(self, q: Reader) -> CommitRow | None:
        """Return the commit that readers of the target see now; None for a missing branch."""
        if not self.branch:
            return find_commit(q, self.commit)
        found = peek_branch(q, self.repo, self.branch)
        return found.head if found else None

    def find_place(self, tx: Transaction) -> Place:
        """Return what a write is added to; raise what `check` raises."""
        if not self.branch:
            row = find_commit(tx, self.commit)
            self._check_open(row)
            return Place(row.repo, row.branch, None, row)
        branch = peek_branch(tx, self.repo, self.branch)
        if branch is not None:
            return Place(branch.repo, branch.name, branch, branch.head)
        repo = self.find_repo(tx)
        if not self.may_create:
            raise BranchNotFound(str(self.repo), self.branch)
        return Place(repo, self.branch, None, None)

    def check(self, q: Reader) -> None:
        """Raise `RepoNotFound`, `BranchNotFound` or `CommitFinished` before any data is sent."""
        head = self.peek_head(q)
        if head is None:
            self.find_repo(q)
            if not self.may_create:
                raise BranchNotFound(str(self.repo), self.branch)
        elif not self.branch:
            self._check_open(head)

    def _check_open(self, row: CommitRow) -> None:
        if not row.is_open:
            raise CommitFinished(str(self.repo), row.hex)


def target_of(commit: CommitRef, *, may_create: bool = True) -> Target:
    """Return the target that a reference names."""
    branch = check_branch_name(commit.base) if commit.is_plain_branch else ""
    return Target(commit.repo, branch, commit, may_create)
