"""Faults to inject into connections: parse what somebody asks for, and draw what happens to one.

Pure: it is given the random source, and touches no connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final, Self

from pachlite.errors import InvalidOption

_UNITS_S: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|)")
_UNITS_BYTES: Final = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_SIZE: Final = re.compile(r"(\d+)([kmg]?)(?:i?b)?", re.IGNORECASE)


class FaultKind(StrEnum):
    """What can be made to happen to a connection."""

    RESET = "reset"
    RESET_UP = "reset-up"
    RESET_DOWN = "reset-down"
    BLACK_HOLE = "black-hole"
    CUT = "cut"
    DELAY = "delay"
    DRIP = "drip"
    REFUSE = "refuse"


_NEEDS_SIZE: Final = {FaultKind.CUT: "bytes", FaultKind.DRIP: "bytes per second"}
_NEEDS_TIME: Final = {FaultKind.DELAY}
_STRIKES: Final = {
    FaultKind.RESET,
    FaultKind.RESET_UP,
    FaultKind.RESET_DOWN,
    FaultKind.BLACK_HOLE,
}
"""Faults that happen at a moment."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    Attributes:
        amount: Bytes for a cut, bytes per second for a drip, seconds for a delay.
        probability: The share of connections that it happens to.
        after_s: When it happens, from the start of the connection.
        every_s: It happens at every multiple of this instead, to all it is meant for; a target that
            refuses does so in the first half of each period.
    """

    kind: FaultKind
    amount: float = 0.0
    probability: float = 1.0
    after_s: float = 0.0
    every_s: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Understand `reset,p=0.2,after=1s`, `cut=1M`, `delay=200ms`, `refuse,every=10s`."""
        head, *rest = text.split(",")
        name, _, value = head.partition("=")
        if name not in set(FaultKind):
            raise _refusal(text, f"it begins with one of {', '.join(FaultKind)}")
        kind = FaultKind(name)
        options = _options(rest, text)
        fault = cls(
            kind,
            _amount(kind, value, text),
            _probability(options.get("p", "1"), text),
            _optional_duration(options, "after", text),
            _optional_duration(options, "every", text),
        )
        fault.check(text, options)
        return fault

    def check(self, text: str, options: Mapping[str, str]) -> None:
        """Refuse what has no meaning for this kind."""
        if "after" in options and self.kind not in _STRIKES:
            raise _refusal(text, f"{self.kind} takes no after")
        if "every" in options and self.kind not in {*_STRIKES, FaultKind.REFUSE}:
            raise _refusal(text, f"{self.kind} takes no every")

    def strikes_in_s(self, elapsed_s: float) -> float:
        """Return how long it is from now to when it happens, `elapsed_s` after the start of all."""
        if not self.every_s:
            return self.after_s
        return self.every_s - elapsed_s % self.every_s

    def is_refusing(self, elapsed_s: float) -> bool:
        """Say whether the target refuses now."""
        return not self.every_s or elapsed_s % self.every_s < self.every_s / 2


@dataclass(frozen=True, slots=True)
class ChaosPlan:
    """The faults to inject, and the seed of the draw."""

    faults: tuple[Fault, ...]
    seed: int = 0

    def draw(self, rng: Random) -> tuple[Fault, ...]:
        """Return the faults that one connection gets."""
        return tuple(each for each in self.faults if rng.random() < each.probability)


def smallest(faults: tuple[Fault, ...], kind: FaultKind) -> int | None:
    """Return the smallest amount of all faults of a kind, if there are any."""
    return min((int(each.amount) for each in faults if each.kind is kind), default=None)


def parse_duration(text: str) -> float:
    """Understand `250ms`, `30s`, `5m`, `1h` or `2.5`; return seconds."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise InvalidOption(
            f"{text!r} is no duration", hint="write a number and ms, s, m or h, such as 30s"
        )
    return float(found[1]) * _UNITS_S[found[2]]


def _amount(kind: FaultKind, value: str, text: str) -> float:
    if kind in _NEEDS_TIME:
        return parse_duration(value)
    if kind not in _NEEDS_SIZE:
        if value:
            raise _refusal(text, f"{kind} takes no value")
        return 0.0
    found = _SIZE.fullmatch(value)
    if found is None or not int(found[1]):
        raise _refusal(text, f"{kind} needs {_NEEDS_SIZE[kind]}, such as {kind}=64K")
    return float(int(found[1]) * _UNITS_BYTES[found[2].lower()])


def _options(words: list[str], text: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    unknown = [
        name for name, equals, _ in pairs if name not in {"p", "after", "every"} or not equals
    ]
    if unknown:
        raise _refusal(text, "after the fault come p=, after= or every=")
    return {name: value for name, _, value in pairs}


def _probability(text: str, whole: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise _refusal(whole, "p is a share from 0 to 1")
    return value


def _optional_duration(options: Mapping[str, str], name: str, text: str) -> float:
    if name not in options:
        return 0.0
    seconds = parse_duration(options[name])
    if not seconds:
        raise _refusal(text, f"{name} is more than 0")
    return seconds


def _refusal(text: str, rule: str) -> InvalidOption:
    return InvalidOption(
        f"fault {text!r} cannot be understood: {rule}",
        hint="for example --chaos reset,p=0.1,after=1s or --chaos delay=200ms",
    )
