"""Verbs and commands as Typer groups: plurals are known, a near miss gets a proposal."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from pachlite.cli.words import singular


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

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own types
        """Parse the words; an error always knows which command it is about."""
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            error.ctx = getattr(error, "ctx", None) or ctx  # type: ignore[attr-defined] # typer's
            raise

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own types
        """Write the summary, the examples and the next likely command as they stand."""
        formatter.write_paragraph()
        for line in (self.help or "").splitlines():
            formatter.write(f"  {line}".rstrip() + "\n")
