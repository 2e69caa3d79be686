"""The grammar of the command line: `pachlite <verb> <noun>`, plurals, `repo create`, `help`.

Pure, and quick to load: shell completion needs it before anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

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
    "auth": "Ask callers who they are, and say what they may do.",
    "auth get": "Show who has which roles.",
    "auth set": "Give roles, or take them away.",
    "auth check": "Show what somebody may do.",
    "auth list": "Show tokens, S3 keys, and the changes made.",
    "s3": "Set S3 clients up.",
}
NOUNS: Final = {
    "project": "projects",
    "repo": "repos",
    "branch": "branches",
    "commit": "commits",
    "file": "files",
}
_SINGULARS: Final = {plural: noun for noun, plural in NOUNS.items()} | {
    "tokens": "token",
    "s3-keys": "s3-key",
}
GLOBAL_FLAGS: Final = frozenset({"-v", "--verbose", "--no-color"})


def singular(word: str) -> str:
    """Return the noun for `word`, which may be a plural."""
    return _SINGULARS.get(word, word)


def arrange(words: Sequence[str]) -> list[str]:
    """Return `words` with global flags first, then verb and noun in this order."""
    end = words.index("--") if "--" in words else len(words)
    flags = [word for word in words[:end] if word in GLOBAL_FLAGS]
    rest = [word for word in words[:end] if word not in GLOBAL_FLAGS] + list(words[end:])
    if rest[:1] == ["help"]:
        rest = [*rest[1:], "--help"]
    if len(rest) > 1 and singular(rest[0]) in NOUNS and rest[1] in VERBS:
        rest[:2] = [rest[1], rest[0]]
    return flags + rest


def command_name(words: Sequence[str], *, depth: int = 2) -> str:
    """Return verb and noun of a command line, or so many words, as far as they can be told."""
    found = [word for word in arrange(words) if word not in GLOBAL_FLAGS]
    return " ".join(map(singular, found[:depth]))


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
