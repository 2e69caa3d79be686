"""The commands that write, read and compare the content of files."""

from __future__ import annotations

import sys
from pathlib import Path

from pachlite.cli.arguments import (
    DEFAULT_PARALLELISM,
    FileArgument,
    KeyOption,
    MessageOption,
    OutputOption,
    ParallelismOption,
    ProgressOption,
    ProjectOption,
    typed_file,
    typed_file_with_path,
)
from pachlite.cli.context import environment, opened_store
from pachlite.cli.diff import Manner, command_of, compared_sides, name_lines, shallow, text_lines
from pachlite.cli.file_options import (
    AppendOption,
    DiffCommandOption,
    FullPathOption,
    GetRecursiveOption,
    InputFileOption,
    LocalOption,
    NameOnlyOption,
    NoPagerOption,
    OffsetOption,
    OldArgument,
    OldProjectOption,
    PutRecursiveOption,
    RetryOption,
    ShallowOption,
    SourcesOption,
    UntarOption,
)
from pachlite.cli.get import GetManner, get_below, get_to_file, get_to_stdout
from pachlite.cli.output import Format, show_records
from pachlite.cli.put import PutManner, listed_names, put_units
from pachlite.cli.put_plan import PutRules, plan_put, split_names
from pachlite.cli.selection import selected_one
from pachlite.cli.sources import STDIN
from pachlite.cli.terminal import has_colour, write_paged
from pachlite.cli.views import change_record
from pachlite.errors import InvalidOption
from pachlite.pfs.names import DEFAULT_PROJECT


def put_file(
    *,
    target: FileArgument,
    sources: SourcesOption = None,
    input_file: InputFileOption = "",
    recursive: PutRecursiveOption = False,
    append: AppendOption = False,
    full_path: FullPathOption = False,
    untar: UntarOption = False,
    message: MessageOption = "",
    parallelism: ParallelismOption = DEFAULT_PARALLELISM,
    show_progress: ProgressOption = None,
    project: ProjectOption = DEFAULT_PROJECT,
    key: KeyOption = False,
) -> None:
    """Write files to a branch: one commit, or what an open commit gets.

    A path names a single file exactly; a path that ends in a slash, or several sources, take
    the base names of the sources. All sources are put, or none.

    Examples:
      pachlite put file images@master:/cat.png -f cat.png
      pachlite put file images@master -r -f photos -m "photos of May"
      pachlite put file images@master:/raw/ -f a.png -f https://example.com/b.png
      gzip -dc log.gz | pachlite put file logs@master:/log -a -f -

    Next: pachlite list file images@master
    """
    if sources and input_file:
        raise InvalidOption("-f and -i exclude each other")
    typed = typed_file(target, project, is_key=key)
    rules = PutRules(
        typed, is_recursive=recursive, is_full_path=full_path, is_untar=untar, is_key=key
    )
    manner = PutManner(is_append=append, parallelism=parallelism, is_shown=show_progress)
    with opened_store() as pfs:
        pfs.inspect_repo(typed.commit.repo)
        names = listed_names(input_file) if input_file else split_names(sources or [STDIN])
        units = plan_put(names, rules)
        with pfs.open_file_set(typed.commit, description=message) as files:
            put_units(files, units, manner)


def get_file(
    *,
    file: FileArgument,
    output: LocalOption = "",
    recursive: GetRecursiveOption = False,
    offset: OffsetOption = 0,
    retry: RetryOption = False,
    parallelism: ParallelismOption = DEFAULT_PARALLELISM,
    show_progress: ProgressOption = None,
    project: ProjectOption = DEFAULT_PROJECT,
    key: KeyOption = False,
) -> None:
    """Read a file, or with -r a directory or everything that matches a pattern.

    Examples:
      pachlite get file images@master:/cats/tom.png -o tom.png
      pachlite get file -r images@master:/cats -o cats
      pachlite get file -r "images@master:/cats/*.png" -o cats
      pachlite get file images@master^:/cats/tom.png > tom-before.png

    Next: pachlite list commit images@master
    """
    _check_get(output, is_recursive=recursive, is_resumed=retry, offset=offset)
    typed = (
        typed_file(file, project, is_key=key)
        if recursive
        else typed_file_with_path(file, project, is_key=key)
    )
    manner = GetManner(offset, is_resumed=retry, parallelism=parallelism, is_shown=show_progress)
    with opened_store() as pfs:
        if recursive:
            get_below(pfs, typed, Path(output), manner, is_key=key)
            return
        ref, info = selected_one(pfs, typed, is_key=key)
        if output:
            get_to_file(pfs, ref, info, Path(output), manner)
        else:
            get_to_stdout(pfs, ref, offset)


def diff_file(
    *,
    new: FileArgument,
    old: OldArgument = "",
    name_only: NameOnlyOption = False,
    is_shallow: ShallowOption = False,
    diff_command: DiffCommandOption = "",
    no_pager: NoPagerOption = False,
    project: ProjectOption = DEFAULT_PROJECT,
    old_project: OldProjectOption = "",
    output: OutputOption = Format.TABLE,
    key: KeyOption = False,
) -> None:
    """Compare files of two commits, or of a commit and its parent.

    Examples:
      pachlite diff file images@master
      pachlite diff file logs@dev:/2026 logs@master:/2026 --name-only
      pachlite diff file logs@master --diff-command "diff -y"

    Next: pachlite list commit images@master
    """
    manner = Manner(
        command_of(diff_command) if diff_command else (), has_colour(sys.stdout, environment())
    )
    typed = typed_file(new, project, is_key=key)
    other = typed_file(old, old_project or project, is_key=key) if old else None
    with opened_store() as pfs:
        compared = compared_sides(pfs, typed, other)
        changes = compared.changes()
        changes = shallow(changes, compared) if is_shallow else changes
        if output is not Format.TABLE:
            show_records((change_record(each) for each in changes), output)
            return
        lines = name_lines(changes) if name_only else text_lines(changes, compared, manner)
        write_paged(lines, is_paged=not no_pager)


def _check_get(output: str, *, is_recursive: bool, is_resumed: bool, offset: int) -> None:
    if "://" in output:
        raise InvalidOption(f"{output}: files can be written to this machine only")
    if is_recursive and not output:
        raise InvalidOption("an output path needs to be specified when using the -r flag")
    if is_resumed and not output:
        raise InvalidOption("--retry needs an output file", hint="name it with -o")
    if offset and (is_recursive or is_resumed):
        raise InvalidOption("--offset goes with a single file, and not with --retry")
