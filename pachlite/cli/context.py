"""What the environment says: where the store is, who is asking. Nothing below reads it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pachlite.config import StoreConfig
from pachlite.errors import NotFound
from pachlite.pfs.api import PFS


def environment() -> Mapping[str, str]:
    """Return the environment, for what looks at several variables."""
    return os.environ


def store_home() -> Path:
    """Return the directory of the embedded store: `PACHLITE_HOME`, or the user's data directory."""
    home = os.environ.get("PACHLITE_HOME", "")
    if home:
        return Path(home).expanduser().absolute()
    from platformdirs import user_data_path  # slow to import, and seldom needed

    return user_data_path("pachlite")


def user_name() -> str:
    """Return the name of the user to record, or the numeric id where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def store_config() -> StoreConfig:
    """Return the configuration of the embedded store."""
    return StoreConfig(home=store_home(), user=user_name())


def has_fine_exit_codes() -> bool:
    """Say whether `PACHLITE_EXIT_CODES=fine` asks for an exit code per family of errors."""
    return os.environ.get("PACHLITE_EXIT_CODES", "").lower() == "fine"


@contextmanager
def opened_store() -> Iterator[PFS]:
    """Open the store, and close it in the end. Names that are not found get a proposal."""
    from pachlite.wiring import open_store  # the engine is loaded by commands that need it

    pfs = open_store(store_config())
    try:
        yield pfs
    except NotFound as error:
        from pachlite.cli.proposals import proposal

        error.hint = proposal(pfs, error) or error.hint
        raise
    finally:
        pfs.close()
