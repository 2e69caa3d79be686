"""Assemble the verbs. Errors become exit codes here and nowhere else."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

import typer

from pachlite import __version__
from pachlite.cli import branch, commit, file, file_content, project, repo
from pachlite.cli.exit_codes import FAILURE, INTERRUPTED, SUCCESS
from pachlite.cli.failures import failure_of, report
from pachlite.cli.grammar import NOUNS, PROGRAM, VERBS, Command, Verb, arrange, wants_json
from pachlite.cli.terminal import mute_stdout
from pachlite.cli.version import version

COMMANDS: Final[tuple[Callable[..., None], ...]] = (
    project.create_project,
    project.update_project,
    project.inspect_project,
    project.list_project,
    project.delete_project,
    repo.create_repo,
    repo.update_repo,
    repo.inspect_repo,
    repo.list_repo,
    repo.delete_repo,
    branch.create_branch,
    branch.inspect_branch,
    branch.list_branch,
    branch.delete_branch,
    commit.start_commit,
    commit.finish_commit,
    commit.inspect_commit,
    commit.list_commit,
    commit.delete_commit,
    commit.squash_commit,
    file_content.put_file,
    file_content.get_file,
    file_content.diff_file,
    file.list_file,
    file.inspect_file,
    file.glob_file,
    file.copy_file,
    file.delete_file,
)
"""Every command is a function that is named for its verb and noun."""

_HELP: Final = """Versioned data: repos, branches, commits and files; every branch is an S3 bucket.

Examples:
  pachlite create repo images
  pachlite put file images@master:/cat.png -f cat.png
  pachlite list file images@master
  pachlite serve s3

Next: pachlite help put file
"""


class Root(Verb):
    """The program: runs a command and turns what happens into output and an exit code."""

    format_help_text = Command.format_help_text

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,  # noqa: ANN401 - typer's signature
    ) -> Any:  # noqa: ANN401 - typer's signature
        """Run the command line and exit."""
        words = arrange(sys.argv[1:] if args is None else args)
        try:
            code = super().main(words, PROGRAM, complete_var, standalone_mode=False, **extra)
        except Exception as error:  # noqa: BLE001 - the edge: whatever it is, it is reported
            code = _fail(error, words)
        if code == INTERRUPTED:
            sys.stderr.write("interrupted\n")
        sys.exit(code or SUCCESS)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own types
        """Run the command; nobody is told that whoever read standard output has gone."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            mute_stdout()
            raise typer.Exit(FAILURE) from error
        return result


def _fail(error: Exception, words: Sequence[str]) -> int:
    if "--verbose" in words or "-v" in words:
        traceback.print_exception(error)
    try:
        return report(failure_of(error), is_json=wants_json(words))
    except BrokenPipeError:
        mute_stdout()
        return FAILURE


def _show_version(value: bool) -> None:
    if value:
        sys.stdout.write(f"{PROGRAM} {__version__}\n")
        raise typer.Exit


def _root(
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colours, as with NO_COLOR=1.")
    ] = False,
    _verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show where an error came from.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    if no_color:
        os.environ["NO_COLOR"] = "1"  # so that the programs that are called know it too


def _noun_page(noun: str) -> Callable[[], None]:
    def page() -> None:
        verbs = [
            each.__name__.partition("_")[0]
            for each in COMMANDS
            if each.__name__.endswith(f"_{noun}")
        ]
        sys.stdout.write("".join(f"{PROGRAM} {verb} {noun} --help\n" for verb in verbs))

    page.__doc__ = f"List the commands for {NOUNS[noun]}."
    return page


def _build() -> typer.Typer:
    plain: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}
    root = typer.Typer(
        cls=Root,
        help=_HELP,
        no_args_is_help=False,
        invoke_without_command=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **plain,
    )
    root.callback()(_root)
    groups = {
        verb: typer.Typer(cls=Verb, help=help_text, **plain) for verb, help_text in VERBS.items()
    }
    for verb, group in groups.items():
        root.add_typer(group, name=verb)
    for function in COMMANDS:
        verb, _, noun = function.__name__.partition("_")
        groups[verb].command(noun, cls=Command)(function)
    for noun in NOUNS:
        root.command(noun, cls=Command, hidden=True)(_noun_page(noun))
    root.command("version", cls=Command)(version)
    return root


app: Final = _build()
