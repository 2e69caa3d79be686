"""How each kind of thing is shown: columns of tables, lines of `inspect`, fields of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pachlite.cli.formats import size, timestamp
from pachlite.cli.output import NOTHING, Record, View
from pachlite.cli.raw import (
    branch_raw,
    commit_raw,
    commit_set_raw,
    file_raw,
    project_raw,
    repo_raw,
)
from pachlite.pfs.infos import (
    BranchInfo,
    CommitInfo,
    CommitSetInfo,
    FileChange,
    FileInfo,
    FileType,
    ProjectInfo,
    RepoInfo,
)


def project_view(active: str) -> View[ProjectInfo]:
    """Return how projects are shown when `active` is the one that commands use."""
    return View(
        columns={
            "ACTIVE": lambda info, _: "*" if info.name == active else "",
            "PROJECT": lambda info, _: info.name,
            "CREATED": lambda info, output: output.time(info.created_at),
            "DESCRIPTION": lambda info, _: info.description or NOTHING,
        },
        details={
            "Name": lambda info, _: info.name,
            "Description": lambda info, _: info.description,
            "Created at": lambda info, output: output.time(info.created_at),
            "Created by": lambda info, _: info.created_by,
        },
        record=lambda info: {
            "name": info.name,
            "description": info.description,
            "created_at": timestamp(info.created_at),
            "created_by": info.created_by,
        },
        raw=project_raw,
    )


REPO_VIEW: Final[View[RepoInfo]] = View(
    columns={
        "PROJECT": lambda info, _: info.repo.project,
        "NAME": lambda info, _: info.repo.name,
        "CREATED": lambda info, output: output.time(info.created_at),
        "SIZE (MASTER)": lambda info, _: size(info.size_bytes),
        "DESCRIPTION": lambda info, _: info.description,
    },
    details={
        "Name": lambda info, _: info.repo.name,
        "Project": lambda info, _: info.repo.project,
        "Description": lambda info, _: info.description,
        "Created": lambda info, output: output.time(info.created_at),
        "Created by": lambda info, _: info.created_by,
        "Size of HEAD on master": lambda info, _: size(info.size_bytes),
        "Branches": lambda info, _: ", ".join(info.branches),
    },
    record=lambda info: {
        "project": info.repo.project,
        "name": info.repo.name,
        "description": info.description,
        "created_at": timestamp(info.created_at),
        "created_by": info.created_by,
        "size_bytes": info.size_bytes,
        "branches": list(info.branches),
    },
    raw=repo_raw,
)

BRANCH_VIEW: Final[View[BranchInfo]] = View(
    columns={
        "BRANCH": lambda info, _: info.branch.name,
        "HEAD": lambda info, _: info.head_id or NOTHING,
        "TRIGGER": lambda _info, _: NOTHING,
        "CREATOR": lambda info, _: info.created_by or NOTHING,
        "CREATED": lambda info, _: timestamp(info.created_at),
    },
    details={
        "Name": lambda info, _: str(info.branch),
        "Head Commit": lambda info, _: f"{info.branch.repo.name}@{info.head_id}",
        "Created by": lambda info, _: info.created_by,
        "Created at": lambda info, output: output.time(info.created_at),
        "Moved at": lambda info, output: output.time(info.updated_at),
    },
    record=lambda info: {
        "project": info.branch.repo.project,
        "repo": info.branch.repo.name,
        "name": info.branch.name,
        "head": info.head_id,
        "created_at": timestamp(info.created_at),
        "updated_at": timestamp(info.updated_at),
        "created_by": info.created_by,
    },
    raw=branch_raw,
)


def _commit_record(info: CommitInfo) -> Record:
    return {
        "project": info.repo.project,
        "repo": info.repo.name,
        "id": info.id,
        "branch": info.branch,
        "origin": str(info.origin),
        "parent": info.parent_id,
        "children": list(info.child_ids),
        "description": info.description,
        "started_at": timestamp(info.started_at),
        "finished_at": _timestamp_or_none(info.finished_at),
        "size_bytes": info.size_bytes,
        "file_count": info.file_count,
        "created_by": info.created_by,
        "error": info.error,
    }


COMMIT_VIEW: Final[View[CommitInfo]] = View(
    columns={
        "PROJECT": lambda info, _: info.repo.project,
        "REPO": lambda info, _: info.repo.name,
        "COMMIT": lambda info, _: info.id,
        "FINISHED": lambda info, output: output.time(info.finished_at),
        "SIZE": lambda info, _: size(info.size_bytes),
        "ORIGIN": lambda info, _: str(info.origin),
        "CREATOR": lambda info, _: info.created_by or NOTHING,
        "DESCRIPTION": lambda info, _: info.description,
    },
    details={
        "Commit": lambda info, _: f"{info.repo.name}@{info.id}",
        "Branch": lambda info, _: info.branch,
        "Description": lambda info, _: info.description,
        "Parent": lambda info, _: info.parent_id,
        "Created by": lambda info, _: info.created_by,
        "Started": lambda info, output: output.time(info.started_at),
        "Finished": lambda info, output: output.time(info.finished_at) if info.finished_at else "",
        "Size": lambda info, _: size(info.size_bytes),
        "Files": lambda info, _: str(info.file_count),
        "Error": lambda info, _: info.error,
    },
    record=_commit_record,
    raw=commit_raw,
)

COMMIT_SET_VIEW: Final[View[CommitSetInfo]] = View(
    columns={
        "ID": lambda info, _: info.id,
        "SUBCOMMITS": lambda info, _: str(len(info.commits)),
        "PROGRESS": lambda info, _: _progress(info),
        "CREATED": lambda info, output: output.time(min(each.started_at for each in info.commits)),
        "MODIFIED": lambda info, output: output.time(
            max(each.finished_at or each.started_at for each in info.commits)
        ),
    },
    details={},
    record=lambda info: {
        "id": info.id,
        "commits": [_commit_record(each) for each in info.commits],
    },
    raw=commit_set_raw,
)

_PROGRESS_CELLS: Final = 8


def _progress(info: CommitSetInfo) -> str:
    """Return a bar of eight cells that fills as the commits of the set are finished."""
    finished = sum(not each.is_open for each in info.commits)
    filled = _PROGRESS_CELLS * finished // len(info.commits)
    return "▇" * filled + "-" * (_PROGRESS_CELLS - filled)


def file_view(commit: CommitInfo | None) -> View[FileInfo]:
    """Return how files are shown; only `--raw` needs to know their commit."""
    return View(
        columns={
            "SIZE": lambda info, _: NOTHING if _is_directory(info) else size(info.size_bytes),
            "NAME": lambda info, _: f"/{info.path}",
        },
        details={
            "Path": lambda info, _: f"/{info.path}",
            "Type": lambda info, _: str(info.type).lower(),
            "Size": lambda info, _: size(info.size_bytes),
            "Commit": lambda info, _: info.version_id,
            "Modified": lambda info, output: (
                "" if _is_directory(info) else output.time(info.modified_at)
            ),
            "Content-Type": lambda info, _: info.meta.content_type,
            "ETag": lambda info, _: info.etag,
            "Digest": lambda info, _: info.digest,
            "Metadata": lambda info, _: _pairs(info.meta.user),
            "Tags": lambda info, _: _pairs(info.tags),
        },
        record=_file_record,
        raw=lambda info: file_raw(info, commit) if commit else {},
    )


def _file_record(info: FileInfo) -> Record:
    is_directory = _is_directory(info)
    return {
        "path": f"/{info.path}",
        "type": str(info.type).lower(),
        "size_bytes": info.size_bytes,
        "modified_at": None if is_directory else timestamp(info.modified_at),
        "commit": info.version_id,
        "etag": info.etag,
        "digest": info.digest,
        "content_type": info.meta.content_type,
        "metadata": dict(info.meta.user),
        "tags": dict(info.tags),
    }


def change_record(change: FileChange) -> Record:
    """Return a difference for JSON and YAML."""
    kind = "added" if change.old is None else "removed" if change.new is None else "changed"
    return {
        "change": kind,
        "path": f"/{change.path}",
        "old": _file_record(change.old) if change.old else None,
        "new": _file_record(change.new) if change.new else None,
    }


def _is_directory(info: FileInfo) -> bool:
    return info.type is FileType.DIR


def _pairs(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in pairs.items())


def _timestamp_or_none(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment else None
