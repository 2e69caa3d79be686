"""Which key each source is put under, decided and checked before anything is written."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from pachlite.cli.archives import TarArchive
from pachlite.cli.arguments import TypedFile
from pachlite.cli.sources import (
    STDIN,
    LocalFile,
    Source,
    StandardInput,
    Url,
    files_below,
    local_file,
)
from pachlite.errors import InvalidOption, SourceNotFound, SourceUnavailable
from pachlite.pfs.paths import check_path, join, normalize

_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_COMMA_BEFORE_URL: Final = re.compile(r",(?=https?://)", re.IGNORECASE)
_TAR_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz")


@dataclass(frozen=True, slots=True)
class PutItem:
    """A source and the key that it is put under."""

    source: Source
    key: str


@dataclass(frozen=True, slots=True)
class PutUnit:
    """What one thread has to put, in order: one file, or the members of one archive."""

    items: tuple[PutItem, ...]
    archive: TarArchive | None = None


@dataclass(frozen=True, slots=True)
class PutRules:
    """What the options say about sources and targets.

    Attributes:
        is_key: The destination is the key as it stands.
    """

    destination: TypedFile
    is_recursive: bool = False
    is_full_path: bool = False
    is_untar: bool = False
    is_key: bool = False


def split_names(values: Iterable[str]) -> list[str]:
    """Return the names in values of `-f`, which commas separate unless a file is named so."""
    names: list[str] = []
    for value in values:
        if os.path.lexists(value):
            names.append(value)
        elif _URL.match(value):
            names += _COMMA_BEFORE_URL.split(value)
        else:
            names += [part for part in value.split(",") if part]
    return names


def plan_put(names: Sequence[str], rules: PutRules) -> list[PutUnit]:
    """Find all sources and check that each can be opened and may be stored under its key."""
    if not names:
        raise InvalidOption("there is nothing to put", hint="name sources with -f")
    units = [unit for name in names for unit in _units(name, rules, is_only=len(names) == 1)]
    _refuse_same_key(item for unit in units for item in unit.items)
    return units


def target_of(name: str, rules: PutRules, *, is_only: bool, is_directory: bool = False) -> str:
    """Return the key of a source, or for a directory what its files are put below.

    A path names a single file exactly, unless it ends in a slash. It is what the content of a
    single directory is put below. Otherwise the source's own name is added to it.
    """
    destination = rules.destination
    if not destination.has_path:
        return _label(name, rules)
    is_exact = not rules.is_full_path if is_directory else not destination.names_directory
    if is_only and (is_exact or rules.is_key):
        return destination.path
    return join(destination.path, _label(name, rules))


def _units(name: str, rules: PutRules, *, is_only: bool) -> Iterator[PutUnit]:
    if name == STDIN:
        _check_stdin(rules, is_only=is_only)
        yield _unit(StandardInput(), target_of(name, rules, is_only=is_only))
    elif _URL.match(name):
        yield _unit(Url(name), target_of(name, rules, is_only=is_only))
    elif _SCHEME.match(name) and not os.path.lexists(name):
        raise SourceUnavailable(name, "only http:// and https:// can be read")
    elif Path(name).is_dir():
        yield from _directory(name, rules, is_only=is_only)
    elif rules.is_untar and name.lower().endswith(_TAR_SUFFIXES):
        yield _archive(local_file(name), rules)
    else:
        yield _unit(local_file(name), target_of(name, rules, is_only=is_only))


def _check_stdin(rules: PutRules, *, is_only: bool) -> None:
    if rules.is_recursive:
        raise InvalidOption("standard input cannot be read recursively")
    if not is_only:
        raise InvalidOption("standard input must be the only source")
    if not rules.destination.has_path or (rules.destination.names_directory and not rules.is_key):
        raise InvalidOption(
            "must specify filename when reading data from stdin",
            hint=f"for example {rules.destination.commit}:/name",
        )


def _directory(name: str, rules: PutRules, *, is_only: bool) -> Iterator[PutUnit]:
    if not rules.is_recursive:
        error = SourceUnavailable(name, "it is a directory")
        error.hint = "put what is in it with the -r flag"
        raise error
    below = target_of(name, rules, is_only=is_only, is_directory=True)
    is_empty = True
    for path, relative in files_below(os.path.normpath(name)):
        is_empty = False
        yield _unit(local_file(path), join(below, relative))
    if is_empty:
        raise SourceNotFound(name, reason="there are no files in this directory")


def _archive(file: LocalFile, rules: PutRules) -> PutUnit:
    """Put what is in an archive below the path, or below the root where there is none."""
    archive = TarArchive(Path(file.name))
    items = tuple(
        PutItem(member, check_path(join(rules.destination.path, _entry(member.member.name))))
        for member in archive.members()
    )
    return PutUnit(items, archive)


def _entry(name: str) -> str:
    return normalize("/".join(part for part in name.split("/") if part != "."))


def _unit(source: Source, key: str) -> PutUnit:
    return PutUnit((PutItem(source, check_path(key)),))


def _label(name: str, rules: PutRules) -> str:
    """Return what a source is called in the repo: its base name, or its whole path."""
    path = _url_path(name) if _URL.match(name) else os.path.normpath(name)
    label = path.strip("/") if rules.is_full_path else path.rstrip("/").rpartition("/")[2]
    label = "" if label == "." else label
    if ".." in label.split("/") or (not label and _URL.match(name)):
        raise InvalidOption(
            f"{name} has no name of its own", hint=f"say where to put it: {rules.destination}name"
        )
    return label


def _url_path(name: str) -> str:
    try:
        return unquote(urlsplit(name).path)
    except ValueError as error:
        raise SourceUnavailable(name, "it is not a URL") from error


def _refuse_same_key(items: Iterable[PutItem]) -> None:
    seen: dict[str, str] = {}
    for item in items:
        if item.key in seen:
            raise InvalidOption(
                f"{seen[item.key]} and {item.source.name} would both be put under /{item.key}",
                hint="put them one after the other, or keep their directories with --full-path",
            )
        seen[item.key] = item.source.name
