"""What the environment says: where the store is, who is asking. Nothing below reads it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pachlite.config import StoreConfig
from pachlite.errors import NotFound
from pachlite.pfs.api import PFS

_PACHD_PORT: Final = ":30650"


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


def default_target() -> str:
    """Return the address of the gateway that the environment names, or nothing.

    `PACHLITE_ADDRESS` comes before `PACHD_ADDRESS`. What is written for pachd's own port means the
    gateway's.
    """
    address = os.environ.get("PACHLITE_ADDRESS") or os.environ.get("PACHD_ADDRESS") or ""
    return address.removesuffix(_PACHD_PORT)


def runtime_directory() -> Path:
    """Return the directory where running processes of the user can be found."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given:
        return Path(given) / "pachlite"
    import tempfile  # seldom needed

    return Path(tempfile.gettempdir()) / f"pachlite-{os.getuid()}"


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
