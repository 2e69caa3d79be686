"""The user's configuration file, in the shape of pachctl's: contexts, one of them active.

It keeps whatever else is in the file, and knows only the token of the active context.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from pachlite.cli.context import environment
from pachlite.errors import InvalidOption

FILE_NAME: Final = "config.json"
_DEFAULT_CONTEXT: Final = "default"
_ONLY_THE_USER: Final = 0o600


def config_path() -> Path:
    """Return where the file is: `PACH_CONFIG`, or in the user's configuration directory."""
    named = environment().get("PACH_CONFIG", "")
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_config_path  # slow to import, and seldom needed

    return user_config_path("pachlite") / FILE_NAME


def session_token() -> str:
    """Return the token of the active context; empty when there is none."""
    content = _load(config_path())
    return str(_active(content, config_path()).get("session_token", ""))


def keep_session_token(token: str) -> Path:
    """Make a token that of the active context (an empty one: forget it); return the file."""
    path = config_path()
    content = _load(path)
    context = _active(content, path)
    if token:
        context["session_token"] = token
    elif context.pop("session_token", None) is None:
        return path
    _save(path, content)
    return path


def _load(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is not UTF-8") from error
    try:
        content = json.loads(text or "{}")
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(content, dict):
        raise _unreadable(path, "it is not an object")
    return content


def _active(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the active context, adding one to a configuration that has none."""
    settings = _section(content, "v2", path)
    contexts = _section(settings, "contexts", path)
    wanted = environment().get("PACH_CONTEXT", "")
    if wanted and wanted not in contexts:
        raise InvalidOption(
            f'context "{wanted}" of PACH_CONTEXT is not in {path}', hint="unset PACH_CONTEXT"
        )
    name = str(wanted or settings.setdefault("active_context", _DEFAULT_CONTEXT))
    return _section(contexts, name, path)


def _section(parent: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    section = parent.setdefault(name, {})
    if not isinstance(section, dict):
        raise _unreadable(path, f"{name} is not an object")
    return section


def _save(path: Path, content: dict[str, Any]) -> None:
    """Replace the file as a whole; it never has half of it, and nobody else can read it."""
    path = path.resolve()
    if not environment().get("PACH_CONFIG"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_THE_USER)
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=2)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _unreadable(path: Path, reason: str) -> InvalidOption:
    return InvalidOption(
        f"cannot understand the configuration {path}: {reason}",
        hint="correct it, or set PACH_CONFIG to another file",
    )
