"""The shapes of `--raw`: what pachctl prints of each kind of thing.

Names are pachctl's, 64-bit numbers are text, times RFC 3339, hashes base64, and fields without
content are left out.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime

from pachlite.cli.formats import timestamp
from pachlite.cli.output import Record
from pachlite.pfs.infos import (
    BranchInfo,
    CommitInfo,
    CommitSetInfo,
    FileInfo,
    FileType,
    ProjectInfo,
    RepoInfo,
)
from pachlite.pfs.refs import RepoRef


def project_raw(info: ProjectInfo) -> Record:
    """Return a ProjectInfo."""
    return _filled(
        {
            "project": {"name": info.name},
            "description": info.description,
            "created_at": _time(info.created_at),
            "created_by": info.created_by,
        }
    )


def repo_raw(info: RepoInfo) -> Record:
    """Return a RepoInfo."""
    return _filled(
        {
            "repo": _repo(info.repo),
            "created": _time(info.created_at),
            "size_bytes_upper_bound": _number(info.size_bytes),
            "description": info.description,
            "branches": [{"repo": _repo(info.repo), "name": name} for name in info.branches],
            "details": {"size_bytes": _number(info.size_bytes)},
        }
    )


def branch_raw(info: BranchInfo) -> Record:
    """Return a BranchInfo."""
    repo = info.branch.repo
    return _filled(
        {
            "branch": {"repo": _repo(repo), "name": info.branch.name},
            "head": _commit(repo, info.head_id, info.branch.name),
            "created_by": info.created_by,
            "created_at": _time(info.created_at),
            "updated_at": _time(info.updated_at),
        }
    )


def commit_raw(info: CommitInfo) -> Record:
    """Return a CommitInfo."""
    return _filled(
        {
            "commit": _commit(info.repo, info.id, info.branch),
            "origin": {"kind": str(info.origin)},
            "description": info.description,
            "parent_commit": _commit(info.repo, info.parent_id, "") if info.parent_id else {},
            "child_commits": [_commit(info.repo, child, "") for child in info.child_ids],
            "started": _time(info.started_at),
            "finishing": _time(info.finished_at),
            "finished": _time(info.finished_at),
            "error": info.error,
            "size_bytes_upper_bound": _number(info.size_bytes),
            "details": {} if info.is_open else {"size_bytes": _number(info.size_bytes)},
            "created_by": info.created_by,
        }
    )


def commit_set_raw(info: CommitSetInfo) -> Record:
    """Return a CommitSetInfo."""
    return {"commit_set": {"id": info.id}, "commits": [commit_raw(each) for each in info.commits]}


def file_raw(info: FileInfo, commit: CommitInfo) -> Record:
    """Return a FileInfo as of `commit`."""
    is_file = info.type is FileType.FILE
    return _filled(
        {
            "file": {
                "commit": _commit(commit.repo, commit.id, commit.branch),
                "path": f"/{info.path}",
                "datum": "default" if is_file else "",
            },
            "file_type": str(info.type),
            "committed": _time(info.modified_at) if is_file else "",
            "size_bytes": _number(info.size_bytes),
            "hash": base64.b64encode(bytes.fromhex(info.digest)).decode(),
        }
    )


def _repo(repo: RepoRef) -> Record:
    return {"name": repo.name, "type": "user", "project": {"name": repo.project}}


def _commit(repo: RepoRef, commit_id: str, branch: str) -> Record:
    label = {"branch": {"repo": _repo(repo), "name": branch}} if branch else {}
    return {"repo": _repo(repo), "id": commit_id, **label}


def _time(moment: datetime | None) -> str:
    return timestamp(moment) if moment else ""


def _number(number: int) -> str:
    return str(number) if number else ""


def _filled(record: Record) -> Record:
    """Leave out what is empty, in nested records too."""
    inner = (
        (key, _filled(value) if isinstance(value, Mapping) else value)
        for key, value in record.items()
    )
    return {key: value for key, value in inner if value}
