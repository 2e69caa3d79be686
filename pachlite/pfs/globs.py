r"""Glob patterns as pachctl has them, turned into regular expressions. Pure.

`*` and `?` stop at `/`, `**` does not; `[abc]`, `[!a-z]`; `{a,b}`; extended groups `@( )`, `*( )`,
`+( )`, `?( )`, `!( )` and a plain `( )` with `|` between alternatives; `\` takes the next
character literally. A pattern is anchored at the root: `*` names top-level entries, `**x` any
depth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pachlite.errors import InvalidPattern

_MAGIC: Final = frozenset("*?[]{}!()@+^")
_STAR: Final = "[^/]*"
_DEEP: Final = ".*"
_GROUP_TAIL: Final = {"@": ")", "*": ")*", "+": ")+", "?": ")?", "(": ")"}


@dataclass(frozen=True, slots=True)
class Glob:
    """A compiled pattern.

    Attributes:
        prefix: Every match starts with this text, so a reader can seek to it.
        literal: The path itself when the pattern has no wildcard, else None.
    """

    pattern: str
    regex: re.Pattern[str]
    prefix: str
    literal: str | None

    def matches(self, path: str) -> bool:
        """Say whether `path` matches; a trailing slash of a directory is ignored."""
        return self.regex.fullmatch(path.rstrip("/") or path) is not None


def compile_glob(pattern: str) -> Glob:
    """Compile `pattern`.

    Raises:
        InvalidPattern: A bracket is not closed, a range is backwards, or groups are too deep.
    """
    text = pattern.removeprefix("/")
    literal = unescape(text) if not has_magic(text) else None
    if literal is not None:
        return Glob(pattern, re.compile(re.escape(literal)), literal, literal)
    translator = _Translator(pattern, text)
    try:
        regex = re.compile(translator.translate(), re.DOTALL)
    except re.error as error:
        raise InvalidPattern(pattern, str(error)) from error
    except RecursionError as error:
        raise InvalidPattern(pattern, "it has too many groups within groups") from error
    return Glob(pattern, regex, _literal_prefix(text), None)


def has_magic(text: str) -> bool:
    """Say whether `text` has an unescaped wildcard; `@`, `+`, `!` count only before `(`."""
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 2
            continue
        if char in "*?[{(":
            return True
        position += 1
    return False


def escape(path: str) -> str:
    """Return a pattern that matches just `path`."""
    return "".join(f"\\{char}" if char in _MAGIC or char == "\\" else char for char in path)


def unescape(text: str) -> str:
    """Remove the backslashes that make the next character literal."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _literal_prefix(text: str) -> str:
    """Return the part before the first character that could mean something."""
    taken: list[str] = []
    position = 0
    while position < len(text) and text[position] not in "*?[{(":
        if text[position] in "@+!" and text[position + 1 : position + 2] == "(":
            break
        if text[position] == "\\":
            position += 1
        taken.append(text[position : position + 1])
        position += 1
    return "".join(taken)


def _settle(parts: list[str]) -> str:
    """Join parts without groups so that no wildcard but the last is ever tried twice.

    What stands between wildcards has a fixed length. So if anything fits, then it does with each
    `*` as short as it can be until the next `**`, and each `**` until the end.
    """
    sections = [_settle_section(each) for each in _split(parts, _DEEP)[:-1]]
    last = _settle_section(_split(parts, _DEEP)[-1], is_last=True)
    if not sections:
        return last
    return sections[0] + "".join(f"(?>.*?{each})" for each in sections[1:]) + _DEEP + last


def _settle_section(parts: list[str], *, is_last: bool = False) -> str:
    first, *others = ("".join(piece) for piece in _split(parts, _STAR))
    tail = _STAR + others.pop() if is_last and others else ""
    return first + "".join(f"(?>[^/]*?{each})" for each in others) + tail


def _split(parts: list[str], separator: str) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    for part in parts:
        if part == separator:
            pieces.append([])
        else:
            pieces[-1].append(part)
    return pieces


@dataclass(slots=True)
class _Translator:
    """One pass over a pattern; each method consumes what it translates."""

    pattern: str
    text: str
    position: int = 0
    closers: list[str] = field(default_factory=list)
    has_groups: bool = False

    def translate(self) -> str:
        parts: list[str] = []
        while self.position < len(self.text):
            parts.append(self._next())
        if self.closers:
            raise InvalidPattern(self.pattern, "a group is not closed")
        return "".join(parts) if self.has_groups else _settle(parts)

    def _next(self) -> str:
        char = self._take()
        if char in "@+!*?" and self._peek() == "(":
            self._take()
            return self._open(char)
        if char in self._PLAIN:
            return getattr(self, self._PLAIN[char])()  # type: ignore[no-any-return] # table of own methods
        if self.closers and char in "|,)}":
            return self._inside(char)
        return re.escape(char)

    _PLAIN = {  # noqa: RUF012 - a constant table, not a field
        "*": "_star",
        "?": "_any",
        "[": "_class",
        "{": "_brace",
        "(": "_group",
        "\\": "_escaped",
    }

    def _take(self) -> str:
        char = self.text[self.position]
        self.position += 1
        return char

    def _peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def _star(self) -> str:
        if self._peek() != "*":
            return _STAR
        while self._peek() == "*":
            self._take()
        return _DEEP

    def _any(self) -> str:
        return "[^/]"

    def _escaped(self) -> str:
        return re.escape(self._take()) if self._peek() else re.escape("\\")

    def _brace(self) -> str:
        self.has_groups = True
        self.closers.append("{")
        return "(?:"

    def _group(self) -> str:
        return self._open("(")

    def _open(self, kind: str) -> str:
        self.has_groups = True
        self.closers.append(kind)
        return "(?:(?!(?:" if kind == "!" else "(?:"

    def _inside(self, char: str) -> str:
        opener = self.closers[-1]
        is_brace = opener == "{"
        if char == ("," if is_brace else "|"):
            return "|"
        if char != ("}" if is_brace else ")"):
            return re.escape(char)
        self.closers.pop()
        if is_brace:
            return ")"
        return self._close_not() if opener == "!" else _GROUP_TAIL[opener]

    def _close_not(self) -> str:
        """End `!(a|b)`: any text without a slash that, with what follows, is not an alternative."""
        rest = (
            ""
            if self.closers
            else _Translator(self.pattern, self.text[self.position :]).translate()
        )
        return f"){rest}{'' if self.closers else '$'})[^/]*)"

    def _class(self) -> str:
        end = self.text.find("]", self.position + (2 if self._peek() in "!^" else 1))
        if end < 0:
            raise InvalidPattern(self.pattern, "a character class is not closed")
        body = self.text[self.position : end]
        self.position = end + 1
        negated = body[:1] in {"!", "^"}
        body = body[1:] if negated else body
        safe = body.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
        safe = safe.replace("^", "\\^").replace("&&", "&\\&").replace("||", "|\\|")
        return f"[^/{safe}]" if negated else f"(?!/)[{safe}]"
