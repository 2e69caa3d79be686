"""Assemble the verbs. Errors become exit codes here and nowhere else."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from pachlite import __version__
from pachlite.cli.exit_codes import FAILURE, INTERRUPTED, SUCCESS
from pachlite.cli.failures import failure_of, report
from pachlite.cli.grammar import Command, Verb
from pachlite.cli.terminal import mute_stdout
from pachlite.cli.version import version
from pachlite.cli.words import NOUNS, PROGRAM, VERBS, arrange, command_name, wants_json

COMMANDS: Final = {
    "create project": "project",
    "update project": "project",
    "inspect project": "project",
    "list project": "project",
    "delete project": "project",
    "create repo": "repo",
    "update repo": "repo",
    "inspect repo": "repo",
    "list repo": "repo",
    "delete repo": "repo",
    "create branch": "branch",
    "inspect branch": "branch",
    "list branch": "branch",
    "delete branch": "branch",
    "start commit": "commit",
    "finish commit": "commit",
    "inspect commit": "commit",
    "list commit": "commit",
    "delete commit": "commit",
    "squash commit": "commit",
    "put file": "file_content",
    "get file": "file_content",
    "diff file": "file_content",
    "list file": "file",
    "inspect file": "file",
    "glob file": "file",
    "copy file": "file",
    "delete file": "file",
    "serve s3": "serve",
    "s3 env": "s3",
    "s3 config": "s3",
    "doctor": "doctor",
    "auth activate": "auth",
    "auth deactivate": "auth",
    "auth whoami": "auth",
    "auth login": "auth",
    "auth logout": "auth",
    "auth use-auth-token": "auth",
    "auth rotate-root-token": "auth",
    "auth get-robot-token": "auth_credentials",
    "auth get-auth-token": "auth_credentials",
    "auth create-s3-key": "auth_credentials",
    "auth revoke": "auth_credentials",
    "auth list token": "auth_credentials",
    "auth list s3-key": "auth_credentials",
    "auth list audit": "auth_credentials",
    "auth get repo": "auth_roles",
    "auth get project": "auth_roles",
    "auth get cluster": "auth_roles",
    "auth set repo": "auth_roles",
    "auth set project": "auth_roles",
    "auth set cluster": "auth_roles",
    "auth check repo": "auth_roles",
    "auth check project": "auth_roles",
    "auth roles-for-permission": "auth_roles",
    "auth get-config": "auth_providers",
    "auth set-config": "auth_providers",
    "auth get-groups": "auth_providers",
    "port-forward": "port_forward",
}
"""Every command, and the module with the function that is named for it: `create_project`."""

_HELP: Final = """Versioned data: repos, branches, commits and files; every branch is an S3 bucket.

Examples:
  pachlite create repo images
  pachlite put file images@master:/cat.png -f cat.png
  pachlite list file images@master
  pachlite serve s3

Next: pachlite help put file
"""
_PLAIN: Final[dict[str, Any]] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}
"""Plain help: loading rich for it takes longer than reading it."""


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
        if not command_name(words):
            words.append("--help")
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
    except OSError:  # nobody reads it, or there is no space for it
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


def application(words: Sequence[str] = ()) -> typer.Typer:
    """Build the program, or only as much of it as a command line needs.

    Loading and describing all commands takes longer than most of them run.
    """
    names = (command_name(words, depth=depth) for depth in (3, 2, 1))
    known = next((name for name in names if name in COMMANDS), "")
    root = _empty_root()
    if known:
        _add_commands(root, [known])
        return root
    _add_commands(root, COMMANDS)
    for noun in NOUNS:
        root.command(noun, cls=Command, hidden=True)(_noun_page(noun))
    root.command("version", cls=Command)(version)
    return root


def _empty_root() -> typer.Typer:
    root = typer.Typer(
        cls=Root,
        help=_HELP,
        context_settings={"help_option_names": ["-h", "--help"]},
        **_PLAIN,
    )
    root.callback()(_root)
    return root


def _add_commands(root: typer.Typer, names: Iterable[str]) -> None:
    groups = {"": root}
    for name in names:
        module = import_module(f"pachlite.cli.{COMMANDS[name]}")
        function = getattr(module, name.replace(" ", "_").replace("-", "_"))
        verb, _, noun = name.rpartition(" ")
        _need_group(groups, verb).command(noun, cls=Command)(function)


def _need_group(groups: dict[str, typer.Typer], name: str) -> typer.Typer:
    """Return the group that a verb stands for, such as `list` or `auth list`."""
    if name not in groups:
        groups[name] = typer.Typer(cls=Verb, help=VERBS[name], **_PLAIN)
        parent, _, word = name.rpartition(" ")
        _need_group(groups, parent).add_typer(groups[name], name=word)
    return groups[name]


def _noun_page(noun: str) -> Callable[[], None]:
    def page() -> None:
        names = [name for name in COMMANDS if name.endswith(f" {noun}")]
        sys.stdout.write("".join(f"{PROGRAM} {name} --help\n" for name in names))

    page.__doc__ = f"List the commands for {NOUNS[noun]}."
    return page
