"""The commands as values, read off the Typer application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typer.main import get_command

from pachlite.cli.main import application


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or option of a command.

    Attributes:
        names: How it is written; for an argument what stands for it.
        value: What stands for its value; empty for flags and arguments.
    """

    names: tuple[str, ...]
    value: str
    help: str
    default: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class CommandNode:
    """A command, or a group of them."""

    name: str
    help: str
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]
    children: tuple[CommandNode, ...]

    @property
    def summary(self) -> str:
        """The first line of the help."""
        return self.help.partition("\n")[0]


def command_tree() -> CommandNode:
    """Return the program with all its commands."""
    return _node(get_command(application()), "pachlite")


def leaves(node: CommandNode) -> Iterator[CommandNode]:
    """Yield the commands that do something."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def _node(command: Any, name: str) -> CommandNode:  # noqa: ANN401 - typer's own types
    commands = getattr(command, "commands", {})
    return CommandNode(
        name,
        command.help or "",
        tuple(_parameter(each) for each in command.params if each.param_type_name == "argument"),
        tuple(_parameter(each) for each in command.params if each.param_type_name == "option"),
        tuple(_node(child, f"{name} {key}") for key, child in commands.items() if not child.hidden),
    )


def _parameter(parameter: Any) -> Parameter:  # noqa: ANN401 - typer's own types
    is_option = parameter.param_type_name == "option"
    is_flag = is_option and parameter.is_flag
    metavar = parameter.metavar or parameter.name.upper()
    names = (*parameter.opts, *parameter.secondary_opts) if is_option else (metavar,)
    return Parameter(
        names,
        metavar if is_option and not is_flag else "",
        parameter.help or "",
        _default(parameter),
        parameter.required,
    )


def _default(parameter: Any) -> str:  # noqa: ANN401 - typer's own types
    """Return what the help says about the default, if anything."""
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    if not parameter.show_default or parameter.default in {None, False, ""}:
        return ""
    return str(parameter.default)
