"""What lines must agree with: every commit keeps, in full, what each path holds.

It knows versions, squashing and hiding as a user would describe them, and nothing of intervals,
lines or ancestors that are copied: a commit has a parent, and the changes made in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pachlite.store.line_values import Snapshot


@dataclass(eq=False)
class Version:
    """What a commit made of a path: a file, or (no content) a delete marker."""

    content: int | None
    maker: Commit
    at: Snapshot

    @property
    def is_live(self) -> bool:
        return self.content is not None

    def __repr__(self) -> str:
        return f"{self.content or 'marker'}@{self.at.line}.{self.at.seq}"


@dataclass(eq=False)
class Commit:
    """A commit, or what is left of one that was squashed.

    Attributes:
        changes: What it made of paths. An older version is one that it made current again; None is
            a path that it made as if it had never been.
        hidden: The versions that it deleted by their id.
        is_kept: Not squashed or dropped.
        is_erased: Squashed or dropped for good.
    """

    parent: Commit | None
    at: Snapshot
    cid: int = 0
    id: bytes = b""
    changes: dict[str, Version | None] = field(default_factory=dict)
    hidden: set[tuple[str, Version]] = field(default_factory=set)
    is_open: bool = True
    is_kept: bool = True
    is_erased: bool = False

    def __repr__(self) -> str:
        return f"<{self.at.line}.{self.at.seq}>"

    @property
    def ancestry(self) -> list[Commit]:
        """This commit and what it was made on top of, squashed or not."""
        found, commit = [], self
        while commit is not None:
            found.append(commit)
            commit = commit.parent
        return found

    @property
    def tops(self) -> dict[str, Version]:
        """What each path shows: a file or a delete marker."""
        found: dict[str, Version | None] = {}
        for commit in reversed(self.ancestry):
            found |= commit.changes
        return {path: version for path, version in found.items() if version is not None}

    @property
    def files(self) -> dict[str, Version]:
        return {path: version for path, version in self.tops.items() if version.is_live}

    def before(self, path: str) -> Version | None:
        """Return what a path showed before this commit."""
        return self.parent.tops.get(path) if self.parent else None

    # What an open commit does.

    def put(self, path: str, content: int) -> None:
        self.changes[path] = Version(content, self, self.at)

    def delete(self, path: str) -> None:
        if path not in self.files:
            return
        earlier = self.before(path)
        was_there = earlier is not None and (earlier.is_live or self.hides(path, earlier))
        if path in self.changes and not was_there:
            del self.changes[path]
        else:
            self.changes[path] = Version(None, self, self.at)

    def delete_version(self, path: str, version: Version, view: Commit) -> None:
        """Delete a version that `view`, this commit or its parent, lists."""
        is_current = view.tops.get(path) is version
        others = [shown for shown in view.versions(path) if shown.version is not version]
        if version.maker is not self:
            self.hidden.add((path, version))
        if not is_current:
            return
        restored = others[0].version if others else None
        if restored is self.before(path):
            self.changes.pop(path, None)
        else:
            self.changes[path] = restored

    # What is seen from a commit.

    def hides(self, path: str, version: Version) -> bool:
        return any((path, version) in commit.hidden for commit in self.ancestry)

    def keeper(self, maker: Commit) -> Commit | None:
        """Return the first kept commit at or after `maker` on the way to this one."""
        way = self.ancestry
        after = reversed(way[: way.index(maker) + 1])
        return next((commit for commit in after if commit.is_kept), None)

    def versions(self, path: str) -> list[Shown]:
        """Return the versions of a path, newest first."""
        rows: list[tuple[Commit, Commit]] = []  # the newest writer of each keeper, and the keeper
        for writer in self.ancestry:
            keeper = self.keeper(writer)
            if path in writer.changes and keeper and all(keeper is not k for _, k in rows):
                rows.append((writer, keeper))
        found = []
        for writer, keeper in rows:
            version = writer.changes[path]
            if version is None or self.hides(path, version):
                continue
            bearers = [w for w, _ in rows if w.changes[path] is version]
            if writer is bearers[-1]:
                is_latest = self.tops.get(path) is version
                found.append(Shown(path, version, writer, keeper, is_latest))
        return found


@dataclass(frozen=True)
class Shown:
    """A version as it is listed: who wrote what shows it, and the commit that names it."""

    path: str
    version: Version
    writer: Commit
    keeper: Commit
    is_latest: bool
