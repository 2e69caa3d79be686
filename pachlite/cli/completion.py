"""Shell completion, before Typer is loaded: words from a table, names from the store.

The shells call the program with `_PACHLITE_COMPLETE` set, in the way of Typer's scripts. Whatever
goes wrong, the answer is that there is nothing to propose.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pachlite.cli.words import GLOBAL_FLAGS, arrange, singular

VARIABLE: Final = "_PACHLITE_COMPLETE"
TABLE: Final = os.path.join(os.path.dirname(__file__), "completion.json")  # noqa: PTH118, PTH120 - as below
"""Generated from the commands by tools/generate.py. Paths are put together by os.path here."""

_BREAKS: Final = "@:="
"""Where bash ends a word."""
_UNQUOTED: Final = re.compile(r"([^\w@%+=:,./^~-])")


class Candidate(NamedTuple):
    """A word to propose, and what it means."""

    value: str
    help: str = ""


class Line(NamedTuple):
    """The words before the one that is being completed, without the program's name, and that."""

    words: Sequence[str]
    incomplete: str


def complete() -> int:
    """Answer the shell; return the exit code that tells fish whether there is something."""
    shell = os.environ[VARIABLE].removeprefix("complete_")
    if shell not in _SHELLS:
        return 1
    read, write = _SHELLS[shell]
    line = read(os.environ)
    candidates = list(propose(line))
    return write(candidates, line)


def propose(line: Line) -> Iterable[Candidate]:
    """Return what the last word of a line can become."""
    with open(TABLE, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes 10 ms to load
        table = json.load(file)
    words = [word for word in arrange(line.words) if word not in GLOBAL_FLAGS]
    node: Mapping[str, Any] = table
    while words and singular(words[0]) in node.get("commands", {}):
        node = node["commands"][singular(words.pop(0))]
    return [each for each in _next(node, words, line) if each.value.startswith(line.incomplete)]


def _next(node: Mapping[str, Any], words: Sequence[str], line: Line) -> Iterable[Candidate]:
    options = node["options"]
    kinds, pending = _open_kinds(node, words)
    if pending:
        return _of_kind(pending, line)
    if line.incomplete.startswith("-"):
        return [Candidate(name, option["help"]) for name, option in options.items()]
    if node.get("commands"):
        return (
            []
            if words
            else [Candidate(name, each["help"]) for name, each in node["commands"].items()]
        )
    return _of_kind(kinds[0], line) if kinds else []


def _open_kinds(node: Mapping[str, Any], words: Sequence[str]) -> tuple[list[str], str]:
    """Return the kinds of arguments that are still to come, and of the option awaiting a value."""
    kinds, pending = list(node.get("arguments", [])), ""
    for word in words:
        if pending:
            pending = ""
        elif word.startswith("-") and word != "-":
            pending = node["options"].get(word, {}).get("value", "")
        else:
            kinds = kinds[1:]
    return kinds, pending


def _of_kind(kind: str, line: Line) -> Iterable[Candidate]:
    """Return the values for a kind of argument: choices, or names from the store."""
    if "|" in kind:
        return [Candidate(choice) for choice in kind.split("|")]
    from pachlite.cli.completion_names import names_of

    words = list(line.words)
    project = words[words.index("--project") + 1] if "--project" in words[:-1] else ""
    try:
        return [Candidate(name) for name in names_of(kind, line.incomplete, project)]
    except Exception:  # noqa: BLE001 - a shell must not show errors while somebody types
        return []


def _read_bash(environ: Mapping[str, str]) -> Line:
    """Put together what bash has cut: `repo`, `@`, `mas` are one word."""
    cut = environ.get("COMP_WORDS", "").split("\n")
    current = int(environ.get("COMP_CWORD", "0"))
    joined: list[str] = []
    may_join = False
    for position, word in enumerate([*cut[:current], *(cut[current : current + 1] or [""])]):
        is_break = bool(word) and not word.strip(_BREAKS)
        is_option = bool(joined) and joined[-1].startswith("-")
        if position > 1 and (may_join or is_break) and not is_option:
            joined[-1] += word
        else:
            joined.append(word)
        may_join = is_break
    return Line(joined[1:-1], joined[-1])


def _read_typer(environ: Mapping[str, str]) -> Line:
    """Read the line as zsh and fish pass it, in one text."""
    import shlex

    text = environ.get("_TYPER_COMPLETE_ARGS", "")
    try:
        words = shlex.split(text)[1:]
    except ValueError:  # a quote is still open
        words = text.split()[1:]
    if words and not text.endswith(" "):
        return Line(words[:-1], words[-1])
    return Line(words, "")


def _read_powershell(environ: Mapping[str, str]) -> Line:
    incomplete = environ.get("_TYPER_COMPLETE_WORD_TO_COMPLETE", "")
    words = environ.get("_TYPER_COMPLETE_ARGS", "").split()[1:]
    return Line(words[:-1] if incomplete else words, incomplete)


def _write_bash(candidates: Sequence[Candidate], line: Line) -> int:
    """Print what follows the last place where bash cuts words."""
    cut = max((line.incomplete.rfind(char) for char in _BREAKS), default=-1) + 1
    _print(_UNQUOTED.sub(r"\\\1", each.value[cut:]) for each in candidates)
    return 0


def _write_zsh(candidates: Sequence[Candidate], _line: Line) -> int:
    if not candidates:
        _print(["_files"])
        return 0
    described = (
        f'"{_zsh(each.value)}":"{_zsh(each.help)}"' if each.help else f'"{_zsh(each.value)}"'
        for each in candidates
    )
    _print(["_arguments '*: :((" + "\n".join(described) + "))'"])
    return 0


def _zsh(text: str) -> str:
    for char, escaped in (
        ('"', '""'),
        ("'", "''"),
        ("$", "\\$"),
        ("`", "\\`"),
        (":", "\\\\:"),
    ):
        text = text.replace(char, escaped)
    return text


def _write_fish(candidates: Sequence[Candidate], _line: Line) -> int:
    if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return 0 if candidates else 1
    _print(f"{each.value}\t{each.help}" if each.help else each.value for each in candidates)
    return 0


def _write_powershell(candidates: Sequence[Candidate], _line: Line) -> int:
    _print(f"{each.value}:::{each.help or ' '}" for each in candidates)
    return 0


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


_SHELLS: Final[
    dict[
        str,
        tuple[Callable[[Mapping[str, str]], Line], Callable[[Sequence[Candidate], Line], int]],
    ]
] = {
    "bash": (_read_bash, _write_bash),
    "zsh": (_read_typer, _write_zsh),
    "fish": (_read_typer, _write_fish),
    "powershell": (_read_powershell, _write_powershell),
    "pwsh": (_read_powershell, _write_powershell),
}
