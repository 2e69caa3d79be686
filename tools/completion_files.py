"""Generate what shell completion needs: the scripts, and the table of commands and options."""

from __future__ import annotations

import json
from typing import Final

from typer._completion_shared import get_completion_script

from pachlite.cli.completion import VARIABLE
from tools.command_tree import CommandNode, Parameter, command_tree

_OPTIONAL: Final = str.maketrans("", "", "[]")


def completion_script(shell: str) -> str:
    """Return Typer's script for a shell."""
    script = get_completion_script(prog_name="pachlite", complete_var=VARIABLE, shell=shell)
    return script + "\n"


def completion_table() -> str:
    """Return the table of commands, options and what they take."""
    tree = command_tree()
    return json.dumps(_entry(tree, tree.name), indent=1, ensure_ascii=False) + "\n"


def _entry(node: CommandNode, name: str) -> dict[str, object]:
    entry: dict[str, object] = {
        "help": node.summary,
        "options": {
            option: _option(each)
            for each in (*node.options, Parameter(("--help",), "", "Show the help.", "", False))
            for option in each.names
        },
    }
    if node.children:
        entry["commands"] = {
            child.name.removeprefix(f"{name} "): _entry(child, child.name)
            for child in node.children
        }
    else:
        entry["arguments"] = [each.names[0].translate(_OPTIONAL) for each in node.arguments]
    return entry


def _option(option: Parameter) -> dict[str, str]:
    entry = {"help": option.help}
    return {**entry, "value": option.value} if option.value else entry
