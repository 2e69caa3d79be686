"""Parse and print references: repo@branch, repo@commit^2, repo@branch:/path. Looks nothing up.

Only the first `@` and the first `:` after it separate, so paths may hold any character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from pachlite.errors import InvalidReference
from pachlite.pfs.names import (
    DEFAULT_PROJECT,
    check_branch_name,
    check_project_name,
    check_repo_name,
    is_commit_prefix,
)


@dataclass(frozen=True, slots=True)
class RepoRef:
    """A repo of a project. Prints as `project/repo`."""

    project: str
    name: str

    def __str__(self) -> str:
        return f"{self.project}/{self.name}"


@dataclass(frozen=True, slots=True)
class BranchRef:
    """A branch of a repo. Prints as `repo@branch`, without the project."""

    repo: RepoRef
    name: str

    def __str__(self) -> str:
        return f"{self.repo.name}@{self.name}"


@dataclass(frozen=True, slots=True)
class Back:
    """`^N` or `~N`: the n-th parent."""

    count: int

    def __str__(self) -> str:
        return f"^{self.count}"


@dataclass(frozen=True, slots=True)
class FromRoot:
    """`.N`: the n-th commit counted from the root of the branch; `.1` is the oldest."""

    number: int

    def __str__(self) -> str:
        return f".{self.number}"


Step = Back | FromRoot


@dataclass(frozen=True, slots=True)
class CommitRef:
    """A commit, named by a branch, a tag, a commit id or a prefix of one, then by steps back.

    `branch` is the label of the form `repo@branch=commit`; the commit decides. `within` restricts:
    the commit must lie in the history of that branch, else it is not found.
    """

    repo: RepoRef
    base: str
    steps: tuple[Step, ...] = ()
    branch: str = ""
    within: str = ""

    @property
    def is_plain_branch(self) -> bool:
        """Whether this can name a branch and nothing but a branch or tag."""
        return not self.steps and not self.branch and not is_commit_prefix(self.base)

    @property
    def target(self) -> str:
        """What stands behind the `@`."""
        label = f"{self.branch}=" if self.branch else ""
        return label + self.base + "".join(map(str, self.steps))

    def __str__(self) -> str:
        return f"{self.repo.name}@{self.target}"


@dataclass(frozen=True, slots=True)
class FileRef:
    """A path in a commit. The path is a key, as S3 would name it: no leading slash added."""

    commit: CommitRef
    path: str

    def __str__(self) -> str:
        return f"{self.commit}:/{self.path}"


_ANCESTRY: Final = re.compile(r"[\^~]\d*|\.\d+")
_BASE: Final = re.compile(r"[^\^~.=]*")
_MAX_DIGITS: Final = 18


def parse_repo(text: str, project: str = DEFAULT_PROJECT) -> RepoRef:
    """Parse `repo`; raise `InvalidReference` when anything follows it."""
    if not text:
        raise InvalidReference(text, "repo cannot be empty")
    if "@" in text or ":" in text:
        raise InvalidReference(text, "expected just a repo")
    return RepoRef(check_project_name(project), check_repo_name(text))


def parse_branch(text: str, project: str = DEFAULT_PROJECT) -> BranchRef:
    """Parse `repo@branch`; raise `InvalidReference` for a commit id, ancestry or path."""
    commit = parse_commit(text, project)
    if commit.steps or commit.branch or is_commit_prefix(commit.base):
        raise InvalidReference(text, "cannot specify a commit or ancestry, only a branch")
    return BranchRef(commit.repo, check_branch_name(commit.base))


def parse_commit(text: str, project: str = DEFAULT_PROJECT) -> CommitRef:
    """Parse `repo@branch`, `repo@commit`, `repo@branch=commit`, each with ancestry."""
    name, at, target = text.partition("@")
    if ":" in target or (not at and ":" in name):
        raise InvalidReference(text, "a path is not expected here")
    if not at or not target:
        raise InvalidReference(
            text, "a branch or commit is missing", hint=f"for example {name or 'repo'}@master"
        )
    if not name:
        raise InvalidReference(text, "repo cannot be empty")
    return _parse_target(text, parse_repo(name, project), target)


def parse_file(text: str, project: str = DEFAULT_PROJECT) -> FileRef:
    """Parse `repo@branch:/path`. One leading slash is dropped; without `:` the path is empty."""
    name, at, rest = text.partition("@")
    target, _, path = rest.partition(":")
    if not at:
        target = ""
    return FileRef(parse_commit(f"{name}{at}{target}", project), path.removeprefix("/"))


def _parse_target(text: str, repo: RepoRef, target: str) -> CommitRef:
    label, equals, rest = target.partition("=")
    if not equals:
        label, rest = "", target
    elif not label or not rest:
        raise InvalidReference(text, "both sides of = are needed: repo@branch=commit")
    match = _BASE.match(rest)
    base = match.group() if match else ""
    if not base:
        raise InvalidReference(text, "a branch or commit is missing before the ancestry")
    if label:
        check_branch_name(label)
    if is_commit_prefix(base.lower()):
        base = base.lower()
    else:
        check_branch_name(base)
    return CommitRef(repo, base, _parse_steps(text, rest[len(base) :]), label)


def _parse_steps(text: str, suffix: str) -> tuple[Step, ...]:
    if "^" in suffix and "~" in suffix:
        raise InvalidReference(text, "^ and ~ cannot be mixed")
    steps: list[Step] = []
    position = 0
    while position < len(suffix):
        match = _ANCESTRY.match(suffix, position)
        if not match:
            raise InvalidReference(text, f"cannot understand {suffix[position:]!r}")
        steps.append(_step(text, match.group(), is_first=position == 0))
        position = match.end()
    return tuple(_merge(steps))


def _step(text: str, token: str, *, is_first: bool) -> Step:
    digits = token.lstrip("^~.")
    if len(digits) > _MAX_DIGITS:
        raise InvalidReference(text, f"{digits} is too large")
    if not token.startswith("."):
        return Back(int(digits or 1))
    if not is_first or int(digits) < 1:
        raise InvalidReference(text, ".N counts from 1, once, directly after the branch")
    return FromRoot(int(digits))


def _merge(steps: list[Step]) -> list[Step]:
    merged: list[Step] = []
    for step in steps:
        last = merged[-1] if merged else None
        if isinstance(step, Back) and isinstance(last, Back):
            merged[-1] = replace(last, count=last.count + step.count)
        else:
            merged.append(step)
    return merged
