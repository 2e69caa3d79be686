"""What `pachlite doctor` looks at. It changes nothing, and makes no store where there is none."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from pachlite import __version__
from pachlite.cli.client_trial import find_client, has_probe
from pachlite.cli.context import environment, opened_store, store_home
from pachlite.cli.diagnosis import advice, proxy_in_the_way
from pachlite.cli.formats import size
from pachlite.cli.s3_requests import Reply, send
from pachlite.cli.s3_snippets import CLIENTS, Connection
from pachlite.errors import PachliteError, SourceUnavailable

_MIB: Final = 1024 * 1024
_LITTLE_SPACE_BYTES: Final = 1024 * _MIB
_NO_SPACE_BYTES: Final = 64 * _MIB
_MAX_SKEW: Final = timedelta(minutes=5)


class State(StrEnum):
    """How a check went."""

    OK = "ok"
    WARNING = "warn"
    FAILED = "FAIL"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        evidence: What was seen.
        change: What to do about it, if anything.
    """

    name: str
    state: State
    evidence: str
    change: str = ""


def check_everything(connection: Connection, *, is_gateway_needed: bool) -> Iterator[Check]:
    """Yield every check as it is made."""
    yield _versions()
    yield from _store(store_home())
    yield _space(store_home())
    yield from _gateway(connection, is_needed=is_gateway_needed)
    yield _proxy(connection.endpoint)
    yield _clients()


def _versions() -> Check:
    found = f"pachlite {__version__}, Python {platform.python_version()}, {platform.system()}"
    return Check("versions", State.OK, found)


def _store(home: Path) -> Iterator[Check]:
    if not (home / "metadata.db").exists():
        yield Check("store", State.OK, f"none at {home} yet; the first command makes it")
        return
    if not os.access(home, os.W_OK):
        change = "set PACHLITE_HOME to a directory that you may write"
        yield Check("store", State.FAILED, f"{home} cannot be written", change)
        return
    try:
        with opened_store() as pfs:
            info = pfs.inspect_store()
    except PachliteError as error:
        yield Check("store", State.FAILED, error.message, error.hint)
        return
    yield Check("store", State.OK, info.location)
    for warning in info.warnings:
        yield Check("store", State.WARNING, warning)


def _space(home: Path) -> Check:
    place = next(each for each in (home, *home.parents) if each.exists())
    free = shutil.disk_usage(place).free
    evidence = f"{size(free)} free at {place}"
    if free >= _LITTLE_SPACE_BYTES:
        return Check("disk", State.OK, evidence)
    state = State.WARNING if free >= _NO_SPACE_BYTES else State.FAILED
    return Check("disk", state, evidence, "free some space, or move the store with PACHLITE_HOME")


def _gateway(connection: Connection, *, is_needed: bool) -> Iterator[Check]:
    try:
        reply = send(connection, "GET", "/")
    except SourceUnavailable as error:
        state = State.FAILED if is_needed else State.WARNING
        yield Check("gateway", state, error.message, advice(error.message, "aws", ""))
        return
    if not reply.is_success:
        evidence = f"{connection.endpoint} answers {reply.code}"
        yield Check("gateway", State.FAILED, evidence, advice(reply.code, "aws", ""))
    else:
        yield Check("gateway", State.OK, f"{connection.endpoint} answers")
    yield _clock(reply)


def _clock(reply: Reply) -> Check:
    try:
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return Check("clock", State.WARNING, "the gateway does not say what time it is")
    skew = abs(datetime.now(UTC) - theirs)
    if skew <= _MAX_SKEW:
        return Check("clock", State.OK, "the same as the gateway's")
    change = "set one of them: signatures of another time are refused"
    return Check("clock", State.FAILED, f"{skew} away from the gateway's", change)


def _proxy(endpoint: str) -> Check:
    variable = proxy_in_the_way(endpoint, environment())
    if not variable:
        return Check("proxy", State.OK, "none between clients and the gateway")
    change = f"except the gateway: set NO_PROXY, or unset {variable}"
    return Check("proxy", State.WARNING, f"{variable} sends requests to a proxy", change)


def _clients() -> Check:
    found = [name for name, client in CLIENTS.items() if has_probe(client) and find_client(client)]
    if not found:
        return Check("clients", State.WARNING, "none found", "for example: pip install awscli")
    return Check("clients", State.OK, ", ".join(found))


def worst(checks: list[Check]) -> State:
    """Return how things stand altogether."""
    order: Callable[[State], int] = list(State).index
    return max((check.state for check in checks), key=order)
