"""Write what a client needs into its configuration file, beside what is there."""

from __future__ import annotations

import configparser
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pachlite.cli.s3_snippets import Client, Connection, snippet
from pachlite.errors import InvalidOption

_SECTION: Final = "pachlite"
_PRIVATE: Final = 0o600

_PLACES: Final = {
    "aws": ("AWS_CONFIG_FILE", ""),
    "mc": ("MC_CONFIG_DIR", "config.json"),
    "rclone": ("RCLONE_CONFIG", ""),
}
"""The variable that moves the configuration of a client, and the file below it."""


def write_config(
    client: Client, connection: Connection, environment: Mapping[str, str], home: Path
) -> str:
    """Write the configuration of a client and say what was done.

    Raises:
        InvalidOption: The client has no such file, or it cannot be understood or written.
    """
    if not client.can_be_written:
        raise InvalidOption(
            f"{client.name} has no configuration file that could be written",
            hint=f"pachlite s3 config {client.name} prints what it needs",
        )
    path = _place(client, environment, home).resolve()
    try:
        before = path.read_text() if path.exists() else ""
        after = _MERGES[client.name](before, client, connection)
        _replace(path, after)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise InvalidOption(f"cannot write {path}: {str(reason).lower()}") from error
    except ValueError as error:
        raise InvalidOption(
            f"{path} cannot be understood: {error}", hint="nothing was written; repair it first"
        ) from error
    return f"{'changed' if before else 'wrote'} {path}: {_names(client)}"


def _place(client: Client, environment: Mapping[str, str], home: Path) -> Path:
    variable, below = _PLACES.get(client.name, ("", ""))
    moved = environment.get(variable, "")
    return Path(moved).expanduser() / below if moved else home / client.config


def _names(client: Client) -> str:
    return {
        "aws": "profile pachlite; use it with aws --profile pachlite",
        "mc": "alias pachlite; use it as mc ls pachlite",
        "rclone": "remote pachlite; use it as rclone lsd pachlite:",
        "s3cmd": "use it with s3cmd -c FILE",
    }[client.name]


def _merge_sections(text: str, client: Client, connection: Connection) -> str:
    """Set the settings of the snippet's section; what else the text has stays as it is."""
    wanted = configparser.RawConfigParser()
    wanted.read_string(snippet(client, connection))
    section = wanted.sections()[0]
    settings = dict(wanted.items(section))
    lines = text.splitlines()
    header = f"[{section}]"
    if header not in [line.strip() for line in lines]:
        block = [header, *(f"{name} = {value}" for name, value in settings.items())]
        return "\n".join([*lines, *([""] if lines else []), *block]) + "\n"
    start = [line.strip() for line in lines].index(header) + 1
    end = next((n for n in range(start, len(lines)) if lines[n].startswith("[")), len(lines))
    while end > start and not lines[end - 1].strip():
        end -= 1
    body = [_setting(line, settings) for line in lines[start:end]]
    body += [f"{name} = {value}" for name, value in settings.items()]
    return "\n".join([*lines[:start], *body, *lines[end:]]) + "\n"


def _setting(line: str, settings: dict[str, str]) -> str:
    """Return the line, with its new value if it has one; that is then settled."""
    name, equals, _ = line.partition("=")
    key = name.strip().lower()
    if not equals or name[:1].isspace() or key not in settings:
        return line
    return f"{key} = {settings.pop(key)}"


def _merge_aliases(text: str, client: Client, connection: Connection) -> str:
    """Set an alias of the MinIO client."""
    del client
    content = json.loads(text or '{"version": "10"}')
    if not isinstance(content, dict) or not isinstance(content.setdefault("aliases", {}), dict):
        raise ValueError("it is not a configuration of mc")  # noqa: TRY004 - as json says it
    content["aliases"][_SECTION] = {
        "url": connection.endpoint,
        "accessKey": connection.access_key,
        "secretKey": connection.secret_key,
        "api": "S3v4",
        "path": "on",
    }
    return json.dumps(content, indent="\t") + "\n"


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole; it holds a secret, so a new one is for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else _PRIVATE
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


_MERGES: Final[dict[str, Callable[[str, Client, Connection], str]]] = {
    "aws": _merge_sections,
    "mc": _merge_aliases,
    "rclone": _merge_sections,
    "s3cmd": _merge_sections,
}
