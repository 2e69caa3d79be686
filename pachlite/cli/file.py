"""The commands that list, find, copy and delete files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from pachlite.cli.arguments import (
    FILE,
    FileArgument,
    KeyOption,
    OutputOption,
    ProjectOption,
    RawOption,
    TimesOption,
    TypedFile,
    output_of,
    typed_file,
    typed_file_with_path,
)
from pachlite.cli.context import opened_store
from pachlite.cli.output import Format, Output, show_list, show_one
from pachlite.cli.selection import entries, find_file, is_directory, missing, pinned, summary
from pachlite.cli.views import file_view
from pachlite.errors import IsDirectory
from pachlite.pfs.api import PFS
from pachlite.pfs.infos import CopyOptions, Deletion, FileInfo
from pachlite.pfs.names import DEFAULT_PROJECT
from pachlite.pfs.paths import join
from pachlite.pfs.refs import CommitRef, FileRef

GlobArgument = Annotated[
    str,
    typer.Argument(
        metavar=FILE,
        help="A commit and a pattern: * and ? stop at slashes, ** does not; [a-z], {a,b}, !(a|b). "
        "Quote it, or the shell will expand it.",
    ),
]
RecursiveOption = Annotated[
    bool, typer.Option("--recursive", "-r", help="A directory with everything below it.")
]


def list_file(
    *,
    file: FileArgument,
    project: ProjectOption = DEFAULT_PROJECT,
    key: KeyOption = False,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
) -> None:
    """List the files and directories directly below a path.

    Examples:
      pachlite list file images@master
      pachlite list file images@master:/cats
      pachlite list file images@4f2a91c0:/cats -o json

    Next: pachlite get file images@master:/cats/tom.png -o tom.png
    """
    typed = typed_file(file, project, is_key=key)
    with opened_store() as pfs:
        commit = pinned(pfs, typed.commit)
        _show_files(pfs, commit, entries(pfs, commit, typed.path), output_of(output, raw))


def glob_file(
    *,
    pattern: GlobArgument,
    project: ProjectOption = DEFAULT_PROJECT,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
) -> None:
    """Find files and directories by a pattern.

    Examples:
      pachlite glob file "images@master:/cats/*.png"
      pachlite glob file "images@master:**.png" -o json

    Next: pachlite get file -r "images@master:/cats/*.png" -o cats
    """
    typed = typed_file(pattern, project, is_key=True)
    with opened_store() as pfs:
        commit = pinned(pfs, typed.commit)
        if typed.typed.strip("/"):
            found = pfs.glob_file(commit, typed.typed)
        else:
            found = iter([summary(pfs, commit, "")])
        _show_files(pfs, commit, found, output_of(output, raw))


def inspect_file(
    *,
    file: FileArgument,
    project: ProjectOption = DEFAULT_PROJECT,
    key: KeyOption = False,
    output: OutputOption = Format.TABLE,
    raw: RawOption = False,
    full_timestamps: TimesOption = False,
) -> None:
    """Show a file or directory.

    Examples:
      pachlite inspect file images@master:/cats/tom.png
      pachlite inspect file images@master:/cats -o json

    Next: pachlite get file images@master:/cats/tom.png -o tom.png
    """
    typed = typed_file_with_path(file, project, is_key=key)
    with opened_store() as pfs:
        commit = pfs.inspect_commit(typed.commit)
        info = summary(pfs, CommitRef(commit.repo, commit.id), typed.path)
    show_one(info, file_view(commit), output_of(output, raw, full_timestamps))


def copy_file(
    *,
    source: FileArgument,
    target: FileArgument,
    append: Annotated[
        bool, typer.Option("--append", "-a", help="Add to the content of the target.")
    ] = False,
    project: ProjectOption = DEFAULT_PROJECT,
    source_project: Annotated[
        str, typer.Option("--src-project", help="The project of the source, if another.")
    ] = "",
    target_project: Annotated[
        str, typer.Option("--dest-project", help="The project of the target, if another.")
    ] = "",
    key: KeyOption = False,
) -> None:
    """Copy a file or directory to another path, branch or repo. No data is moved.

    Examples:
      pachlite copy file images@master:/cats images@dev:/cats
      pachlite copy file images@master^:/cats/tom.png images@master:/cats/

    Next: pachlite list file images@dev:/cats
    """
    origin = typed_file(source, source_project or project, is_key=key)
    goal = typed_file(target, target_project or project, is_key=key)
    with opened_store() as pfs:
        commit = pinned(pfs, origin.commit)
        is_file = find_file(pfs, FileRef(commit, origin.path)) is not None
        if not is_file and not is_directory(pfs, commit, origin.path):
            raise missing(commit, origin.path)
        path = _copy_target(origin, goal, is_file=is_file and not key)
        options = CopyOptions(is_append=append, is_recursive=not is_file)
        pfs.copy_file(FileRef(commit, origin.path), FileRef(goal.commit, path), options)


def delete_file(
    *,
    file: FileArgument,
    recursive: RecursiveOption = False,
    project: ProjectOption = DEFAULT_PROJECT,
    key: KeyOption = False,
) -> None:
    """Delete a file, or a directory with -r. Earlier commits keep it.

    Examples:
      pachlite delete file images@master:/cats/tom.png
      pachlite delete file -r images@master:/cats

    Next: pachlite get file images@master^:/cats/tom.png
    """
    typed = typed_file_with_path(file, project, is_key=key)
    with opened_store() as pfs:
        if not recursive:
            _check_is_file(pfs, typed)
        deletion = Deletion(typed.path, is_recursive=recursive)
        done = pfs.delete_file(typed.commit, [deletion])
        for result in done.results:
            if result.error:
                raise result.error
        if not done.commit_id:
            raise missing(typed.commit, typed.path)


def _check_is_file(pfs: PFS, typed: TypedFile) -> None:
    if find_file(pfs, typed.ref) is None and is_directory(pfs, typed.commit, typed.path):
        raise IsDirectory(f"/{typed.path}", "is a directory")


def _copy_target(origin: TypedFile, goal: TypedFile, *, is_file: bool) -> str:
    """Return the path to copy to: that of the source where none is given; `p/` takes its name."""
    if not goal.has_path:
        return origin.path
    if is_file and goal.names_directory:
        return join(goal.path, origin.path.rpartition("/")[2])
    return goal.path


def _show_files(pfs: PFS, commit: CommitRef, infos: Iterator[FileInfo], output: Output) -> None:
    info = pfs.inspect_commit(commit) if output.is_raw else None
    show_list(infos, file_view(info), output)
