"""Running forwarders, as other processes of the same user can ask them: one Unix socket each.

What is told is one JSON document per connection.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

_PREFIX: Final = "forward-"
_SUFFIX: Final = ".sock"
_ANSWER_TIMEOUT_S: Final = 5.0
_PIECE_BYTES: Final = 64 * 1024


@asynccontextmanager
async def telling_status(
    directory: Path, tell: Callable[[], dict[str, object]]
) -> AsyncIterator[Path]:
    """Answer as long as the context lasts; give the path of the socket.

    Raises:
        OSError: The directory cannot be made, belongs to somebody else, or is too deep.
    """
    _own(directory)
    path = directory / f"{_PREFIX}{os.getpid()}{_SUFFIX}"
    path.unlink(missing_ok=True)  # of a process that had our number before

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.write(json.dumps(tell()).encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, path)
    try:
        yield path
    finally:
        server.close()
        path.unlink(missing_ok=True)


def running(directory: Path) -> Iterator[dict[str, Any]]:
    """Yield what each running forwarder tells; what a killed one left behind is removed.

    Raises:
        OSError: The directory belongs to somebody else, who could tell anything.
    """
    if not directory.exists():
        return
    _own(directory)
    for path in sorted(directory.glob(f"{_PREFIX}*{_SUFFIX}")):
        try:
            yield _ask(path)
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except (OSError, ValueError):
            continue  # it is just ending


def _ask(path: Path) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(_ANSWER_TIMEOUT_S)
        asking.connect(str(path))
        pieces = iter(lambda: asking.recv(_PIECE_BYTES), b"")
        answer = json.loads(b"".join(pieces))
    if not isinstance(answer, dict):
        raise ValueError("not what a forwarder tells")  # noqa: TRY004 - its words, not our types
    return answer


def _own(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o022:
        raise PermissionError(f"{directory} can be written by others")
