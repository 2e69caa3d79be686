"""The grammar of the command line: `pachlite <verb> <noun>`, plurals, `repo create`, `help`.

Words are put in order before Typer sees them; the groups answer near misses with a proposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

PROGRAM: Final = "pachlite"

VERBS: Final = {
    "create": "Make a project, repo or branch.",
    "update": "Change the description of a project or repo.",
    "inspect": "Show one thing in detail.",
    "list": "Show what there is.",
    "delete": "Remove a thing.",
    "start": "Open a commit.",
    "finish": "Close a commit.",
    "squash": "Remove a commit and keep its data.",
    "put": "Write files.",
    "get": "Read files.",
    "copy": "Copy files without moving data.",
    "glob": "Find files by a pattern.",
    "diff": "Compare files of two commits.",
    "serve": "Serve the store to other programs.",
}
NOUNS: Final = {
    "project": "projects",
    "repo": "repos",
    "branch": "branches",
    "commit": "commits",
    "file": "files",
}
_SINGULARS: Final = {plural: noun for noun, plural in NOUNS.items()}
_GLOBAL_FLAGS: Final = frozenset({"-v", "--verbose", "--no-color"})


def singular(word: str) -> str:
    """Return the noun for `word`, which may be a plural."""
    return _SINGULARS.get(word, word)


def arrange(words: Sequence[str]) -> list[str]:
    """Return `words` with global flags first, then verb and noun in this order."""
    end = words.index("--") if "--" in words else len(words)
    flags = [word for word in words[:end] if word in _GLOBAL_FLAGS]
    rest = [word for word in words[:end] if word not in _GLOBAL_FLAGS] + list(words[end:])
    if rest[:1] == ["help"]:
        rest = [*rest[1:], "--help"]
    if len(rest) > 1 and singular(rest[0]) in NOUNS and rest[1] in VERBS:
        rest[:2] = [rest[1], rest[0]]
    return flags + rest


def wants_json(words: Sequence[str]) -> bool:
    """Say whether `-o json` is among the words; it counts for errors of every kind.

    After `get`, `-o` names a local file.
    """
    before = list(words[: words.index("--")] if "--" in words else words)
    if next((word for word in before if not word.startswith("-")), "") == "get":
        return False
    flag_and_value = pairwise(before)
    spellings = {f"{flag}{value}".lower() for flag, value in flag_and_value} | {
        word.replace("=", "").lower() for word in before
    }
    return not spellings.isdisjoint({"-ojson", "--outputjson"})


class Verb(TyperGroup):
    """A verb, with the nouns it takes as its commands."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - typer's own types
        """Return the command for a noun in the singular or plural."""
        return super().get_command(ctx, singular(cmd_name))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own types
        """Find the command, or fail with what may have been meant."""
        word = args[0]
        command = self.get_command(ctx, word)
        if command is None and not ctx.resilient_parsing:
            self._refuse(ctx, word)
        return singular(word), command, args[1:]

    def _refuse(self, ctx: typer.Context, word: str) -> None:
        kind = "noun" if ctx.parent else "command"
        known = [name for name, command in self.commands.items() if not command.hidden]
        near = get_close_matches(singular(word), known, n=1)
        proposal = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
        if word.startswith("-"):
            kind = "option"
        ctx.fail(f'unknown {kind} "{word}"{proposal}')


class Command(TyperCommand):
    """A command whose help is its docstring, line by line."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own types
        """Write the summary, the examples and the next likely command as they stand."""
        formatter.write_paragraph()
        for line in (self.help or "").splitlines():
            formatter.write(f"  {line}".rstrip() + "\n")
